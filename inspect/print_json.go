package inspect

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"xmppscope/xmpp/trace"
)

// jsonRow is a row as JSON Lines has it. Fields without a value are left out.
type jsonRow struct {
	No       int         `json:"no"`
	Time     string      `json:"time"` // RFC 3339 in UTC, nanoseconds
	Session  uint32      `json:"session"`
	Event    string      `json:"event"` // opened, connected, framed, unfinished, noted, ended, closed
	Dir      string      `json:"dir,omitempty"`
	Origin   string      `json:"origin,omitempty"`
	Leg      string      `json:"leg"`
	Replaces uint64      `json:"replaces,omitempty"`
	Addr     string      `json:"addr,omitempty"`
	Kind     string      `json:"kind,omitempty"`  // of the frame
	Class    string      `json:"class,omitempty"` // message, presence, iq, nonza, header, …
	NS       string      `json:"ns,omitempty"`    // of the element
	Name     string      `json:"name,omitempty"`
	From     string      `json:"from,omitempty"`
	To       string      `json:"to,omitempty"`
	ID       string      `json:"id,omitempty"`
	Type     string      `json:"type,omitempty"`
	Child    *jsonName   `json:"child,omitempty"` // the payload
	Error    string      `json:"error,omitempty"`
	Info     string      `json:"info,omitempty"`
	Offset   int64       `json:"offset,omitempty"`
	Size     int         `json:"size,omitempty"`
	Flaw     string      `json:"flaw,omitempty"`
	Faults   []jsonFault `json:"faults,omitempty"`
	Note     *jsonNote   `json:"note,omitempty"`
	Muted    bool        `json:"muted,omitempty"` // secrets were taken out of xml or raw
	XML      string      `json:"xml,omitempty"`   // the frame
	Raw      []byte      `json:"raw,omitempty"`   // in place of xml where it is not UTF-8, in Base64
}

type jsonName struct {
	NS   string `json:"ns,omitempty"`
	Name string `json:"name"`
}

type jsonFault struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Offset   int64  `json:"offset"`
	Text     string `json:"text"`
	Spec     string `json:"spec,omitempty"`
}

type jsonNote struct {
	Topic    string            `json:"topic"`
	Severity string            `json:"severity"`
	Text     string            `json:"text"`
	Facts    map[string]string `json:"facts,omitempty"`
}

// json appends a row as one line of JSON. Characters that [Clean] would show
// are escaped, so that what a program reads is exact.
func (p *Printer) json(r Row) {
	e := r.Event
	row := jsonRow{No: r.No, Time: e.Time.UTC().Format(time.RFC3339Nano), Session: uint32(e.Session),
		Event: e.Kind.String(), Leg: e.Leg.String(), Replaces: e.Replaces, Info: r.Info()}
	if e.Addr.IsValid() {
		row.Addr = e.Addr.String()
	}
	if e.Kind == trace.Ended {
		row.Dir = e.Dir.String()
	}
	if note := e.Note; note != nil {
		row.Note = &jsonNote{Topic: string(note.Topic), Severity: note.Severity.String(), Text: note.Text, Facts: map[string]string{}}
		for _, f := range note.Facts {
			row.Note.Facts[f.Key] = f.Value
		}
	}
	if r.HasFrame() {
		row.frame(r)
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(row); err != nil {
		panic("a struct of strings and numbers: " + err.Error())
	}
	p.buf = appendEscapes(p.buf, line.Bytes())
}

// frame fills in what concerns the frame.
func (row *jsonRow) frame(r Row) {
	f := r.Event.Frame
	row.Dir, row.Origin = r.Event.Dir.String(), r.Event.Origin.String()
	row.Kind, row.Flaw = f.Kind.String(), f.Flaw.String()
	row.Offset, row.Size = f.Offset, len(f.Raw)
	for _, finding := range r.Findings() {
		row.Faults = append(row.Faults, jsonFault{finding.Rule, finding.Severity.String(), finding.Offset, finding.Text, finding.Spec})
	}
	shown := r.XML()
	row.Muted = !bytes.Equal(shown, f.Raw)
	f.Raw = shown
	if utf8.Valid(shown) {
		row.XML = string(shown)
	} else {
		row.Raw = shown
	}
	s := r.summarize(f)
	row.Class = s.Class.String()
	row.NS, row.Name = string(s.Space), string(s.Local)
	row.From, row.To, row.ID, row.Type = string(s.From), string(s.To), string(s.ID), string(s.Type)
	row.Error = string(s.Condition)
	if s.ChildLocal != nil {
		row.Child = &jsonName{string(s.ChildSpace), string(s.ChildLocal)}
	}
}

// appendEscapes appends JSON with an escape in place of each hidden
// character; all of them stand inside strings.
func appendEscapes(dst, line []byte) []byte {
	for len(line) > 0 {
		n := cleanPrefix(line, Lines)
		dst = append(dst, line[:n]...)
		if line = line[n:]; len(line) == 0 {
			break
		}
		r, size := utf8.DecodeRune(line)
		switch {
		case !hidden(r):
			dst = append(dst, line[:size]...)
		case r < 0x10000:
			dst = appendEscape(dst, r)
		default:
			high, low := utf16.EncodeRune(r)
			dst = appendEscape(appendEscape(dst, high), low)
		}
		line = line[size:]
	}
	return dst
}

func appendEscape(dst []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[unit>>12&15], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
