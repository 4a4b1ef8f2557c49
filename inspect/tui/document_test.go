package tui

import (
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
)

// rowsOf wraps a document and writes its rows, indented.
func rowsOf(d *document, width int) string {
	d.wrap(width)
	var b strings.Builder
	for _, row := range d.rows {
		b.WriteString(strings.Repeat(" ", row.indent))
		for _, r := range d.runs(nil, row, monoTheme()) {
			b.WriteString(r.text)
		}
		b.WriteString("|")
	}
	return b.String()
}

func TestWrap(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		width int
		want  string
	}{
		"empty":            {"", 10, "|"},
		"short":            {"abc", 10, "abc|"},
		"lines":            {"a\n\nb\n", 10, "a||b|"},
		"at a blank":       {"what man art thou", 10, "what man |art thou|"},
		"no blank late":    {"a manwhoartthou", 10, "a manwhoar|tthou|"},
		"behind a tag":     {"<body>hello", 8, "<body>|hello|"},
		"indented":         {"  what man art", 10, "  what |  man art|"},
		"too deep":         {"        abcdefgh", 10, "        |abcdefgh|"},
		"wide characters":  {"漢字漢字", 5, "漢字|漢字|"},
		"wide in a sliver": {" 漢字", 2, " |漢|字|"},
		"marks":            {"e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301|"},
		"cleaned":          {"a\x1bb\u202e", 20, "a␛b‹U+202E›|"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rowsOf(newText(c.text), c.width); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestStylesSurviveWrapping holds the rows' runs against the pieces.
func TestStylesSurviveWrapping(t *testing.T) {
	d := &document{}
	d.addXML([]byte(`<message to='juliet'><body>Art thou not</body></message>`))
	d.split()
	d.wrap(7)
	theme := darkTheme()
	var got []run
	for _, row := range d.rows {
		got = d.runs(got, row, theme)
	}
	styled := ""
	for _, r := range got {
		if r.style == theme.token(chroma.LiteralString) {
			styled += r.text
		}
	}
	if styled != "'juliet'" {
		t.Errorf("strings are %q", styled)
	}
}

// FuzzWrap checks that wrapping loses nothing and never overflows.
func FuzzWrap(f *testing.F) {
	f.Add("<a> what man art thou </a>\n\n  漢字 e\u0301", 7)
	f.Fuzz(func(t *testing.T, text string, width int) {
		d := &document{}
		d.addXML([]byte(text))
		d.split()
		width = 2 + (width&0xff)%60
		d.wrap(width)
		var joined strings.Builder
		for i, row := range d.rows {
			if row.start == row.end && i > 0 && d.rows[i-1].line == row.line {
				t.Fatalf("an empty row in %q", text)
			}
			if w := row.indent + textWidth(d.text[row.start:row.end]); w > width {
				t.Fatalf("a row of %d columns for %d: %q", w, width, d.text[row.start:row.end])
			}
			joined.WriteString(d.text[row.start:row.end])
		}
		if joined.String() != strings.ReplaceAll(d.text, "\n", "") {
			t.Fatalf("%q became %q", d.text, joined.String())
		}
	})
}

// BenchmarkDocument makes and wraps 64 KiB of one line, and all of 2 MiB.
func BenchmarkDocument(b *testing.B) {
	for name, size := range map[string]int{"64 KiB": 64 << 10, "2 MiB": 2 << 20} {
		text := []byte("<body>" + strings.Repeat("What man art thou that thus bescreen’d in night ", size/48) + "</body>")
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				d := &document{}
				d.addXML(text)
				d.split()
				d.wrap(76)
			}
		})
	}
}
