package tui

import (
	"errors"
	"time"

	"xmppscope/xmpp/filter"
)

// allRows is every row of the capture, as far as the view has come.
type allRows struct{ n int }

func (a *allRows) Len() int      { return a.n }
func (a *allRows) Row(i int) int { return i }

// refresh looks at what is new, for at most the time given, and reports
// whether anything on the screen may change.
func (l *live) refresh(u *ui, budget time.Duration) bool {
	until := time.Now().Add(budget)
	changed := false
	if n := l.data.Len(); n != l.all.n && !l.paused {
		l.all.n, changed = n, true
	} else if l.paused && n != l.waiting {
		l.waiting, changed = n, true
	}
	if l.matches != nil && !l.unfiltered && l.matches.advance(l.all.n, until) {
		changed = true
	}
	if l.trial != nil && l.trial.advance(l.all.n, until) {
		changed = true
	}
	if l.seek != nil {
		l.goOnSeeking(u, until)
		changed = true
	}
	if l.anchor >= 0 && changed {
		l.list.selected = indexOf(l.rows, l.anchor)
	}
	return changed
}

// setUnfiltered turns the filter off, or on again, and stays on the row.
func (l *live) setUnfiltered(off bool) {
	l.keepPlace()
	l.unfiltered = off
	l.rows = l.all
	if l.matches != nil && !off {
		l.rows = l.matches
		l.filtered = time.Now()
	}
}

// keepPlace stays on the selected row while the rows around it change.
func (l *live) keepPlace() {
	if row, ok := l.selected(); ok && !l.list.follow {
		l.anchor = row
	}
}

// applyFilter shows only rows that match the expression; all rows if it is
// empty. An error leaves everything as it was.
func (u *ui) applyFilter(text string) error {
	f, err := filter.Parse(text)
	if err != nil {
		return err
	}
	l := u.live
	l.filter, l.matches = text, nil
	if text != "" {
		l.matches = newMatches(u.data, f)
	}
	l.setUnfiltered(false)
	l.refresh(u, frameTime)
	return nil
}

func (u *ui) startFilter() {
	u.typing = true
	u.prompt.open("Filter", u.live.filter, u.judgeFilter, u.applyFilter)
}

// judgeFilter says what is wrong with an expression, or counts what it matches.
func (u *ui) judgeFilter(text string) verdict {
	l := u.live
	l.trial = nil
	v, f := judge(text)
	if f != nil && text != "" {
		l.trial = newMatches(u.data, f)
		l.trial.advance(l.all.n, time.Now().Add(frameTime/4))
		v.note = l.trialNote
	}
	return v
}

// trialNote says how many rows match the expression that is being typed.
func (l *live) trialNote() string {
	note := count(l.trial.Len()) + " match"
	if l.trial.behind(l.all.n) {
		note += " so far"
	}
	return note
}

// judge parses an expression and says how it could go on.
func judge(text string) (verdict, *filter.Filter) {
	var v verdict
	f, err := filter.Parse(text)
	var wrong *filter.Error
	switch {
	case errors.As(err, &wrong):
		v.err, v.at = wrong.Error(), wrong.Offset
	case err != nil:
		v.err = err.Error()
	}
	v.completions, v.replaces = completions(text)
	return v, f
}

func (u *ui) startFind() {
	u.typing = true
	u.prompt.open("Find", u.live.finding, func(text string) verdict {
		v, _ := judge(text)
		return v
	}, u.applyFind)
}

// applyFind goes to the next row that matches.
func (u *ui) applyFind(text string) error {
	f, err := filter.Parse(text)
	if err != nil {
		return err
	}
	u.live.finding, u.live.find = text, f
	u.findNext(1)
	return nil
}

// findNext goes to the next row found, or the one before.
func (u *ui) findNext(step int) {
	if u.live.find == nil {
		u.notice = "nothing to find yet: ^f asks what"
		return
	}
	u.startSeek("row for "+u.live.finding, step, matcherOf(u.data, u.live.find))
}

func (u *ui) promptApply() {
	text := u.prompt.text()
	if err := u.prompt.apply(text); err != nil {
		return // the prompt shows why, and stays
	}
	u.prompt.remember(text)
	u.endPrompt()
}

func (u *ui) promptLeave() { u.endPrompt() }

func (u *ui) endPrompt() {
	u.typing = false
	u.live.trial = nil
}

func (u *ui) promptComplete() { u.prompt.complete() }

func (u *ui) promptRecall(n int) { u.prompt.recallBy(n) }

func (u *ui) toggleFilter() {
	l := u.live
	if l.filter == "" {
		u.notice = "no filter is set; / asks for one"
		return
	}
	l.setUnfiltered(!l.unfiltered)
	l.refresh(u, frameTime)
}
