package tui

import (
	"fmt"
	"time"

	"github.com/gdamore/tcell/v2"

	"xmppscope/inspect"
	"xmppscope/xmpp/filter"
)

// live is the screen of rows: the list, and panes about the selected row.
type live struct {
	data *model
	list list
	all  *inspect.View // every row
	rows rows          // those that the list shows

	filter     string        // the expression in force, "" for none
	matches    *inspect.View // the rows that match it, or nil
	unfiltered bool          // the filter is kept but off
	filtered   time.Time     // when it was turned on
	trial      *inspect.View // of the expression that is being typed, or nil
	find       *filter.Filter
	finding    string // the expression of find
	seek       *seek

	paused bool
	seen   int // rows shown when follow was left
	anchor int // the row of the capture to stay on while rows are filtered; -1: none
	glance glance

	times  timeFormat
	shape  shape
	panes  []pane
	tab    int  // the pane in front
	wide   bool // the list has room for both addresses
	roomy  bool // the list has room for session and size
	opened time.Time
	theme  *theme
	spots  arrangement // where things were drawn last, for the mouse
}

func newLive(data *model, t *theme) *live {
	l := &live{data: data, theme: t, all: inspect.NewView(data.store, &filter.Filter{}), anchor: -1, panes: newPanes(), opened: time.Now()}
	l.rows = rows{l.all, -1}
	l.list.source = l
	return l
}

// Len returns how many rows the list has, for the list.
func (l *live) Len() int { return l.rows.Len() }

// Row fills in a row of the list.
func (l *live) Row(i int, into *listRow) {
	row := l.data.line(l.rows.Row(i))
	t := l.theme
	text := t.role(roleText)
	into.sign = run{row.sign, t.role(row.signRole)}
	at := 0
	put := func(s string, r role) {
		into.set(at, s, t.role(r))
		at++
	}
	put(row.no, roleDim)
	before := row.time
	if l.times == sinceBefore && i > 0 {
		before = l.data.time(l.rows.Row(i - 1))
	}
	put(l.times.format(row.time, l.data.start(), before, l.list.columns[1].width), roleText)
	arrow := roleOut
	if row.arrow == "←" {
		arrow = roleIn
	}
	put(row.arrow, arrow)
	if l.roomy {
		put(row.session, roleDim)
	}
	put(row.kind, row.kindRole)
	if row.size == "" && row.from == "" && row.to == "" { // an event: only its text says something
		into.from = at
	}
	if l.wide {
		put(row.from, roleText)
		put(row.to, roleText)
	} else {
		put(row.address(), roleText)
	}
	if l.roomy {
		put(row.size, roleDim)
	}
	into.set(at, row.info, text)
	if row.request != "" {
		tail := " " + row.request
		if l.roomy {
			tail += " " + row.took
		}
		into.tail = append(into.tail, run{tail, t.role(roleDim)})
	}
}

// layColumns sets the columns for a list of that width.
func (l *live) layColumns(width int) {
	l.roomy, l.wide = width >= twoPanes, width >= fullList
	title, timeWidth := l.times.title(l.roomy)
	digits := max(len(fmt.Sprint(l.data.Len())), 5)
	columns := append(l.list.columns[:0],
		column{"No", digits, true}, column{title, timeWidth, true}, column{title: "", width: 1})
	if l.roomy {
		columns = append(columns, column{title: "Sess", width: 4})
	}
	columns = append(columns, column{title: "Kind", width: 9})
	switch {
	case l.wide:
		columns = append(columns, column{title: "From", width: 30}, column{title: "To", width: 30})
	case l.roomy:
		columns = append(columns, column{title: "Address", width: 32})
	case width < 70:
		columns = append(columns, column{title: "Address", width: 18})
	default:
		columns = append(columns, column{title: "Address", width: 26})
	}
	if l.roomy {
		columns = append(columns, column{"Size", 5, true})
	}
	l.list.columns = append(columns, column{title: "Info"})
}

