package tui

import (
	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"
)

// run is text of one style. Its text has been cleaned (inspect.Clean) if any
// of it came from outside; it is never markup.
type run struct {
	text  string
	style tcell.Style
}

// canvas is a rectangle of the screen. What is drawn outside is cut off.
type canvas struct {
	screen tcell.Screen
	x, y   int
	w, h   int
}

// rows returns the part of c that begins at row y and is h rows high.
func (c canvas) rows(y, h int) canvas {
	y = min(max(y, 0), c.h)
	h = min(max(h, 0), c.h-y)
	return canvas{c.screen, c.x, c.y + y, c.w, h}
}

// columns returns the part of c that begins at column x and is w columns wide.
func (c canvas) columns(x, w int) canvas {
	x = min(max(x, 0), c.w)
	w = min(max(w, 0), c.w-x)
	return canvas{c.screen, c.x + x, c.y, w, c.h}
}

// fill blanks the rectangle with the style.
func (c canvas) fill(style tcell.Style) {
	for y := range c.h {
		for x := range c.w {
			c.screen.SetContent(c.x+x, c.y+y, ' ', nil, style)
		}
	}
}

// text draws s from column x of row y, and returns the column after it. A
// wide character that does not fit whole is left out.
func (c canvas) text(x, y int, s string, style tcell.Style) int {
	if y < 0 || y >= c.h {
		return x
	}
	for i := 0; i < len(s) && x < c.w; {
		cluster, width := nextCluster(s[i:])
		i += len(cluster)
		if x+width > c.w {
			return c.w
		}
		if x >= 0 {
			c.screen.Put(c.x+x, c.y+y, cluster, style)
			for extra := 1; extra < width; extra++ {
				c.screen.Put(c.x+x+extra, c.y+y, " ", style)
			}
		}
		x += width
	}
	return x
}

// line draws runs from column x of row y, cut with "…" where they do not fit,
// and returns the column after them.
func (c canvas) line(x, y int, runs []run) int {
	if !overflows(runs, c.w-x) {
		for _, r := range runs {
			x = c.text(x, y, r.text, r.style)
		}
		return x
	}
	short := canvas{c.screen, c.x, c.y, c.w - 1, c.h}
	var last tcell.Style
	for _, r := range runs {
		last = r.style
		if x = short.text(x, y, r.text, r.style); x >= short.w {
			break
		}
	}
	return c.text(max(min(x, c.w-1), 0), y, "…", last)
}

// overflows reports whether runs need more than room columns. It looks no
// further than it must: a run may be very long.
func overflows(runs []run, room int) bool {
	for _, r := range runs {
		for i := 0; i < len(r.text); {
			cluster, width := nextCluster(r.text[i:])
			i += len(cluster)
			if room -= width; room < 0 {
				return true
			}
		}
	}
	return false
}

// textWidth returns how many columns s needs.
func textWidth(s string) int {
	width := 0
	for i := 0; i < len(s); {
		cluster, w := nextCluster(s[i:])
		i += len(cluster)
		width += w
	}
	return width
}

// runsWidth returns how many columns runs need.
func runsWidth(runs []run) int {
	width := 0
	for _, r := range runs {
		width += textWidth(r.text)
	}
	return width
}

// nextCluster returns the first grapheme cluster of s, which is not empty,
// and how many columns it takes: at least one, so that nothing is lost unseen.
func nextCluster(s string) (string, int) {
	if s[0] < 0x80 && (len(s) == 1 || s[1] < 0x80) {
		return s[:1], 1
	}
	cluster, _, width, _ := uniseg.FirstGraphemeClusterInString(s, -1)
	return cluster, max(width, 1)
}
