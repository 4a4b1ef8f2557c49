package tui

import (
	"sort"

	"github.com/alecthomas/chroma/v2"

	"xmppscope/inspect"
)

// firstLook is how much of a text is shown unasked: what is longer is rarely
// read, and cleaning and wrapping it would make moving through the list slow.
const firstLook = 64 << 10

// document is a text ready to be shown: cleaned, cut into pieces of one style
// and into lines. It is immutable but for its wrapping.
type document struct {
	raw    []byte // the text while it is put together
	text   string
	pieces []piece
	breaks []int // where each line of the text begins
	rows   []textRow
	width  int // that rows were made for
}

// piece is text up to end, from the end of the piece before.
type piece struct {
	end int
	typ chroma.TokenType
}

// textRow is one row on the screen: a line or, where that is too long, part.
type textRow struct {
	start, end int // of text
	indent     int // columns before it, so that it stands under its line's beginning
	line       int // number of the line from 0
	piece      int // the piece that start lies in
}

// addXML appends XML, highlighted. A document is split when all is added.
func (d *document) addXML(src []byte) {
	tokens := inspect.NewTokenizer(src)
	for token, ok := tokens.Next(); ok; token, ok = tokens.Next() {
		d.add(src[token.Start:token.End], token.Type)
	}
}

// add appends text of one type, cleaned.
func (d *document) add(src []byte, typ chroma.TokenType) {
	d.raw = inspect.AppendClean(d.raw, src, inspect.Lines)
	if n := len(d.pieces); n > 0 && d.pieces[n-1].typ == typ {
		d.pieces[n-1].end = len(d.raw)
		return
	}
	d.pieces = append(d.pieces, piece{len(d.raw), typ})
}

// newText returns a document of plain text.
func newText(src string) *document {
	d := &document{}
	d.add([]byte(src), chroma.Text)
	d.split()
	return d
}

// split ends the putting together and finds the lines.
func (d *document) split() {
	d.text, d.raw = string(d.raw), nil
	d.breaks = append(d.breaks, 0)
	for i := range len(d.text) {
		if d.text[i] == '\n' && i+1 < len(d.text) {
			d.breaks = append(d.breaks, i+1)
		}
	}
}

// wrap cuts the lines into rows of at most width columns, unless that is done.
func (d *document) wrap(width int) {
	width = max(width, 2)
	if d.width == width {
		return
	}
	d.width, d.rows = width, d.rows[:0]
	for line, start := range d.breaks {
		end := len(d.text)
		if line+1 < len(d.breaks) {
			end = d.breaks[line+1]
		}
		if end > start && d.text[end-1] == '\n' {
			end--
		}
		d.wrapLine(line, start, end)
	}
}

// wrapLine adds the rows of a line, at least one.
func (d *document) wrapLine(line, start, end int) {
	inner := d.indentOf(start, end)
	at := 0
	if n := len(d.rows); n > 0 {
		at = d.rows[n-1].piece
	}
	for indent := 0; ; indent = inner {
		for at < len(d.pieces)-1 && d.pieces[at].end <= start {
			at++
		}
		next := d.fill(start, end, d.width-indent)
		d.rows = append(d.rows, textRow{start, next, indent, line, at})
		if start = next; start >= end {
			return
		}
	}
}

// indentOf returns how many blanks a line begins with, unless they are so
// many that little room would be left.
func (d *document) indentOf(start, end int) int {
	n := 0
	for start+n < end && d.text[start+n] == ' ' {
		n++
	}
	if n > d.width/2 || d.width-n < 2 {
		return 0
	}
	return n
}

// fill returns how far a row of width columns that begins at start reaches:
// to a blank or a tag's end in its second half if there is one.
func (d *document) fill(start, end, width int) int {
	blank, x := 0, 0
	for i := start; i < end; {
		cluster, w := nextCluster(d.text[i:end])
		if x+w > width && i > start {
			if blank > start+(i-start)/2 {
				return blank
			}
			return i
		}
		x += w
		i += len(cluster)
		if cluster == " " || cluster == ">" {
			blank = i
		}
	}
	return end
}

// rowOf returns the first row of a line.
func (d *document) rowOf(line int) int {
	return sort.Search(len(d.rows), func(i int) bool { return d.rows[i].line >= line })
}

// runs appends the row's text in its styles.
func (d *document) runs(dst []run, row textRow, t *theme) []run {
	for at, start := row.piece, row.start; start < row.end; at++ {
		end := min(d.pieces[at].end, row.end)
		if end > start {
			dst = append(dst, run{d.text[start:end], t.token(d.pieces[at].typ)})
			start = end
		}
	}
	return dst
}
