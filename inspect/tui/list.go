package tui

import "github.com/gdamore/tcell/v2"

// rowSource is what a list shows, row by row; nothing is kept of it.
type rowSource interface {
	// Len returns how many rows there are now.
	Len() int
	// Row fills in row i, 0 ≤ i < Len, for the columns that the list has.
	Row(i int, into *listRow)
}

// listRow is one row while it is drawn.
type listRow struct {
	sign  run     // the gutter letter: kept, in its colours, under the selection
	cells [][]run // one for each column
	tail  []run   // behind the last column's text, which is cut so that it fits
	from  int     // column where the last one's text begins, if those between are empty; 0: its own
}

// reset empties the row for n columns and keeps its memory.
func (r *listRow) reset(n int) {
	r.sign, r.tail, r.from = run{}, r.tail[:0], 0
	for len(r.cells) < n {
		r.cells = append(r.cells, nil)
	}
	r.cells = r.cells[:n]
	for i := range r.cells {
		r.cells[i] = r.cells[i][:0]
	}
}

// set puts one run into a column.
func (r *listRow) set(column int, text string, style tcell.Style) {
	r.cells[column] = append(r.cells[column], run{text, style})
}

// column is one column of a list. Its width never depends on the rows shown,
// so that columns stand still while rows run through them.
type column struct {
	title string
	width int // 0: what is left; only for the last
	right bool
}

// gutterWidth is the cursor and the gutter letter before the first column.
const gutterWidth = 2

// list shows a window of rows. Only the rows in the window are ever asked
// for, so that a million cost what ten cost.
type list struct {
	source   rowSource
	columns  []column
	top      int // first row in the window
	selected int
	follow   bool // the selection stays on the last row as rows come
	side     int  // columns by which the last column is shifted to the left
	height   int  // rows in the window when it was drawn last
	row      listRow
}

// settle brings selection and window into what exists, for a window of height
// rows.
func (l *list) settle(height int) {
	l.height = max(height, 1)
	n := l.source.Len()
	if l.follow {
		l.selected = n - 1
	}
	l.selected = max(min(l.selected, n-1), 0)
	if l.selected < l.top {
		l.top = l.selected
	}
	if l.selected >= l.top+l.height {
		l.top = l.selected - l.height + 1
	}
	l.top = max(min(l.top, n-l.height), 0)
}

// move moves the selection by n rows. Upwards it leaves follow.
func (l *list) move(n int) {
	if n < 0 {
		l.follow = false
	}
	l.selected = max(min(l.selected+n, l.source.Len()-1), 0)
	l.settle(l.height)
}

// moveTo selects row i and leaves follow.
func (l *list) moveTo(i int) {
	l.follow = false
	l.selected = i
	l.settle(l.height)
}

// scroll moves the window by n rows; the selection stays inside.
func (l *list) scroll(n int) {
	if n < 0 {
		l.follow = false
	}
	l.top = max(min(l.top+n, l.source.Len()-l.height), 0)
	l.selected = max(min(max(l.selected, l.top), l.top+l.height-1), 0)
	l.settle(l.height)
}

// shift moves the last column sideways.
func (l *list) shift(n int) { l.side = max(l.side+n, 0) }

// at returns the row that is drawn at line y of the list's canvas, whose line
// 0 is the heading, or -1.
func (l *list) at(y int) int {
	i := l.top + y - 1
	if y < 1 || y > l.height || i >= l.source.Len() {
		return -1
	}
	return i
}

// draw draws heading and window. With focused, the terminal's cursor stands
// on the selected row, where screen readers look for it.
func (l *list) draw(c canvas, t *theme, focused bool) {
	l.settle(c.h - 1)
	l.drawHeading(c, t)
	for y := range l.height {
		i := l.top + y
		if i >= l.source.Len() {
			break
		}
		l.row.reset(len(l.columns))
		l.source.Row(i, &l.row)
		l.drawRow(c.rows(y+1, 1), t, i == l.selected)
		if i == l.selected && focused {
			c.screen.ShowCursor(c.x, c.y+y+1)
		}
	}
}

func (l *list) drawHeading(c canvas, t *theme) {
	style := t.role(roleTitle)
	c.rows(0, 1).fill(style)
	l.each(c, func(col column, cell canvas) {
		x := 0
		if col.right {
			x = max(cell.w-textWidth(col.title), 0)
		}
		cell.text(x, 0, col.title, style)
	})
}

// each calls do with each column and its place, top row and below.
func (l *list) each(c canvas, do func(col column, cell canvas)) {
	x := gutterWidth
	for _, col := range l.columns {
		w := col.width
		if w == 0 {
			w = c.w - x
		}
		do(col, c.columns(x, w))
		x += w + 1
	}
}

func (l *list) drawRow(c canvas, t *theme, selected bool) {
	if selected {
		c.fill(t.selected(t.role(roleText), false))
		l.row.sign.style = t.selected(l.row.sign.style, true)
		for _, cell := range l.row.cells {
			t.selectRuns(cell)
		}
		t.selectRuns(l.row.tail)
		c.text(0, 0, ">", t.selected(t.role(roleKey), false))
	}
	if l.row.sign.text != "" {
		c.text(1, 0, l.row.sign.text, l.row.sign.style)
	}
	i, begin := 0, 0
	l.each(c, func(col column, place canvas) {
		runs := l.row.cells[i]
		if i == l.row.from {
			begin = place.x - c.x
		}
		if i++; i == len(l.columns) && l.row.from > 0 {
			place = c.columns(begin, c.w-begin)
		}
		x := 0
		switch {
		case col.right:
			x = max(place.w-runsWidth(runs), 0)
		case col.width == 0:
			runs = skipColumns(runs, l.side)
			x = place.columns(0, place.w-runsWidth(l.row.tail)).line(0, 0, runs)
			runs = l.row.tail
		}
		place.line(x, 0, runs)
	})
}

// skipColumns returns runs without their first n columns.
func skipColumns(runs []run, n int) []run {
	for n > 0 && len(runs) > 0 {
		text := runs[0].text
		for text != "" && n > 0 {
			cluster, width := nextCluster(text)
			text = text[len(cluster):]
			n -= width
		}
		if text != "" {
			runs[0].text = text
			return runs
		}
		runs = runs[1:]
	}
	return runs
}
