package xmpp

type Fault struct {
	Rule   string
	Offset int64
}

func Check(f Frame, scope *Scope, report func(Fault)) {}
