package tui

// Sizes from which the screen shows more.
const (
	smallWidth  = 60 // below: the list only
	smallHeight = 15
	twoPanes    = 100 // columns from which panes stand side by side
	fullList    = 140 // columns from which the list shows both addresses
)

// arrangement is where the parts of the live screen stand in its body, the
// rows between filter line and hints. A part of no height is not shown.
type arrangement struct {
	list  canvas // heading and rows
	bar   canvas // the line with the tabs
	panes []canvas
	rule  canvas // the line between list and pane where they stand side by side
}

// shape is what the user chose.
type shape struct {
	beside bool // panes stand beside the list, not below
	zoom   bool // what has the focus fills the body
	onPane bool // a pane has the focus
	share  int  // rows more for the list
	split  int  // columns by which the split between panes is moved
}

// arrange places the parts in body for a given number of panes. Where only
// one pane fits, it returns one canvas, for the pane in front.
func arrange(body canvas, panes int, s shape) arrangement {
	switch {
	case s.zoom && s.onPane:
		return arrangement{bar: body.rows(0, 1), panes: []canvas{body.rows(1, body.h-1)}}
	case s.zoom || body.h < 6:
		return arrangement{list: body}
	case s.beside && body.w >= twoPanes:
		w := min(max(body.w*3/5+s.split, 40), body.w-30)
		right := body.columns(w+1, body.w-w-1)
		return arrangement{
			list:  body.columns(0, w),
			rule:  body.columns(w, 1),
			bar:   right.rows(0, 1),
			panes: []canvas{right.rows(1, right.h-1)},
		}
	}
	rows := min(max((body.h-2)*11/20+s.share, 2), body.h-4)
	a := arrangement{list: body.rows(0, rows+1), bar: body.rows(rows+1, 1)}
	below := body.rows(rows+2, body.h)
	if body.w < twoPanes || panes < 2 {
		a.panes = []canvas{below}
		return a
	}
	w := min(max(body.w/2+s.split, 20), body.w-21)
	a.panes = []canvas{below.columns(0, w), below.columns(w+1, body.w-w-1)}
	return a
}
