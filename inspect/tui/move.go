package tui

import "github.com/gdamore/tcell/v2"

// What the Move and View keys do.

// pagerInFront returns the pager that has the keyboard, if one has.
func (u *ui) pagerInFront() *pager {
	switch u.scope() {
	case inOverlay:
		return &u.overlay.pager
	case inPane:
		return &u.live.panes[u.live.tab].pager
	}
	return nil
}

// listInFront returns the list that has the keyboard, or stands behind what
// has it.
func (u *ui) listInFront() *list {
	if u.scope() == inSessions {
		return &u.sessions.list
	}
	return &u.live.list
}

// page returns how many rows a page is.
func (u *ui) page() int {
	if p := u.pagerInFront(); p != nil {
		return max(p.height-1, 1)
	}
	return max(u.listInFront().height-1, 1)
}

func (u *ui) move(n int) {
	if p := u.pagerInFront(); p != nil {
		p.move(n)
		return
	}
	following := u.live.list.follow
	u.listInFront().move(n)
	u.live.moved(following)
}

// moveEnd goes to the first or the last row.
func (u *ui) moveEnd(where int) {
	const far = 1 << 40
	u.move(where * far)
}

// nextPane moves the keyboard from the list through the panes and back.
func (u *ui) nextPane(step int) {
	l := u.live
	stops := len(l.panes) + 1 // the list, then each pane
	at := 0
	if l.shape.onPane {
		at = l.tab + 1
	}
	at = (at + step + stops) % stops
	l.shape.onPane = at > 0
	if at > 0 {
		l.tab = at - 1
	}
}

// nextTab brings another pane to the front.
func (u *ui) nextTab(step int) {
	l := u.live
	l.tab = (l.tab + step + len(l.panes)) % len(l.panes)
}

// openRow gives the keyboard to the selected row's pane.
func (u *ui) openRow() {
	if _, ok := u.live.selected(); ok {
		u.live.shape.onPane = true
	}
}

// showAll shows the whole of a text that was cut.
func (u *ui) showAll() {
	p := &u.live.panes[u.live.tab]
	if p.pager.more == "" {
		u.notice = "all of it is shown"
		return
	}
	p.all = true
	u.draw() // the keys that follow move in all of it
}

// back leaves what was opened last.
func (u *ui) back() {
	l := u.live
	switch {
	case u.overlay != nil:
		u.overlay = nil
	case l.stopWork():
		u.say("stopped; a filter that was stopped is off, \\ starts it again")
	case u.at != 0:
		u.goTo(0)
	case l.shape.onPane:
		l.shape.onPane = false
	case l.shape.zoom:
		l.shape.zoom = false
	default:
		u.askQuit()
	}
}

func (u *ui) askQuit() {
	text := "Quit?"
	if u.options.Live && !u.status.Offline {
		text = "Quit? That closes the connections that pass through here."
	}
	u.question = &question{text, func() { u.done = true }}
}

// askSuspend suspends, but asks where that would stop traffic as well.
func (u *ui) askSuspend() {
	if !u.options.Live || u.status.Offline {
		u.suspend()
		return
	}
	u.question = &question{"Suspend? Traffic through here waits until you come back (fg).", u.suspend}
}

func (u *ui) confirmYes() {
	yes := u.question.yes
	u.question = nil
	yes()
}

func (u *ui) confirmNo() { u.question = nil }

// cancel ends what was begun; the next ^C quits.
func (u *ui) cancel() {
	u.canceled = true
	switch {
	case u.question != nil:
		u.question = nil
	case u.typing:
		u.promptLeave()
	case u.overlay != nil:
		u.overlay = nil
	case u.live.stopWork():
		u.say("stopped; a filter that was stopped is off, \\ starts it again")
		return
	}
	u.notice = "^C again quits"
}

func (u *ui) toggleHelp() { u.toggleOverlay("Keys", helpText) }

func (u *ui) toggleMessages() {
	u.toggleOverlay("Messages", func(int) string { return messagesText(u.messages) })
}

