package inspect

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Format is a way to print a capture. The zero value is Text.
type Format uint8

const (
	Text  Format = iota // for people: a heading line, then the XML
	XML                 // one well-formed document
	JSONL               // one JSON object a row
)

// Formats lists the names that [ParseFormat] knows.
func Formats() []string { return []string{"text", "xml", "jsonl"} }

// ParseFormat returns the format of that name.
func ParseFormat(name string) (Format, error) {
	for i, known := range Formats() {
		if name == known {
			return Format(i), nil
		}
	}
	return 0, fmt.Errorf("format %q: expected %s", name, strings.Join(Formats(), ", "))
}

// String returns the format's name.
func (f Format) String() string {
	if names := Formats(); int(f) < len(names) {
		return names[f]
	}
	return "unknown"
}

// PrintOptions say how a [Printer] prints. The zero value prints plain text
// with times in UTC.
type PrintOptions struct {
	Format  Format
	Colour  bool           // Text: highlight by SGR sequences of the 16 colours that terminals let people choose
	Layout  bool           // Text: spread the XML over lines, see [Layout]
	Zone    *time.Location // Text: of times; nil is UTC. The other formats are always in UTC
	Elapsed bool           // Text: times count from the first row, as in transcripts that are compared
}

// Printer writes rows in one format. Nothing that it writes holds a control
// character but line feeds and its own colours, nor a secret that the row did
// not ask to be shown. It writes each row in one call, keeps nothing of it,
// and belongs to one goroutine.
type Printer struct {
	w       io.Writer
	options PrintOptions
	buf     []byte
	started bool
	first   time.Time // of the first row
}

// NewPrinter returns a Printer that writes to w.
func NewPrinter(w io.Writer, options PrintOptions) *Printer {
	if options.Zone == nil {
		options.Zone = time.UTC
	}
	return &Printer{w: w, options: options}
}

// Print writes one row. An error is the writer's.
func (p *Printer) Print(r Row) error {
	p.buf = p.buf[:0]
	if !p.started {
		p.first = r.Event.Time
		p.begin()
	}
	r.shown = r.XML() // muted once for all that follows
	switch p.options.Format {
	case Text:
		p.text(r)
	case XML:
		p.xml(r)
	case JSONL:
		p.json(r)
	}
	_, err := p.w.Write(p.buf)
	const large = 1 << 20
	if cap(p.buf) > large {
		p.buf = nil
	}
	return err
}

// Close writes what the format wants at the end; it does not close the writer.
func (p *Printer) Close() error {
	p.buf = p.buf[:0]
	if !p.started {
		p.begin()
	}
	if p.options.Format == XML {
		p.buf = append(p.buf, "</"+capturePrefix+":capture>\n"...)
	}
	if len(p.buf) == 0 {
		return nil
	}
	_, err := p.w.Write(p.buf)
	return err
}

// begin writes what the format wants at the beginning.
func (p *Printer) begin() {
	p.started = true
	if p.options.Format == XML {
		p.buf = append(p.buf, "<?xml version='1.0' encoding='UTF-8'?>\n<"+capturePrefix+":capture xmlns:"+capturePrefix+"='"+captureSpace+"'>\n"...)
	}
}
