package tui

import (
	"fmt"
	"time"
)

// patience is how long work may take before the last line says how far it is.
const patience = 250 * time.Millisecond

// seek is a search through the rows shown, from one row in one direction. It
// goes on a little with each look at the Store, so that keys stay quick.
type seek struct {
	what  string // for people: what is looked for
	match func(row int) bool
	step  int
	at    int // index in the list of the row to look at next
	began time.Time
}

// startSeek looks for the next row shown that match accepts, and selects it.
func (u *ui) startSeek(what string, step int, match func(row int) bool) {
	l := u.live
	l.seek = &seek{what: what, match: match, step: step, at: l.list.selected + step, began: time.Now()}
	l.goOnSeeking(u, time.Now().Add(frameTime))
}

// goOnSeeking looks at rows until one matches, none is left, or it is late.
func (l *live) goOnSeeking(u *ui, until time.Time) {
	s := l.seek
	for i := 0; s.at >= 0 && s.at < l.rows.Len(); i++ {
		if i%64 == 63 && time.Now().After(until) {
			return
		}
		if row := l.rows.Row(s.at); s.match(row) {
			l.seek = nil
			l.goToRow(row)
			return
		}
		s.at += s.step
	}
	l.seek = nil
	where := "below"
	if s.step < 0 {
		where = "above"
	}
	u.notice = fmt.Sprintf("no %s %s, among the rows shown", s.what, where)
}

// progress describes work that is under way for longer than a moment, or "".
func (l *live) progress() string {
	now := time.Now()
	switch {
	case l.seek != nil && now.Sub(l.seek.began) > patience:
		return fmt.Sprintf("looking for %s, at row %s – Esc stops", l.seek.what, count(l.seek.at+1))
	case l.filtering(now):
		tested, of := l.matches.Progress()
		return rateText("filtering", tested, of, "rows", now.Sub(l.filtered)) + " – Esc stops"
	}
	p := l.data.store.Progress()
	if !p.Ended && p.Bytes < p.Total && now.Sub(l.opened) > patience {
		return rateText("reading", int(p.Bytes>>20), int(p.Total>>20), "MiB", now.Sub(l.opened))
	}
	return ""
}

// rateText says how far some work is, how fast, and how long it will take.
func rateText(what string, done, all int, unit string, took time.Duration) string {
	rate := float64(done) / took.Seconds()
	text := fmt.Sprintf("%s: %d %%, %s %s/s", what, 100*done/max(all, 1), count(int(rate)), unit)
	if rate > 0 {
		text += fmt.Sprintf(", %.0f s left", float64(all-done)/rate)
	}
	return text
}

// stopWork ends what is under way and reports whether anything was.
func (l *live) stopWork() bool {
	switch {
	case l.seek != nil:
		l.seek = nil
	case l.filtering(time.Now()):
		l.setUnfiltered(true)
	default:
		return false
	}
	return true
}

// filtering reports whether the filter has been at work for longer than a
// moment.
func (l *live) filtering(now time.Time) bool {
	return !l.unfiltered && now.Sub(l.filtered) > patience && behind(l.matches)
}
