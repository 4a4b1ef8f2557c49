package tui

import (
	"strings"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

// prompt is the line in which an expression is typed. What it is for decides
// what Enter does; meanwhile everything stays as it was.
type prompt struct {
	field   *tview.InputField
	label   string
	apply   func(text string) error // nil error: the prompt is done
	check   func(text string) verdict
	verdict verdict
	history []string
	recall  int // index in history of what is shown; len(history): the new text
	draft   string
}

// verdict is what there is to say about an expression while it is typed.
type verdict struct {
	err         string        // what is wrong, "" if nothing is
	at          int           // byte offset of the fault in the text
	note        func() string // what is right, such as how many rows match
	completions []string
	replaces    int // bytes before the cursor that a completion replaces
}

func newPrompt(t *theme) *prompt {
	field := tview.NewInputField()
	field.SetFieldStyle(t.role(roleText)).SetLabelStyle(t.role(roleText)).SetBackgroundColor(backgroundOf(t))
	field.Focus(func(tview.Primitive) {})
	return &prompt{field: field}
}

// open begins a new entry with text.
func (p *prompt) open(label, text string, check func(string) verdict, apply func(string) error) {
	p.label, p.check, p.apply = label, check, apply
	p.recall = len(p.history)
	p.set(text)
}

// set replaces the text.
func (p *prompt) set(text string) {
	p.field.SetText(text)
	p.judge()
}

func (p *prompt) text() string { return p.field.GetText() }

// judge asks anew what there is to say about the text.
func (p *prompt) judge() { p.verdict = p.check(p.text()) }

// key gives a key to the field.
func (p *prompt) key(ev *tcell.EventKey) {
	p.field.InputHandler()(ev, func(tview.Primitive) {})
	p.judge()
}

// forward gives an editing key to the field.
func (p *prompt) forward(key tcell.Key) { p.key(tcell.NewEventKey(key, 0, tcell.ModNone)) }

// paste inserts pasted text as one line.
func (p *prompt) paste(text string) {
	text = strings.Join(strings.Fields(text), " ")
	p.field.PasteHandler()(text, func(tview.Primitive) {})
	p.judge()
}

// remember puts an applied expression into the history, once.
func (p *prompt) remember(text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	if n := len(p.history); n > 0 && p.history[n-1] == text {
		return
	}
	p.history = append(p.history, text)
}

// recallBy shows an earlier or later expression.
func (p *prompt) recallBy(n int) {
	if p.recall == len(p.history) {
		p.draft = p.text()
	}
	p.recall = max(min(p.recall+n, len(p.history)), 0)
	if p.recall == len(p.history) {
		p.set(p.draft)
		return
	}
	p.set(p.history[p.recall])
}

// complete replaces the word at the end of the text by what all completions
// have in common, or by the only one and a blank.
func (p *prompt) complete() {
	words := p.verdict.completions
	if len(words) == 0 {
		return
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	if len(words) == 1 {
		common += " "
	}
	text := p.text()
	if typed := text[len(text)-p.verdict.replaces:]; len(common) > len(typed) {
		p.set(text[:len(text)-p.verdict.replaces] + common)
	}
}

// draw draws the prompt in row 0 of c, and what is wrong, or how it could go
// on, in row 1, below the place that it is about.
func (p *prompt) draw(c canvas, t *theme) {
	x := c.text(0, 0, " "+p.label+" ", t.role(roleKey))
	room := c.w - x
	if p.verdict.err == "" && p.verdict.note != nil {
		note := "✓ " + p.verdict.note()
		room -= textWidth(note) + 2
		c.text(c.w-textWidth(note)-1, 0, note, t.role(roleGood))
	} else if p.verdict.err != "" {
		room -= 3
		c.text(c.w-2, 0, "✗", t.role(roleBad))
	}
	p.field.SetRect(c.x+x, c.y, max(room, 1), 1)
	p.field.Draw(c.screen)
	below := c.rows(1, 1)
	below.fill(t.role(roleText))
	if p.verdict.err != "" {
		p.drawFault(below, x, t)
		return
	}
	if len(p.verdict.completions) > 0 {
		words := strings.Join(p.verdict.completions, "  ")
		below.line(x, 0, []run{{"Tab ", t.role(roleKey)}, {words, t.role(roleDim)}})
	}
}

// drawFault puts a caret below the faulty place and the words beside it.
func (p *prompt) drawFault(c canvas, x int, t *theme) {
	text := p.text()
	caret := min(x+textWidth(text[:min(p.verdict.at, len(text))]), c.w-1)
	style := t.role(roleBad)
	words := p.verdict.err
	if width := textWidth(words); caret+2+width > c.w && width+1 <= caret {
		c.text(caret-width-1, 0, words, style) // no room behind the caret, but before it
		c.text(caret, 0, "^", style)
		return
	}
	caret = max(min(caret, c.w-2-textWidth(words)), 1)
	c.text(caret, 0, "^", style)
	c.line(caret+2, 0, []run{{words, style}})
}

// backgroundOf returns the background colour of plain text.
func backgroundOf(t *theme) tcell.Color {
	_, background, _ := t.role(roleText).Decompose()
	return background
}
