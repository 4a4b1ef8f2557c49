package captures

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// maxLine bounds one line of a comment; a longer value goes on in lines of
// the form key+=value.
const (
	maxLine = 30_000
	maxKey  = 1_000
)

// lines builds a packet comment: "key=value" lines joined by newlines.
type lines []byte

func (l lines) key(key string) lines {
	if len(l) > 0 {
		l = append(l, '\n')
	}
	return append(append(l, key...), '=')
}

func (l lines) word(key, value string) lines { return append(l.key(key), value...) }

func (l lines) number(key string, v uint64) lines {
	return strconv.AppendUint(l.key(key), v, 10)
}

func (l lines) text(key, value string) lines {
	l = l.key(key)
	start := len(l)
	for i := 0; i < len(value); {
		if len(l)-start > maxLine-8 {
			l = l.key(key + "+")
			start = len(l)
		}
		n := 1
		if c := value[i]; c >= utf8.RuneSelf {
			if _, n = utf8.DecodeRuneInString(value[i:]); n == 1 {
				l = appendHex(l, c)
				i++
				continue
			}
		}
		if n > 1 {
			l = append(l, value[i:i+n]...)
		} else {
			l = appendByte(l, value[i])
		}
		i += n
	}
	return l
}

func appendByte(l lines, c byte) lines {
	switch {
	case c == '\\':
		return append(l, `\\`...)
	case c == '\n':
		return append(l, `\n`...)
	case c < ' ' || c == 0x7f:
		return appendHex(l, c)
	}
	return append(l, c)
}

func appendHex(l lines, c byte) lines {
	const digits = "0123456789abcdef"
	return append(l, '\\', 'x', digits[c>>4], digits[c&15])
}

// factKey escapes what would end the key of a line, and cuts what is no key
// but a text.
func factKey(key string) string {
	out := lines(nil)
	for _, c := range []byte(key[:min(len(key), maxKey)]) {
		if c == '=' || c == '+' || c >= utf8.RuneSelf {
			out = appendHex(out, c)
		} else {
			out = appendByte(out, c)
		}
	}
	return string(out)
}

// unescape reverses text and factKey. A backslash that begins no escape
// stands for itself.
func unescape(v []byte) string {
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v)
	}
	out := make([]byte, 0, len(v))
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) {
			out = append(out, v[i])
			continue
		}
		i++
		switch v[i] {
		case '\\':
			out = append(out, '\\')
		case 'n':
			out = append(out, '\n')
		case 'x':
			if i+2 < len(v) {
				if c, err := strconv.ParseUint(string(v[i+1:i+3]), 16, 8); err == nil {
					out = append(out, byte(c))
					i += 2
					continue
				}
			}
			fallthrough
		default:
			out = append(out, '\\', v[i])
		}
	}
	return string(out)
}

// record is an event with what the file says about where its bytes are.
type record struct {
	event     trace.Event
	continues uint64     // number of the Unfinished event that holds the Known leading bytes
	missing   int        // leading bytes of the frame that Raw lacks, since another event holds them
	length    int        // bytes in this packet and those that follow it
	part      int        // of an event in several packets: 2 for the second …
	section   *captureID // set if this is no event, but where a section begins
	offset    int64      // in the file, of the first packet
	place     uint64     // file and offset
	many      bool       // in several packets
}

// comment returns the lines that describe r; out is reused.
func (r *record) comment(out lines) lines {
	ev := &r.event
	out = out.number("seq", ev.Seq).number("session", uint64(ev.Session))
	if ev.Kind != trace.Framed {
		out = out.word("event", eventWord(ev.Kind))
	}
	if ev.Dir == trace.FromReceiver {
		out = out.word("dir", "in")
	}
	if ev.Origin != trace.Peer {
		out = out.word("origin", originWord(ev.Origin))
	}
	if ev.Leg != trace.EndToEnd {
		out = out.word("leg", legWord(ev.Leg))
	}
	if ev.Frame.Kind != frameDefault(ev.Kind) {
		out = out.word("frame", frameWord(ev.Frame.Kind))
	}
	if ev.Frame.Flaw != xmpp.FlawNone {
		out = out.word("flaw", flawWord(ev.Frame.Flaw))
	}
	if ev.Frame.Offset != 0 {
		out = strconv.AppendInt(out.key("offset"), ev.Frame.Offset, 10)
	}
	if ev.Known != 0 {
		out = out.number("known", uint64(ev.Known))
	}
	if r.continues != 0 {
		out = out.number("continues", r.continues)
	}
	if r.many {
		out = out.number("length", uint64(r.length))
	}
	if ev.Replaces != 0 {
		out = out.number("replaces", ev.Replaces)
	}
	if ev.Addr.IsValid() {
		out = out.text("addr", ev.Addr.String())
	}
	if ev.Note != nil {
		out = noteLines(out, ev.Note)
	}
	return out
}

func noteLines(out lines, n *trace.Note) lines {
	out = out.text("topic", string(n.Topic))
	if n.Severity != trace.Info {
		out = out.word("severity", severityWord(n.Severity))
	}
	if n.Text != "" {
		out = out.text("text", n.Text)
	}
	for _, f := range n.Facts {
		out = out.text("fact."+factKey(f.Key), f.Value)
	}
	return out
}

// frameDefault is the frame kind of an event whose comment names none.
func frameDefault(k trace.EventKind) xmpp.Kind {
	if k == trace.Framed {
		return xmpp.KindElement
	}
	return xmpp.KindRaw
}
