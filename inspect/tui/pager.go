package tui

import (
	"fmt"
	"strconv"
	"strings"
)

// pager shows a document, wrapped, with the number of each line, from its top
// row. It knows nothing of where the document comes from.
type pager struct {
	doc     *document
	top     int
	height  int
	numbers bool
	more    string // what to say below the last row, such as how to see the rest
	runs    []run
}

// show replaces the document and goes to its beginning.
func (p *pager) show(d *document, more string) {
	p.doc, p.more, p.top = d, more, 0
}

// move moves the window by n rows.
func (p *pager) move(n int) {
	p.top = max(min(p.top+n, p.last()), 0)
}

// last returns the top row of the last window.
func (p *pager) last() int {
	if p.doc == nil {
		return 0
	}
	n := len(p.doc.rows)
	if p.more != "" {
		n++
	}
	return max(n-p.height, 0)
}

// numberRoom is how many columns line numbers take in most documents.
const numberRoom = 4

// numberWidth is how many columns the line numbers take.
func (p *pager) numberWidth() int {
	if !p.numbers {
		return 0
	}
	return max(len(strconv.Itoa(len(p.doc.breaks)))+1, numberRoom)
}

func (p *pager) draw(c canvas, t *theme, focused bool) {
	if p.doc == nil {
		return
	}
	p.height = c.h
	gutter := p.numberWidth()
	line := 0
	if p.top < len(p.doc.rows) {
		line = p.doc.rows[p.top].line
	}
	if width := max(c.w-gutter, 2); width != p.doc.width {
		p.doc.wrap(width)
		p.top = p.doc.rowOf(line) // the same line stays on top when the width changes
	}
	p.move(0)
	for y := range c.h {
		i := p.top + y
		if i >= len(p.doc.rows) {
			if i == len(p.doc.rows) && p.more != "" {
				c.line(gutter, y, []run{{p.more, t.role(roleNotice)}})
			}
			break
		}
		row := p.doc.rows[i]
		if p.numbers && (i == 0 || p.doc.rows[i-1].line != row.line) {
			c.text(0, y, fmt.Sprintf("%*d", gutter-1, row.line+1), t.role(roleDim))
		}
		x := gutter + row.indent
		p.runs = p.doc.runs(p.runs[:0], row, t)
		for _, r := range p.runs {
			x = c.text(x, y, strings.TrimSuffix(r.text, "\n"), r.style)
		}
	}
	if focused {
		c.screen.ShowCursor(c.x, c.y)
	}
}