func (u *ui) toggleOverlay(title string, text func(int) string) {
	if u.overlay != nil && u.overlay.title == title {
		u.overlay = nil
		return
	}
	u.overlay = &overlay{title: title, text: text}
}

func (u *ui) toggleZoom() { u.live.shape.zoom = !u.live.shape.zoom }

func (u *ui) toggleBeside() {
	u.live.shape.beside = !u.live.shape.beside
	if w, _ := u.screen.Size(); w < twoPanes {
		u.notice = "panes stand beside the list from 100 columns on"
	}
}

func (u *ui) resizeList(n int) {
	_, h := u.screen.Size()
	u.live.shape.share = max(min(u.live.shape.share+n, h), -h)
}

func (u *ui) moveSplit(n int) {
	w, _ := u.screen.Size()
	if w < twoPanes {
		u.notice = "nothing stands side by side below 100 columns; + and - move the split"
	}
	u.live.shape.split = max(min(u.live.shape.split+2*n, w/2), -w/2)
}

func (u *ui) repaint() { u.screen.Sync() }

// goTo shows another screen.
func (u *ui) goTo(screen int) {
	u.at = screen
	u.overlay = nil
	u.sessions.shown = screens()[screen].in == inSessions
	u.sessions.refresh()
	if row, ok := u.live.selected(); ok && u.sessions.shown {
		u.sessions.choose(u.data.store.Entry(row).Session())
	}
}

// mouse selects what is clicked and scrolls what is under the wheel.
func (u *ui) mouse(ev *tcell.EventMouse) {
	x, y := ev.Position()
	pressed := ev.Buttons() &^ u.buttons
	u.buttons = ev.Buttons() & tcell.ButtonPrimary
	switch {
	case pressed&tcell.WheelUp != 0:
		u.wheel(x, y, -3)
	case pressed&tcell.WheelDown != 0:
		u.wheel(x, y, 3)
	case pressed&tcell.ButtonPrimary != 0:
		u.click(x, y)
	}
}

func (u *ui) wheel(x, y, n int) {
	switch {
	case u.overlay != nil:
		u.overlay.pager.move(n)
	case u.at == 0 && !u.live.spots.list.holds(x, y):
		if i := u.live.paneAt(x, y); i >= 0 {
			u.live.panes[i].pager.move(n)
		}
	default:
		following := u.live.list.follow
		u.listOf().scroll(n)
		u.live.moved(following)
	}
}

// listOf returns the list of the screen shown, wherever the keyboard is.
func (u *ui) listOf() *list {
	if u.at == 0 {
		return &u.live.list
	}
	return &u.sessions.list
}

func (u *ui) click(x, y int) {
	if u.overlay != nil || u.typing || u.question != nil {
		return
	}
	l := u.live
	place := l.spots.list
	if u.at != 0 {
		place = u.sessions.place
	}
	switch {
	case place.holds(x, y):
		l.shape.onPane = false
		if i := u.listOf().at(y - place.y); i >= 0 {
			if u.at == 0 {
				l.leaveFollow()
			}
			u.listOf().moveTo(i)
		}
	case u.at == 0 && l.spots.bar.holds(x, y):
		for i := range l.panes {
			if at := l.panes[i].tabAt; x-l.spots.bar.x >= at && x-l.spots.bar.x < at+len(l.panes[i].name)+2 {
				l.tab = i
			}
		}
	case u.at == 0:
		if i := l.paneAt(x, y); i >= 0 {
			l.tab, l.shape.onPane = i, true
		}
	}
}

// paneAt returns which pane is drawn at x, y, or -1.
func (l *live) paneAt(x, y int) int {
	for i, place := range l.spots.panes {
		if place.holds(x, y) {
			if len(l.spots.panes) == 1 {
				return l.tab
			}
			return i
		}
	}
	return -1
}

// holds reports whether x, y on the screen lies in c.
func (c canvas) holds(x, y int) bool {
	return x >= c.x && x < c.x+c.w && y >= c.y && y < c.y+c.h
}
