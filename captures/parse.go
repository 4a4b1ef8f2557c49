package captures

import (
	"bytes"
	"net/netip"
	"strings"

	"xmppscope/xmpp/trace"
)

// parseComment fills r from a packet's options. It reports false if they hold
// no comment of ours (a packet of a handshake, say), or one that cannot be
// read. Keys that it does not know are passed over.
func parseComment(options []byte, r *record) (ours, readable bool) {
	*r = record{event: trace.Event{Kind: trace.Framed}}
	readable = true
	frameSet := false
	note := noteParser{event: &r.event}
	eachOption(options, func(code uint16, text []byte) bool {
		if code != optComment {
			return true
		}
		for len(text) > 0 {
			line := text
			if i := bytes.IndexByte(text, '\n'); i >= 0 {
				line, text = text[:i], text[i+1:]
			} else {
				text = nil
			}
			eq := bytes.IndexByte(line, '=')
			if eq < 0 {
				continue
			}
			switch key, v := line[:eq], line[eq+1:]; string(key) {
			case "seq":
				ours = true
				r.event.Seq = number(v, &readable)
			case "frame":
				frameSet = true
				parseKey(r, key, v, &readable, &note)
			default:
				parseKey(r, key, v, &readable, &note)
			}
		}
		return true
	})
	note.finish()
	if !frameSet {
		r.event.Frame.Kind = frameDefault(r.event.Kind)
	}
	return ours, ours && readable
}

// parseKey takes one line into r.
func parseKey(r *record, key, v []byte, ok *bool, note *noteParser) {
	ev := &r.event
	switch string(key) {
	case "session":
		n := number(v, ok)
		ev.Session = trace.SessionID(n)
		*ok = *ok && n>>32 == 0
	case "offset":
		n := number(v, ok)
		ev.Frame.Offset = int64(n)
		*ok = *ok && n>>63 == 0
	case "dir":
		ev.Dir = trace.FromReceiver
		*ok = *ok && string(v) == "in"
	case "event":
		ev.Kind = word(v, eventLimit, eventWord, ok)
	case "origin":
		ev.Origin = word(v, originLimit, originWord, ok)
	case "leg":
		ev.Leg = word(v, legLimit, legWord, ok)
	case "frame":
		ev.Frame.Kind = word(v, frameLimit, frameWord, ok)
	case "flaw":
		ev.Frame.Flaw = word(v, flawLimit, flawWord, ok)
	case "known":
		ev.Known = size(v, ok)
	case "continues":
		r.continues = number(v, ok)
	case "length":
		r.length, r.many = size(v, ok), true
	case "part":
		r.part = size(v, ok)
	case "replaces":
		ev.Replaces = number(v, ok)
	case "addr":
		addr, err := netip.ParseAddrPort(unescape(v))
		ev.Addr = addr
		*ok = *ok && err == nil
	default:
		note.line(string(key), v, ok)
	}
}

// noteParser takes the lines of a note. They are rare, and may allocate.
type noteParser struct {
	event *trace.Event
	last  string // the key whose value a line with key+= continues
	more  []byte // what such lines added; collected, since joining each would take quadratic time
}

func (p *noteParser) line(key string, v []byte, ok *bool) {
	name, continues := strings.CutSuffix(key, "+")
	if continues {
		if name == p.last {
			p.more = append(p.more, unescape(v)...)
		}
		return
	}
	p.finish()
	p.last = name
	fact, isFact := strings.CutPrefix(name, "fact.")
	switch {
	case name == "topic":
		p.note().Topic = trace.Topic(unescape(v))
	case name == "text":
		p.note().Text = unescape(v)
	case name == "severity":
		p.note().Severity = word(v, severityLimit, severityWord, ok)
	case isFact:
		n := p.note()
		n.Facts = append(n.Facts, trace.Fact{Key: unescape([]byte(fact)), Value: unescape(v)})
	}
}

func (p *noteParser) note() *trace.Note {
	if p.event.Note == nil {
		p.event.Note = new(trace.Note)
	}
	return p.event.Note
}

// finish adds what continuing lines brought.
func (p *noteParser) finish() {
	if len(p.more) == 0 {
		return
	}
	more := string(p.more)
	p.more = nil
	switch {
	case p.last == "topic":
		p.note().Topic += trace.Topic(more)
	case p.last == "text":
		p.note().Text += more
	case strings.HasPrefix(p.last, "fact."):
		n := p.note()
		n.Facts[len(n.Facts)-1].Value += more
	}
}

func word[T ~uint8](v []byte, limit T, name func(T) string, ok *bool) T {
	x, found := value(v, limit, name)
	*ok = *ok && found
	return x
}

func number(v []byte, ok *bool) uint64 {
	var n uint64
	if len(v) == 0 || len(v) > 19 { // 19 nines fit
		*ok = false
		return 0
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			*ok = false
			return 0
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}

// maxEvent bounds the bytes of one event, against lengths that lie.
const maxEvent = 1 << 30

func size(v []byte, ok *bool) int {
	n := number(v, ok)
	if n > maxEvent {
		*ok = false
		return 0
	}
	return int(n)
}
