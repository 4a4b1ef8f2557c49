package tui

import (
	"context"
	"fmt"
	"time"

	"github.com/gdamore/tcell/v2"

	"xmppscope/inspect"
)

// frameTime is how often the screen looks at the Store: 30 times a second.
// Nobody ever calls the screen; a flood of traffic costs it no more than this.
const frameTime = time.Second / 30

// ui is the screen loop's state. It belongs to that one goroutine.
type ui struct {
	options  Options
	screen   *diffScreen
	theme    *theme
	keys     keymap
	data     *model
	live     *live
	sessions *sessionsView
	prompt   *prompt
	at       int  // the screen shown, an index of screens()
	typing   bool // the prompt has the keyboard
	overlay  *overlay
	question *question
	notice   string // what the last line says until the next key
	messages []message
	remarked int     // remarks on the capture's files that were said
	pasting  *[]rune // what a paste has brought so far, nil outside of one
	canceled bool    // ^C was the last key
	buttons  tcell.ButtonMask
	dirty    bool
	done     bool
	failed   error // why it is done, if not because the user said so
	status   Status
}

// question waits for y or n.
type question struct {
	text string
	yes  func()
}

// screenSpec is one of the screens that a number key shows.
type screenSpec struct {
	name, help string
	in         scope
	draw       func(*ui, canvas)
}

func screens() []screenSpec {
	return []screenSpec{
		{"Live", "Live: the rows as they come", inList, func(u *ui, c canvas) { u.live.draw(c, u) }},
		{"Sessions", "Sessions: a tree of streams", inSessions, func(u *ui, c canvas) { u.sessions.draw(c, u) }},
	}
}

// run is the screen loop: the only place that handles input and draws.
func (u *ui) run(ctx context.Context) error {
	events := make(chan tcell.Event, 64)
	quit := make(chan struct{})
	go func() { // ends when the screen does
		defer u.restore()
		u.screen.ChannelEvents(events, quit)
	}()
	defer func() {
		close(quit)
		u.screen.Fini()
		for range events { // closed by ChannelEvents: nothing is left running
		}
	}()
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	u.refresh()
	u.draw()
	for !u.done {
		select {
		case <-ctx.Done():
			return nil
		case ev, ok := <-events:
			if !ok {
				return errTerminalGone
			}
			u.handle(ev)
			for len(events) > 0 && !u.done { // what waits already is drawn once
				u.handle(<-events)
			}
		case <-tick.C:
			u.refresh()
		}
		if u.dirty && !u.done {
			u.draw()
		}
	}
	return u.failed
}

// restore gives the terminal back before a panic is printed on it.
func (u *ui) restore() {
	if p := recover(); p != nil {
		u.screen.Fini()
		panic(p)
	}
}

// refresh looks at what the Store and the recorder have to say now.
func (u *ui) refresh() {
	if u.options.Status != nil {
		if status := u.options.Status(); status != u.status {
			if status.Why != u.status.Why && status.Why != "" {
				u.say("%s", inspect.Clean(status.Why, inspect.OneLine))
			}
			u.status, u.dirty = status, true
		}
	}
	u.sayRemarks()
	if u.live.refresh(u, frameTime/2) {
		u.dirty = true
	}
	if u.sessions.shown && u.sessions.refresh() {
		u.dirty = true
	}
}

// sayRemarks says what was found wrong with the capture's files.
func (u *ui) sayRemarks() {
	remarks := u.data.store.Progress().Remarks
	for ; u.remarked < len(remarks); u.remarked++ {
		u.say("%s", inspect.Clean(remarks[u.remarked], inspect.OneLine))
		u.dirty = true
	}
}

// handle handles one event of the terminal.
func (u *ui) handle(ev tcell.Event) {
	u.dirty = true
	switch ev := ev.(type) {
	case *tcell.EventKey:
		if u.pasting != nil {
			*u.pasting = append(*u.pasting, pastedRune(ev))
			return
		}
		u.key(ev)
	case *tcell.EventPaste:
		u.paste(ev)
	case *tcell.EventMouse:
		u.mouse(ev)
	case *tcell.EventError:
		u.failed, u.done = fmt.Errorf("%w: %v", errTerminalGone, ev), true
	}
}

