package xmpp

import "bytes"

// Class sorts frames as a list of them does.
type Class uint8

const (
	ClassRaw Class = iota
	ClassDeclaration
	ClassHeader
	ClassFooter
	ClassSpace
	ClassMessage
	ClassPresence
	ClassIQ
	ClassNonza // any other first-level element (XEP-0360)
)

// String returns the class in one lower-case word.
func (c Class) String() string {
	names := [...]string{"raw", "declaration", "header", "footer", "space", "message", "presence", "iq", "nonza"}
	if int(c) < len(names) {
		return names[c]
	}
	return "unknown"
}

// Summary is what a list shows of a frame. Values are the frame's own bytes
// where nothing in them had to be resolved, and nil where there is none.
type Summary struct {
	Class        Class
	Space, Local []byte // of the element or header
	From, To     []byte
	ID, Type     []byte

	// The payload: the first child that is none of body, subject, thread,
	// show, status, priority and error, or else the first child.
	ChildSpace, ChildLocal []byte

	Condition []byte // the condition of a stanza, stream or SASL error
	Body      []byte // what <body/> holds, as written
}

// Summarize returns what a list shows of f, in the scope of its stream. It
// reads no further than it needs to, and allocates only where a value has
// references in it.
func Summarize(f Frame, scope *Scope) Summary {
	switch f.Kind {
	case KindElement:
	case KindHeader, KindFooter:
		s := Summary{Class: ClassHeader}
		if f.Kind == KindFooter {
			s.Class = ClassFooter
		}
		if len(f.Raw) > 1 && f.Raw[1] != '/' {
			s.start(f.Raw, scope)
		}
		return s
	case KindDeclaration:
		return Summary{Class: ClassDeclaration}
	case KindSpace:
		return Summary{Class: ClassSpace}
	default:
		return Summary{Class: ClassRaw}
	}
	if len(f.Raw) < 2 || f.Raw[0] != '<' { // no element whatever its kind says
		return Summary{Class: ClassRaw}
	}
	s := Summary{Class: ClassNonza}
	i, empty, xmlns := s.start(f.Raw, scope)
	s.Class = classify(s.Local)
	if !empty {
		s.children(f.Raw, i, scope, xmlns)
	}
	return s
}

// classify tells stanzas from nonzas by name. The namespace is left aside:
// a stanza in a wrong one is still shown as what it means to be.
func classify(local []byte) Class {
	switch string(local) {
	case "message":
		return ClassMessage
	case "presence":
		return ClassPresence
	case "iq":
		return ClassIQ
	}
	return ClassNonza
}

// start reads the start tag that begins b. It returns where content begins,
// whether there is none, and the default namespace that the tag declares.
func (s *Summary) start(b []byte, scope *Scope) (content int, empty bool, xmlns []byte) {
	name := nameOf(b[1:])
	s.Local = localName(name)
	i := 1 + len(name)
	for {
		a, ok := nextAttr(b, i)
		i = a.next
		if !ok {
			break
		}
		value := b[a.value:a.valueEnd]
		switch string(b[a.name:a.nameEnd]) {
		case "from":
			s.From = value
		case "to":
			s.To = value
		case "id":
			s.ID = value
		case "type":
			s.Type = value
		case "xmlns":
			xmlns = value
		}
	}
	if bytes.IndexByte(b[:i], '&') >= 0 || hasControlSpace(b[:i]) { // one look for all
		for _, value := range []*[]byte{&s.From, &s.To, &s.ID, &s.Type, &xmlns} {
			*value = UnescapeAttr(*value)
		}
	}
	s.Space = spaceOf(b[:i], 1+len(name), name, scope, xmlns)
	return i, i >= 2 && b[i-2] == '/', xmlns
}

// hasControlSpace reports whether white space other than blanks stands in b.
func hasControlSpace(b []byte) bool {
	return bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\t') >= 0 || bytes.IndexByte(b, '\r') >= 0
}

// spaceOf returns the namespace of the element called name, whose attributes
// are in b from at on; xmlns is the default namespace that they declare, or nil.
func spaceOf(b []byte, at int, name []byte, scope *Scope, xmlns []byte) []byte {
	colon := bytes.IndexByte(name, ':')
	if colon < 0 {
		if xmlns != nil {
			return xmlns
		}
		return scope.bytes(nil)
	}
	prefix := name[:colon]
	if space, ok := declaredFor(b, at, prefix); ok {
		return space
	}
	return scope.bytes(prefix)
}

