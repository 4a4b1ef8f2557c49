package tui

import "os"

// What the List keys do.

// toggleFollow stays on the newest row from now on, or no longer.
func (u *ui) toggleFollow() {
	l := u.live
	if l.list.follow {
		l.leaveFollow()
		return
	}
	if l.paused {
		u.togglePause()
		u.notice = "the view goes on"
	}
	l.anchor = -1
	l.list.follow = true
}

// togglePause keeps the view as it is while traffic and recording go on.
func (u *ui) togglePause() {
	l := u.live
	l.paused = !l.paused
	l.rows.until = -1
	if l.paused {
		l.rows.until = u.data.Len()
		u.notice = "the view is paused; traffic is not"
	}
}

// nextProblem selects the next row with a ✖ or ▲.
func (u *ui) nextProblem(step int) { u.startSeek("problem", step, u.data.problem) }

// jumpPeer goes from a request to its reply and back.
func (u *ui) jumpPeer() {
	row, ok := u.live.selected()
	if !ok {
		return
	}
	peer, what := u.data.peer(row)
	switch {
	case peer < 0:
		u.notice = what
	case !u.live.goToRow(peer):
		u.say("%s is row %s, which the filter hides; \\ turns it off", what, count(peer+1))
	}
}

func (u *ui) nextTime() {
	u.live.times = (u.live.times + 1) % timeFormats
	u.notice = "time: " + u.live.times.String()
}

// copyRow sends what the front pane is about to the clipboard: secrets muted
// as on the screen, nothing cut.
func (u *ui) copyRow() {
	row, ok := u.live.selected()
	if !ok {
		return
	}
	text := u.data.text(row)
	if text == "" {
		u.notice = "this row has nothing to copy"
		return
	}
	tty, ok := u.screen.Tty()
	if !ok {
		u.say("%v", errNoTerminal)
		return
	}
	if err := copyOut(tty, os.Getenv("TERM"), text); err != nil {
		u.say("not copied: %v", err)
		return
	}
	u.notice = "sent to the terminal's clipboard: " + bytesText(len(text))
}