// key does what the table says, or types.
func (u *ui) key(ev *tcell.EventKey) {
	if ev.Key() == tcell.KeyF64 && u.options.idle != nil { // tests ask whether all is done
		u.settle()
		u.draw()
		u.options.idle(u)
		return
	}
	stroke := strokeName(ev)
	again := u.canceled && stroke == "^c"
	u.canceled = false
	u.notice = ""
	if again {
		u.done = true
		return
	}
	if b, ok := u.keys.find(stroke, u.scope()); ok {
		b.act(u)
		return
	}
	switch {
	case u.typing:
		u.prompt.key(ev)
	case u.question != nil:
		u.question = nil
	default:
		u.notice = stroke + " is no key here; ? shows those there are"
	}
}

// settle waits until nothing is under way: tests only.
func (u *ui) settle() {
	u.live.settle(u)
	u.sessions.refresh()
}

// scope returns where the keyboard is.
func (u *ui) scope() scope {
	switch {
	case u.question != nil:
		return inConfirm
	case u.typing:
		return inPrompt
	case u.overlay != nil:
		return inOverlay
	case u.at == 0 && u.live.shape.onPane:
		return inPane
	}
	return screens()[u.at].in
}

// paste collects what is pasted, and gives it to the prompt. Elsewhere it is
// refused: pasted XML must not become commands.
func (u *ui) paste(ev *tcell.EventPaste) {
	if ev.Start() {
		u.pasting = new([]rune)
		return
	}
	if u.pasting == nil {
		return
	}
	text := string(*u.pasting)
	u.pasting = nil
	if !u.typing {
		u.notice = "pasted text goes into the filter line: press / first"
		return
	}
	u.prompt.paste(text)
}

func pastedRune(ev *tcell.EventKey) rune {
	if ev.Key() == tcell.KeyRune {
		return ev.Rune()
	}
	return '\n'
}

// say shows a message in the last line until the next key, and keeps it.
func (u *ui) say(format string, args ...any) {
	const most = 500
	u.notice = fmt.Sprintf(format, args...)
	u.messages = append(u.messages, message{time.Now(), u.notice})
	if len(u.messages) > most {
		u.messages = u.messages[1:]
	}
}

// draw draws the whole frame; only what changed reaches the terminal.
func (u *ui) draw() {
	u.dirty = false
	u.screen.HideCursor()
	u.screen.Clear()
	w, h := u.screen.Size()
	c := canvas{u.screen, 0, 0, w, h}
	switch {
	case u.overlay != nil:
		u.overlay.draw(c.rows(0, h-1), u.theme)
		u.drawHints(c.rows(h-1, 1))
	case w < smallWidth || h < smallHeight:
		u.drawSmall(c)
	default:
		u.drawStatus(c.rows(0, 1))
		screens()[u.at].draw(u, c.rows(2, h-3))
		u.drawFilter(c.rows(1, 2))
		u.drawHints(c.rows(h-1, 1))
	}
	u.screen.Show()
}

// drawSmall draws on a screen that has room for one thing only.
func (u *ui) drawSmall(c canvas) {
	body := c
	if u.typing || u.question != nil || u.notice != "" {
		body = c.rows(0, c.h-2)
	}
	if u.at == 0 {
		u.live.drawSmall(body, u)
	} else {
		screens()[u.at].draw(u, body)
	}
	foot := c.rows(body.h, 2)
	if u.typing {
		u.prompt.draw(foot, u.theme)
	} else if body.h < c.h {
		u.drawHints(foot)
	}
}

// suspend gives the terminal back to the shell until the job goes on.
func (u *ui) suspend() {
	if err := u.screen.Suspend(); err != nil {
		u.say("the terminal cannot be given back: %v", err)
		return
	}
	err := stop()
	if resumed := u.screen.Resume(); resumed != nil {
		u.failed, u.done = fmt.Errorf("%w: it cannot be taken back: %v", errTerminalGone, resumed), true
		return
	}
	if err != nil {
		u.say("%v", err)
	}
}