// declaredFor returns the namespace that the start tag whose attributes are in
// b from at on declares for prefix, and whether it does.
func declaredFor(b []byte, at int, prefix []byte) (space []byte, ok bool) {
	for a, more := nextAttr(b, at); more; a, more = nextAttr(b, a.next) {
		if p, declares := declaredPrefix(b[a.name:a.nameEnd]); declares && bytes.Equal(p, prefix) {
			return UnescapeAttr(b[a.value:a.valueEnd]), true
		}
	}
	return nil, false
}

// children looks at the children of the element whose content begins at i.
func (s *Summary) children(b []byte, i int, scope *Scope, xmlns []byte) {
	sure := false // the payload found is no stopgap
	for {
		p, next := nextPiece(b, i)
		switch p {
		case pieceEnd, pieceClose:
			return
		case pieceStart, pieceEmpty:
			name := nameOf(b[i+1:])
			local := localName(name)
			content := next
			if aside := s.aside(local); s.ChildLocal == nil || !sure && !aside {
				s.ChildLocal = local
				s.ChildSpace = childSpace(b, i, content, name, scope, xmlns)
				sure = !aside
			}
			if string(local) == "error" && s.Class != ClassNonza || s.isErrorNonza() {
				s.condition(b, content, local)
			}
			body := string(local) == "body" && s.Body == nil
			if sure && !body && s.enough() {
				return // the rest of this child need not even be passed over
			}
			endTag := content
			if p == pieceStart {
				endTag, next = elementEnd(b, content)
			}
			if body {
				s.Body = b[content:endTag]
			}
		}
		i = next
	}
}

// enough reports whether the children that follow can add nothing.
func (s *Summary) enough() bool {
	switch s.Class {
	case ClassMessage:
		return s.Body != nil && string(s.Type) != "error"
	case ClassIQ, ClassPresence:
		return string(s.Type) != "error"
	}
	return !s.isErrorNonza()
}

// aside reports whether a child of this name is no payload.
func (s *Summary) aside(local []byte) bool {
	switch string(local) {
	case "body", "subject", "thread", "show", "status", "priority", "error":
		return s.Class != ClassNonza
	}
	return false
}

// isErrorNonza reports whether the element itself names a condition: a stream
// error, a SASL failure, a TLS failure, <failed/> of XEP-0198.
func (s *Summary) isErrorNonza() bool {
	if s.Class != ClassNonza {
		return false
	}
	switch string(s.Local) {
	case "error", "failure", "failed":
		return true
	}
	return false
}

// condition finds the condition: inside the <error/> child whose content is
// at content, or, in an error nonza, the child itself.
func (s *Summary) condition(b []byte, content int, local []byte) {
	if s.Condition != nil {
		return
	}
	if s.Class == ClassNonza {
		if string(local) != "text" {
			s.Condition = local
		}
		return
	}
	if b[content-2] == '/' {
		return
	}
	for i := content; ; {
		p, next := nextPiece(b, i)
		switch p {
		case pieceEnd, pieceClose:
			return
		case pieceStart, pieceEmpty:
			if name := localName(nameOf(b[i+1:])); string(name) != "text" {
				s.Condition = name
				return
			}
			if p == pieceStart {
				_, next = elementEnd(b, next)
			}
		}
		i = next
	}
}

// childSpace returns the namespace of the child called name, whose start tag
// is b[i:end]; b begins with its parent, which declares the default namespace
// xmlns, or none if that is nil.
func childSpace(b []byte, i, end int, name []byte, scope *Scope, xmlns []byte) []byte {
	prefix := name[:max(bytes.IndexByte(name, ':'), 0)]
	if space, ok := declaredFor(b[:end], i+1+len(name), prefix); ok {
		return space
	}
	if len(prefix) == 0 {
		if xmlns != nil {
			return xmlns
		}
		return scope.bytes(nil)
	}
	return spaceOf(b, 1+len(nameOf(b[1:])), name, scope, nil)
}