// selected returns the number in the capture of the selected row.
func (l *live) selected() (row int, ok bool) {
	if n := l.rows.Len(); l.list.selected < n && n > 0 {
		return l.rows.Row(l.list.selected), true
	}
	return 0, false
}

// goToRow selects a row of the capture, if the list has it.
func (l *live) goToRow(row int) bool {
	i, ok := l.rows.Index(row)
	if !ok || i >= l.rows.Len() {
		return false
	}
	l.anchor = -1
	l.leaveFollow()
	l.list.moveTo(i)
	return true
}

// leaveFollow stays where the selection is, and counts what comes from now.
func (l *live) leaveFollow() {
	if l.list.follow {
		l.list.follow = false
		l.seen = l.rows.Len()
	}
}

// moved is to be called when the user moved: what was to be kept is not.
func (l *live) moved(following bool) {
	l.anchor = -1
	if following && !l.list.follow {
		l.seen = l.rows.Len()
	}
}

// facts describes the selected row's session for the first line.
func (l *live) facts(u *ui) string {
	if row, ok := l.selected(); ok {
		return inspect.Clean(l.data.facts(row), inspect.OneLine)
	}
	return inspect.Clean(u.options.Title, inspect.OneLine)
}

// filterText returns the expression as it is shown.
func (l *live) filterText() string { return inspect.Clean(l.filter, inspect.OneLine) }

func (l *live) draw(c canvas, u *ui) {
	a := arrangement{list: c}
	if l.rows.Len() > 0 {
		a = arrange(c, len(l.panes), l.shape)
	}
	l.spots = a
	if a.list.h > 0 {
		l.drawList(a.list, u)
	}
	for y := range a.rule.h {
		a.rule.text(0, y, "│", u.theme.role(roleDim))
	}
	l.drawBar(a, u.theme)
	for i, place := range a.panes {
		which := l.tab
		if len(a.panes) > 1 {
			which = i
		}
		l.panes[which].draw(place, l, u.theme, l.shape.onPane && which == l.tab && !u.typing)
		if i > 0 {
			for y := range place.h {
				c.screen.Put(place.x-1, place.y+y, "│", u.theme.role(roleDim))
			}
		}
	}
}

func (l *live) drawSmall(c canvas, u *ui) {
	if l.shape.onPane {
		l.spots = arrangement{panes: []canvas{c}}
		l.panes[l.tab].draw(c, l, u.theme, !u.typing)
		return
	}
	l.spots = arrangement{list: c}
	l.drawList(c, u)
}

func (l *live) drawList(c canvas, u *ui) {
	l.layColumns(c.w)
	if l.rows.Len() == 0 {
		l.list.drawHeading(c, u.theme)
		u.drawEmpty(c.rows(2, c.h-2))
		return
	}
	l.list.draw(c, u.theme, !l.shape.onPane && !u.typing)
}

// drawBar draws the line with the selected row's number and the panes' names,
// the one in front in brackets where it hides the others.
func (l *live) drawBar(a arrangement, t *theme) {
	c := a.bar
	if c.h == 0 {
		return
	}
	drawRule(c, 0, c.w, t)
	name := ""
	if row, ok := l.selected(); ok {
		name = " " + l.data.line(row).no + " "
	}
	x := c.text(1, 0, name, t.role(roleText))
	if len(a.panes) > 1 {
		for i, place := range a.panes {
			if i > 0 {
				c.text(place.x-c.x-1, 0, "┬", t.role(roleDim))
				x = place.x - c.x + 1
			}
			c.text(x, 0, " "+l.panes[i].name+" ", l.tabStyle(i, t))
		}
		return
	}
	for i, p := range l.panes {
		label := " " + p.name + " "
		if i == l.tab {
			label = "[" + p.name + "]"
		}
		l.panes[i].tabAt = x
		x = c.text(x, 0, label, l.tabStyle(i, t))
	}
}

func (l *live) tabStyle(i int, t *theme) tcell.Style {
	switch {
	case i == l.tab && l.shape.onPane:
		return t.role(roleTab)
	case i == l.tab:
		return t.role(roleKey)
	}
	return t.role(roleDim)
}
