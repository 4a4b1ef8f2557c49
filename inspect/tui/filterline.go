package tui

import (
	"errors"
	"time"

	"xmppscope/inspect"
	"xmppscope/xmpp/filter"
)

// glance is what a look at the Store found; the screen is drawn again when it
// is not what was found before.
type glance struct {
	rows, shown, tested, trial int
}

// refresh looks at what is new, for at most the time given, and reports
// whether anything on the screen may change.
func (l *live) refresh(u *ui, budget time.Duration) bool {
	now := glance{rows: l.data.Len(), shown: l.rows.Len()}
	if l.matches != nil {
		now.tested, _ = l.matches.Progress()
	}
	if l.trial != nil {
		now.trial, _ = l.trial.Progress()
	}
	changed := now != l.glance || l.progress() != ""
	l.glance = now
	if l.seek != nil {
		l.goOnSeeking(u, time.Now().Add(budget))
		changed = true
	}
	if l.anchor >= 0 && changed {
		l.list.selected, _ = l.rows.Index(l.anchor)
	}
	return changed
}

// settle waits until nothing is under way: tests only.
func (l *live) settle(u *ui) {
	const long = time.Minute
	await(l.rows.View, long)
	if l.trial != nil {
		await(l.trial, long)
	}
	l.refresh(u, long)
}

// close ends the Views.
func (l *live) close() {
	l.all.Close()
	l.setMatches(nil)
	l.setTrial(nil)
}

func (l *live) setMatches(v *inspect.View) {
	if l.matches != nil {
		l.matches.Close()
	}
	l.matches = v
}

func (l *live) setTrial(v *inspect.View) {
	if l.trial != nil {
		l.trial.Close()
	}
	l.trial = v
}

// setUnfiltered turns the filter off, or on again, and stays on the row.
func (l *live) setUnfiltered(off bool) {
	l.keepPlace()
	l.unfiltered = off
	l.rows.View = l.all
	if l.matches != nil && !off {
		l.rows.View = l.matches
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
	l.keepPlace()
	l.filter = text
	if f.Empty() {
		l.filter = ""
		l.setMatches(nil)
	} else {
		l.setMatches(inspect.NewView(u.data.store, f))
		await(l.matches, frameTime)
	}
	l.setUnfiltered(false)
	return nil
}

func (u *ui) startFilter() {
	u.typing = true
	u.prompt.open("Filter", u.live.filter, u.judgeFilter, u.applyFilter)
}

// judgeFilter says what is wrong with an expression, or counts what it matches.
func (u *ui) judgeFilter(text string) verdict {
	l := u.live
	v, f := judge(text)
	if f == nil || f.Empty() {
		l.setTrial(nil)
		return v
	}
	l.setTrial(inspect.NewView(u.data.store, f))
	await(l.trial, frameTime/4)
	v.note = l.trialNote
	return v
}

// trialNote says how many rows match the expression that is being typed.
func (l *live) trialNote() string {
	note := count(l.trial.Len()) + " match"
	if behind(l.trial) {
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
	u.live.setTrial(nil)
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
}
