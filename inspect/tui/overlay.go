package tui

import (
	"fmt"
	"strings"
	"time"
)

// overlay is a page over the whole screen: the keys, or the messages.
type overlay struct {
	title string
	text  func(width int) string // for a screen of that many columns
	width int                    // that the page was made for
	pager pager
}

// helpText returns the key table as text for w columns.
func helpText(w int) string {
	var b strings.Builder
	for _, g := range keyTable() {
		b.WriteString(g.title + "\n")
		for _, k := range g.bindings {
			line := fmt.Sprintf("  %-12s %s", k.strokes, k.help)
			if where := k.in.String(); where != "everywhere" && w >= 70 {
				line = fmt.Sprintf("%-*s %s", w-22, line, where)
			}
			b.WriteString(line + "\n")
		}
		b.WriteString("\n")
	}
	b.WriteString("Signs\n" +
		"  ✖  an error            ▲  a warning           >  the selected row\n" +
		"  →  from the initiator (client) to the receiver (server);  ←  back\n" +
		"  +  sent by xmppscope or by hand               ✎  edited on the way\n\n" +
		"Mouse\n  click selects, the wheel scrolls; Shift and drag select text for the terminal\n")
	return b.String()
}

// message is one thing that the last line said.
type message struct {
	time time.Time
	text string
}

// messagesText returns all messages, the newest last.
func messagesText(messages []message) string {
	if len(messages) == 0 {
		return "Nothing to report so far."
	}
	var b strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&b, "%s  %s\n", m.time.Format("15:04:05"), m.text)
	}
	return b.String()
}

func (o *overlay) draw(c canvas, t *theme) {
	if c.w != o.width {
		top := o.pager.top
		o.pager.show(newText(o.text(c.w-2)), "")
		o.width, o.pager.top = c.w, top
	}
	c.fill(t.role(roleText))
	bar := c.rows(0, 1)
	x := drawRule(bar, 0, 2, t)
	x = bar.text(x, 0, " "+o.title+" ", t.role(roleTab))
	drawRule(bar, x, bar.w, t)
	o.pager.draw(c.rows(1, c.h-1).columns(1, c.w-2), t, true)
}

// drawRule draws a horizontal line from column x to column end, and returns end.
func drawRule(c canvas, x, end int, t *theme) int {
	for ; x < end; x++ {
		c.text(x, 0, "─", t.role(roleDim))
	}
	return end
}
