package inspect

import (
	"bytes"
	"strconv"
	"time"

	"github.com/alecthomas/chroma/v2"

	"xmppscope/xmpp/trace"
)

// maxHeadline is how much of a row's Info stands in its heading.
const maxHeadline = 160

// text appends a row as text. A line that begins with "#" is ours: the
// heading, then findings and notes. Lines of XML never begin so; one that
// would gets a blank before it.
//
//	#12 2026-11-22 20:15:00.123456 s1 → iq get disco#items
//	#   ✖ xml-unbound-prefix at byte 4711: Every prefix must … (RFC 6120 §11.3)
//	<iq type='get' id='1'>…</iq>
func (p *Printer) text(r Row) {
	p.style(heading)
	p.buf = append(p.buf, '#')
	p.buf = strconv.AppendInt(p.buf, int64(r.No), 10)
	p.buf = append(p.buf, ' ')
	p.time(r.Event.Time)
	p.buf = append(p.buf, " s"...)
	p.buf = strconv.AppendUint(p.buf, uint64(r.Event.Session), 10)
	p.buf = append(p.buf, ' ')
	p.buf = append(p.buf, r.arrow()...)
	p.buf = append(p.buf, ' ')
	p.buf = append(p.buf, r.Headline()...)
	p.style(plain)
	p.buf = append(p.buf, '\n')
	if !r.HasFrame() {
		return
	}
	p.remarks(r)
	xml := r.XML()
	if p.options.Layout {
		xml = Layout(xml, 0)
	}
	start := len(p.buf)
	p.highlight(xml)
	p.buf = append(guardLines(p.buf, start), "\n\n"...)
}

// remarks appends a line for each finding and the note of a frame.
func (p *Printer) remarks(r Row) {
	for _, f := range r.Findings() {
		line := "#   " + severitySign(f.Severity) + " " + f.Rule + " at byte " + strconv.FormatInt(f.Offset, 10) + ": " + f.Text
		if f.Spec != "" {
			line += " (" + f.Spec + ")"
		}
		p.remark(f.Severity, line)
	}
	if note := r.Event.Note; note != nil {
		p.remark(note.Severity, "#   "+severitySign(note.Severity)+" "+Clean(note.Text, OneLine))
	}
}

func (p *Printer) remark(s Severity, line string) {
	if s > trace.Info {
		p.style(remark)
	}
	p.buf = append(p.buf, line...)
	if s > trace.Info {
		p.style(plain)
	}
	p.buf = append(p.buf, '\n')
}

// arrow points where bytes went, and grades what has no bytes.
func (r Row) arrow() string {
	switch {
	case r.HasFrame():
		return r.Event.Dir.Arrow()
	case r.Event.Note != nil:
		return severitySign(r.Event.Note.Severity)
	}
	return severitySign(trace.Info)
}

func severitySign(s Severity) string {
	switch s {
	case trace.Failure:
		return "✖"
	case trace.Warning:
		return "▲"
	}
	return "·"
}

// Headline says in one clean line what the row is: its kind, its info, and
// who spoke where if not one end to the other.
func (r Row) Headline() string {
	line := r.Kind()
	if r.Event.Kind == trace.Noted && r.Event.Note != nil {
		line += ":"
	}
	if r.HasFrame() {
		if info := Clean(r.frameInfo(), OneLine); info != "" {
			line += " " + cut(info, maxHeadline)
		}
	} else if info := r.eventInfo(); info != "" {
		line += " " + info
	}
	if r.Event.Leg != trace.EndToEnd && (r.HasFrame() || r.Event.Kind == trace.Ended) {
		line += " [" + r.Event.Leg.String() + " leg only]"
	}
	if r.Event.Replaces != 0 {
		line += " [replaces #" + strconv.FormatUint(r.Event.Replaces, 10) + ", by " + r.Event.Origin.String() + "]"
	} else if r.Event.Origin != trace.Peer && r.HasFrame() {
		line += " [sent by " + r.Event.Origin.String() + "]"
	}
	return line
}

// time appends when it happened.
func (p *Printer) time(t time.Time) {
	if p.options.Elapsed {
		p.buf = append(p.buf, '+')
		p.buf = strconv.AppendFloat(p.buf, t.Sub(p.first).Seconds(), 'f', 6, 64)
		return
	}
	p.buf = t.In(p.options.Zone).AppendFormat(p.buf, "2006-01-02 15:04:05.000000")
}

// highlight appends xml, clean, in colours if these are wanted.
func (p *Printer) highlight(xml []byte) {
	if !p.options.Colour {
		p.buf = AppendClean(p.buf, xml, Lines)
		return
	}
	tokens := NewTokenizer(xml)
	for token, ok := tokens.Next(); ok; token, ok = tokens.Next() {
		colour := sgr(token.Type)
		p.style(colour)
		p.buf = AppendClean(p.buf, xml[token.Start:token.End], Lines)
		if colour != "" {
			p.style(plain)
		}
	}
}

// guardLines puts a blank before each "#" that begins a line of buf[start:].
func guardLines(buf []byte, start int) []byte {
	if bytes.HasPrefix(buf[start:], []byte("#")) || bytes.Contains(buf[start:], []byte("\n#")) {
		guarded := bytes.ReplaceAll(append([]byte("\n"), buf[start:]...), []byte("\n#"), []byte("\n #"))
		return append(buf[:start], guarded[1:]...)
	}
	return buf
}

// SGR sequences (ECMA-48 §8.3.117). Only colours that people choose in their
// terminal, and none that is hard to read on white or on black.
const (
	plain   = "\x1b[0m"
	heading = "\x1b[1m"
	remark  = "\x1b[31m"
)

func (p *Printer) style(sequence string) {
	if p.options.Colour {
		p.buf = append(p.buf, sequence...)
	}
}

// sgr returns the sequence for a type of token, or "" for plain text.
func sgr(t chroma.TokenType) string {
	switch t {
	case chroma.NameTag:
		return "\x1b[34m"
	case chroma.NameAttribute:
		return "\x1b[36m"
	case chroma.LiteralString:
		return "\x1b[32m"
	case chroma.NameEntity:
		return "\x1b[35m"
	case chroma.Comment, chroma.CommentPreproc:
		return "\x1b[2m"
	case chroma.Error:
		return "\x1b[7m"
	}
	return ""
}
