package tui

import (
	"fmt"
	"strings"
	"time"

	"xmppscope/captures"
)

// drawStatus draws the first line: the state leftmost, what the selected row's
// session is, and how many rows are shown.
func (u *ui) drawStatus(c canvas) {
	x := 1
	for _, r := range u.state() {
		x = c.text(x, 0, r.text, r.style) + 2
	}
	right, facts := u.tally(), u.live.facts(u)
	if screens()[u.at].in == inSessions {
		right, facts = nil, u.sessions.facts()
	}
	from := c.w - runsWidth(right) - 1
	c.columns(x, from-x-1).line(0, 0, []run{{facts, u.theme.role(roleText)}})
	c.line(from, 0, right)
}

// state returns the words on the left of the first line, the gravest last.
func (u *ui) state() []run {
	var words []run
	switch {
	case u.live.paused:
		words = append(words, run{fmt.Sprintf("PAUSED +%s", count(u.data.Len()-u.live.rows.until)), u.theme.role(roleWarn)})
	case !u.options.Live:
		words = append(words, run{"FILE", u.theme.role(roleNotice)})
	case u.status.Offline:
		words = append(words, run{"OFFLINE", u.theme.role(roleWarn)})
	default:
		words = append(words, run{"LIVE", u.theme.role(roleGood)})
	}
	if state := u.status.Recording; state == captures.Slow {
		words = append(words, run{state.String(), u.theme.role(roleWarn)})
	} else if state.String() != "" && !u.status.Offline {
		words = append(words, run{state.String(), u.theme.role(roleBad)})
	}
	return words
}

// tally returns how many rows are shown of how many, and how the list follows.
func (u *ui) tally() []run {
	shown, all := u.live.rows.Len(), u.data.Len()
	text := count(shown) + " of " + count(all)
	if shown == all {
		text = count(all)
	}
	runs := []run{{text, u.theme.role(roleText)}}
	switch missed := shown - u.live.seen; {
	case u.live.list.follow:
		runs = append(runs, run{" follow", u.theme.role(roleText)})
	case u.options.Live && missed > 0:
		runs = append(runs, run{fmt.Sprintf("  %s new – F", count(missed)), u.theme.role(roleNotice)})
	}
	return runs
}

// drawFilter draws the second line; while something is typed there, a third
// below it says how that is going.
func (u *ui) drawFilter(c canvas) {
	if u.typing {
		u.prompt.draw(c, u.theme)
		return
	}
	if screens()[u.at].in != inList {
		return
	}
	text, note := u.live.filterText(), ""
	switch {
	case text == "":
		c.line(1, 0, []run{{"Filter ", u.theme.role(roleKey)}, {"none", u.theme.role(roleDim)}})
		return
	case u.live.unfiltered:
		note = "off – \\ turns it on"
	default:
		note = "✓ " + count(u.live.rows.Len()) + " match"
	}
	right := c.w - textWidth(note) - 1
	style := u.theme.role(roleGood)
	if u.live.unfiltered {
		style = u.theme.role(roleWarn)
	}
	x := c.text(1, 0, "Filter ", u.theme.role(roleKey))
	c.columns(x, right-x-1).line(0, 0, []run{{text, u.theme.role(roleText)}})
	c.text(right, 0, note, style)
}

// drawHints draws the last line: a question, what there is to say, work under
// way, or the keys that fit here.
func (u *ui) drawHints(c canvas) {
	switch progress := u.live.progress(); {
	case u.question != nil:
		x := c.text(1, 0, u.question.text+" ", u.theme.role(roleWarn))
		c.line(x, 0, u.hints(inConfirm))
		c.screen.ShowCursor(c.x+min(x, c.w-1), c.y)
	case u.notice != "":
		c.line(1, 0, []run{{u.notice, u.theme.role(roleNotice)}})
	case progress != "":
		c.line(1, 0, []run{{progress, u.theme.role(roleNotice)}})
	default:
		hints := u.hints(u.scope())
		if u.scope()&inViews != 0 {
			hints = append([]run{{"?", u.theme.role(roleKey)}, {" help  ", u.theme.role(roleDim)}}, hints...)
		}
		c.text(0, 0, " ", u.theme.role(roleText))
		x := 1
		for len(hints) > 1 && x+runsWidth(hints[:2]) <= c.w { // whole hints only
			x = c.line(x, 0, hints[:2])
			hints = hints[2:]
		}
	}
}

// hints returns the keys of a scope that have a word for the last line.
func (u *ui) hints(in scope) []run {
	var runs []run
	for _, g := range keyTable() {
		for _, b := range g.bindings {
			if b.in&in != 0 && b.hint != "" && b.hintIn&in != 0 {
				key, _, _ := strings.Cut(b.strokes, " ")
				runs = append(runs, run{key, u.theme.role(roleKey)}, run{" " + b.hint + "  ", u.theme.role(roleDim)})
			}
		}
	}
	return runs
}

// timeFormat is how the Time column counts.
type timeFormat uint8

const (
	sinceStart timeFormat = iota // seconds since the first row
	timeOfDay
	sinceBefore // seconds since the row above
	timeFormats
)

func (f timeFormat) String() string {
	return [...]string{"seconds since the first row", "time of day", "seconds since the row above"}[f]
}

// title returns the column's heading and width, narrow or wide.
func (f timeFormat) title(wide bool) (string, int) {
	narrow := [...]int{6, 8, 7}
	if wide {
		narrow = [...]int{9, 12, 9}
	}
	return [...]string{"Time", "Clock", "Delta"}[f], narrow[f]
}

// format writes t within width columns.
func (f timeFormat) format(t, start, before time.Time, width int) string {
	switch f {
	case timeOfDay:
		if width < 12 {
			return t.Local().Format("15:04:05")
		}
		return t.Local().Format("15:04:05.000")
	case sinceBefore:
		return seconds(t.Sub(before), width-1, "+")
	default:
		return seconds(t.Sub(start), width, "")
	}
}

// seconds writes d in seconds with as many decimals, at most three, as width
// leaves; beyond that in hours and minutes.
func seconds(d time.Duration, width int, sign string) string {
	for decimals := 3; decimals >= 0; decimals-- {
		if s := fmt.Sprintf("%.*f", decimals, d.Seconds()); len(s) <= width {
			return sign + s
		}
	}
	return sign + fmt.Sprintf("%dh%02d", int(d.Hours()), int(d.Minutes())%60)
}
