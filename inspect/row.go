package inspect

import (
	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// Row is one event of a capture with what must be known to show it. It is a
// value; the frame's bytes are shared with everyone and never written to.
type Row struct {
	No        int // as people count rows
	Event     trace.Event
	Scope     *xmpp.Scope // of its stream; nil: not known
	Sensitive bool        // credentials may be passing that the row alone does not show
	Secrets   bool        // show them

	shown []byte // what XML returns, once it is known
}

// HasFrame reports whether the event carries bytes.
func (r Row) HasFrame() bool {
	return r.Event.Kind == trace.Framed || r.Event.Kind == trace.Unfinished
}

// XML returns the frame's bytes as they may be shown: exact but for secrets,
// see [Mute]. They still hold whatever [Clean] makes visible.
func (r Row) XML() []byte {
	if r.shown != nil {
		return r.shown
	}
	if r.Secrets {
		return r.Event.Frame.Raw
	}
	return Mute(r.Event.Frame, r.Scope, r.Sensitive)
}

// maxHead is how much of a frame a line about it is made from.
const maxHead = 64 << 10

// head is the beginning of the frame with its secrets muted.
func (r Row) head() xmpp.Frame {
	f := r.Event.Frame
	if r.shown != nil {
		f.Raw = r.shown[:min(len(r.shown), maxHead)]
		return f
	}
	r.Event.Frame.Raw = f.Raw[:min(len(f.Raw), maxHead)]
	f.Raw = r.XML()
	return f
}

// Kind says in one or two words what the row is: "message", "iq get",
// "nonza", "header", "raw"; of an event without bytes, what it states, or the
// topic of its note. The text is clean.
func (r Row) Kind() string {
	if note := r.Event.Note; r.Event.Kind == trace.Noted && note != nil {
		return Clean(string(note.Topic), OneLine)
	}
	if !r.HasFrame() {
		return r.Event.Kind.String()
	}
	return kindOf(r.summarize(r.Event.Frame))
}

// summarize is [xmpp.Summarize], but takes nothing for an element that does
// not begin like one, whatever a capture file calls it.
func (r Row) summarize(f xmpp.Frame) xmpp.Summary {
	if _, ok := xmpp.ParseElement(f.Raw, nil); f.Kind == xmpp.KindElement && !ok {
		f.Kind = xmpp.KindRaw
	}
	return xmpp.Summarize(f, r.Scope)
}

func kindOf(s xmpp.Summary) string {
	switch {
	case s.Class == xmpp.ClassIQ && len(s.Type) > 0:
		return "iq " + Clean(cut(s.Type, 8), OneLine)
	case string(s.Type) == "error" && s.Class != xmpp.ClassNonza:
		return s.Class.String() + " error"
	}
	return s.Class.String()
}
