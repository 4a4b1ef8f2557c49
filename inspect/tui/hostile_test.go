package tui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gdamore/tcell/v2"
	"go.uber.org/goleak"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// FuzzWireTextIsHarmless records what the wire may carry and draws it
// everywhere it can show, on a screen without the guard of diffScreen: what
// is drawn must be harmless before.
func FuzzWireTextIsHarmless(f *testing.F) {
	f.Add(`<message from='a@b'><body>`+"\x1b]52;c;AAAA\a"+`</body></message>`, "")
	f.Add(`<iq type='error' from='[red]`+"\u202e"+`' to='`+"\u200b"+`'/>`+"\u202e\u009b31m\u2028", "a\x00b")
	f.Add(`<presence to='`+strings.Repeat("\u0301", 30)+`'/>`, "\xff[::u]")
	s := newScene(f)
	s.open(1)
	u := newUI(Options{Store: s.recorder.Store()}, darkTheme())
	f.Cleanup(u.live.close)
	spy := &spyScreen{Screen: newSim(f, 150, 40)}
	u.screen = &diffScreen{Screen: spy}
	f.Fuzz(func(t *testing.T, xml, note string) {
		s.t = t
		scanner := xmpp.NewScanner(xmpp.Limits{})
		scanner.Feed([]byte(xml))
		scanner.Close()
		rows := 0
		for f, ok := scanner.Next(); ok; f, ok = scanner.Next() {
			s.record(trace.Event{Kind: trace.Framed, Session: 1, Frame: f})
			rows++
		}
		s.note(1, trace.Warning, trace.TopicTLS, note, trace.Fact{Key: "sni", Value: note})
		for back := range min(rows+1, 6) {
			u.live.list.moveTo(u.data.Len() - 1 - back)
			u.live.draw(canvas{spy, 0, 0, 150, 30}, u)
			u.sessions.refresh()
			u.sessions.draw(canvas{spy, 0, 30, 150, 10}, u)
			if spy.harm != "" {
				t.Fatalf("%s for %q, %q", spy.harm, xml, note)
			}
		}
	})
}

// spyScreen looks at every text that is drawn on it. (The cells of a simulated
// screen do not tell: they swallow what has no width.)
type spyScreen struct {
	tcell.Screen
	harm string // the first thing drawn that a terminal could obey, hide or reorder by
}

func (s *spyScreen) Put(x, y int, text string, style tcell.Style) (string, int) {
	for _, r := range text {
		if r != zeroWidthJoiner && !unicode.IsGraphic(r) {
			s.harm = cmp.Or(s.harm, fmt.Sprintf("%U at %d, %d", r, x, y))
		}
	}
	if style != style.Url("") {
		s.harm = cmp.Or(s.harm, fmt.Sprintf("a link at %d, %d", x, y))
	}
	return s.Screen.Put(x, y, text, style)
}

func (s *spyScreen) SetContent(x, y int, primary rune, marks []rune, style tcell.Style) {
	s.Put(x, y, string(primary)+string(marks), style)
}

// TestMarkupIsShownAsItIs shows what tview would take for style tags and links.
func TestMarkupIsShownAsItIs(t *testing.T) {
	r := newSceneRobot(t)
	r.press("G", "/")
	r.write("tybalt")
	r.press("Enter")
	r.resize(130, 24)
	r.press("Tab", "z")
	r.expect("<body>evil [red]tag[-] ‹U+202E› [:::https://evil.example]click‹U+009B›31m</body>")
}

// TestTerminalIsRestored ends the loop in every way that there is.
func TestTerminalIsRestored(t *testing.T) {
	s := theScene(t)
	before := goleak.IgnoreCurrent()
	for name, end := range map[string]func(cancel func(), r *robot){
		"quit":    func(_ func(), r *robot) { r.inject("Q"); r.inject("y") },
		"context": func(cancel func(), _ *robot) { cancel() },
		"panic": func(_ func(), r *robot) {
			r.sim.InjectKey(tcell.KeyF64, 0, tcell.ModNone)
			r.idle <- func(*ui) { panic("out of character") }
		},
		"gone": func(_ func(), r *robot) { r.post(tcell.NewEventError(io.EOF)) },
	} {
		t.Run(name, func(t *testing.T) {
			screen := &endingScreen{SimulationScreen: tcell.NewSimulationScreen("UTF-8")}
			r := &robot{t: t, sim: screen.SimulationScreen, idle: make(chan func(*ui)), done: make(chan error, 1)}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			started := make(chan struct{})
			options := Options{Store: s.recorder.Store(), Live: true, screen: screen, Status: startSignal(nil, started),
				idle: func(u *ui) { (<-r.idle)(u) }}
			go func() {
				defer func() {
					if p := recover(); p != nil {
						r.done <- errPanicked
					}
				}()
				r.done <- Run(ctx, options)
			}()
			<-started
			end(cancel, r)
			select {
			case err := <-r.done:
				if want := map[string]error{"panic": errPanicked, "gone": errTerminalGone}[name]; !errors.Is(err, want) || err != nil && want == nil {
					t.Errorf("ended with %v, want %v", err, want)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("does not end")
			}
			if screen.ended == 0 {
				t.Error("the terminal is not restored")
			}
		})
	}
	goleak.VerifyNone(t, before)
}

var errPanicked = errors.New("panicked")

// endingScreen counts how often it was given back.
type endingScreen struct {
	tcell.SimulationScreen
	ended int
}

func (s *endingScreen) Fini() {
	s.ended++
	s.SimulationScreen.Fini()
}
