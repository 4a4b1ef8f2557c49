// Package tui is the screen of xmppscope: a list of rows, panes about the
// selected one, and a tree of sessions, as docs/keys.md and the help overlay
// describe them. It is the only package that knows the terminal.
//
//	 LIVE  s1 montague.example TLS 1.3 SM                 1 031 of 1 045 follow
//	 Filter not nonza                                             ✓ 1 031 match
//	     No   Time   Kind      Address                    Info
//	   1036 12.004 → iq get    conference.example         disco#items
//	>✖ 1042 13.118 ← iq error  pubsub.example             item-not-found ↩1033
//	─ 1042 [XML] Raw ───────────────────────────────────────────────────────────
//	   1 <iq from='pubsub.example' type='error' id='1033'>
//	 ? help  Enter open  / filter
//
// One goroutine, the loop in [Run], handles keys, looks at the Store thirty
// times a second, and draws. Nobody calls it: traffic never waits for the
// screen, and a flood costs the screen no more than that. What is drawn goes
// through inspect.Clean as text with styles, never as markup, and through a
// screen that sends only the cells that changed.
//
// tview lends its input field; its Application is not used, since producers
// that call it block, and its loop cannot wait for a context.
package tui

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/gdamore/tcell/v2"

	"xmppscope/captures"
)

// Options say what to show and how. Only Store is required; the zero value of
// the rest is a file in the default theme, with secrets muted.
type Options struct {
	Store *captures.Store // read only; the caller closes it after Run

	// Live says that rows may still come, since a proxy records them here.
	// Otherwise the state is FILE.
	Live bool

	// Listening are the addresses to connect to, for the empty list.
	Listening []string

	Title  string // what is shown as long as no row is, such as the mode or the file's name
	Filter string // the expression to begin with

	Theme   string // ansi (also if empty), dark, light, mono
	NoColor bool   // attributes only, as NO_COLOR asks for
	ASCII   bool   // no character beyond ASCII

	ShowSecrets bool

	// Status, if not nil, is asked with every look at the Store how the
	// recording is going. It must be quick and never block.
	Status func() Status

	screen tcell.Screen // instead of the terminal: tests
	idle   func(*ui)    // called on KeyF64 when everything is drawn: tests
}

// Status is how the recording is going. The zero value: well.
type Status struct {
	Offline   bool           // nothing listens any more: no row will come
	Recording captures.State // of the Recorder
	Why       string         // why Recording is not well, in words, for the last line and the messages
}

var errTerminalGone = errors.New("the terminal is gone")

// Run shows the screen until the user quits or ctx is done, and restores the
// terminal, also when it panics. It returns an error if there is no usable
// terminal, the theme is unknown, or the filter is wrong (then a
// *filter.Error). One goroutine may call it at a time.
func Run(ctx context.Context, options Options) error {
	look, err := newTheme(options.Theme, options.NoColor)
	if err != nil {
		return err
	}
	u := newUI(options, look)
	defer u.live.close()
	if options.Filter != "" {
		if err := u.applyFilter(options.Filter); err != nil {
			return err
		}
	}
	wrapped := options.screen
	if wrapped == nil {
		if wrapped, err = tcell.NewScreen(); err != nil {
			return terminalError(err)
		}
	}
	u.screen = newDiffScreen(wrapped, options.ASCII)
	if err := u.screen.Init(); err != nil {
		return fmt.Errorf("the terminal cannot be used: %w", err)
	}
	u.screen.SetStyle(look.role(roleText))
	u.screen.EnableMouse(tcell.MouseButtonEvents)
	u.screen.EnablePaste()
	return u.run(ctx)
}

func newUI(options Options, look *theme) *ui {
	data := newModel(options.Store, options.Live, options.ShowSecrets)
	u := &ui{
		options:  options,
		theme:    look,
		keys:     newKeymap(keyTable()),
		data:     data,
		live:     newLive(data, look),
		sessions: newSessions(data, look),
		prompt:   newPrompt(look),
	}
	u.live.list.follow = options.Live
	return u
}

// terminalError adds the remedy to an error about the terminal's type.
func terminalError(err error) error {
	return fmt.Errorf("the terminal type TERM=%q is unknown here (%w); try TERM=xterm-256color", os.Getenv("TERM"), err)
}

// drawEmpty says why there is nothing to see and how to go on.
func (u *ui) drawEmpty(c canvas) {
	t := u.theme
	var lines [][]run
	say := func(runs ...run) { lines = append(lines, runs) }
	text := func(s string) run { return run{s, t.role(roleText)} }
	switch {
	case behind(u.live.rows.View):
		say(text("No row found yet."))
	case u.data.Len() > 0 && u.live.filter != "":
		say(text("No row matches the filter."))
		say(run{"\\", t.role(roleKey)}, text(" shows all rows, "), run{"/", t.role(roleKey)}, text(" changes the filter."))
	case !u.options.Live:
		say(text("The capture holds no rows."))
	case u.status.Offline || len(u.options.Listening) == 0:
		say(text("No row was recorded."))
	default:
		say(text("Waiting for a client. Listening on"))
		for _, addr := range u.options.Listening {
			say(text("    "), run{addr, t.role(roleGood)})
		}
		say()
		say(text("Point an XMPP client there, its account unchanged: set server and port by"))
		say(text("hand. It has to trust the CA that xmppscope made; how, for each client:"))
		say(run{"    xmppscope ca", t.role(roleKey)})
		say()
		say(text("Whatever passes appears here at once. "), run{"?", t.role(roleKey)}, text(" lists the keys, "),
			run{"Q", t.role(roleKey)}, text(" quits."))
	}
	for y, runs := range lines {
		c.line(3, y, runs)
	}
}
