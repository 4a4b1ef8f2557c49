package tui

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write goldens and docs/keys.md anew")

// robot sits before a simulated screen: it presses keys, waits until all is
// drawn, and looks.
type robot struct {
	t     *testing.T
	sim   tcell.SimulationScreen
	scene *scene
	tty   *fakeTTY
	idle  chan func(*ui)
	done  chan error
}

// ttyScreen is a simulated screen with a terminal behind it, for what goes
// round the screen.
type ttyScreen struct {
	tcell.SimulationScreen
	tty *fakeTTY
	w   int
	h   int
}

func (s *ttyScreen) Tty() (tcell.Tty, bool) { return s.tty, true }

// Init takes the size: the simulation begins every time with 80x25.
func (s *ttyScreen) Init() error {
	if err := s.SimulationScreen.Init(); err != nil {
		return err
	}
	s.SetSize(s.w, s.h)
	return nil
}

// newRobot runs the screen in the size w, h.
func newRobot(t *testing.T, w, h int, options Options) *robot {
	t.Helper()
	r := &robot{t: t, sim: tcell.NewSimulationScreen("UTF-8"), tty: newFakeTTY(w, h),
		idle: make(chan func(*ui)), done: make(chan error, 1)}
	options.screen = &ttyScreen{r.sim, r.tty, w, h}
	options.idle = func(u *ui) { (<-r.idle)(u) }
	ctx, cancel := context.WithCancel(context.Background())
	started := make(chan struct{})
	options.Status = startSignal(options.Status, started)
	go func() { r.done <- Run(ctx, options) }()
	t.Cleanup(func() {
		cancel()
		if r.done != nil {
			r.ended()
		}
	})
	select {
	case <-started:
	case err := <-r.done:
		t.Fatal("the screen ended at once: ", err)
	}
	r.wait()
	return r
}

// startSignal closes started when the loop first asks for the status: from
// then on the screen is initialised and keys arrive.
func startSignal(status func() Status, started chan struct{}) func() Status {
	first := true
	return func() Status {
		if first {
			first = false
			close(started)
		}
		if status == nil {
			return Status{}
		}
		return status()
	}
}

// ended waits until the loop has returned.
func (r *robot) ended() {
	r.t.Helper()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Error(err)
		}
		r.done = nil
	case <-time.After(10 * time.Second):
		r.t.Fatal("the screen does not end")
	}
}

// look calls do on the loop's goroutine, once everything has been drawn.
func (r *robot) look(do func(*ui)) {
	r.t.Helper()
	looked := make(chan struct{})
	r.sim.InjectKey(tcell.KeyF64, 0, tcell.ModNone)
	select {
	case r.idle <- func(u *ui) { do(u); close(looked) }:
		<-looked
	case err := <-r.done:
		r.t.Fatalf("the screen ended: %v", err)
	case <-time.After(10 * time.Second):
		r.t.Fatal("the screen does not come to rest")
	}
}

func (r *robot) wait() { r.t.Helper(); r.look(func(*ui) {}) }

// press presses keys, named as in the key table, and waits.
func (r *robot) press(strokes ...string) {
	r.t.Helper()
	for _, s := range strokes {
		r.inject(s)
	}
	r.wait()
}

// inject presses one key.
func (r *robot) inject(stroke string) {
	r.t.Helper()
	named := map[string]tcell.Key{"Enter": tcell.KeyEnter, "Esc": tcell.KeyEsc, "Tab": tcell.KeyTab, "S-Tab": tcell.KeyBacktab,
		"Up": tcell.KeyUp, "Down": tcell.KeyDown, "Left": tcell.KeyLeft, "Right": tcell.KeyRight, "Home": tcell.KeyHome,
		"End": tcell.KeyEnd, "PgUp": tcell.KeyPgUp, "PgDn": tcell.KeyPgDn}
	key, isNamed := named[stroke]
	switch {
	case isNamed:
		r.sim.InjectKey(key, 0, tcell.ModNone)
	case stroke == "Space":
		r.sim.InjectKey(tcell.KeyRune, ' ', tcell.ModNone)
	case len(stroke) == 2 && stroke[0] == '^':
		r.sim.InjectKey(tcell.KeyCtrlA+tcell.Key(stroke[1]-'a'), 0, tcell.ModCtrl)
	case len([]rune(stroke)) == 1:
		r.sim.InjectKey(tcell.KeyRune, []rune(stroke)[0], tcell.ModNone)
	default:
		r.t.Fatalf("no key %q", stroke)
	}
}

// write types text.
func (r *robot) write(text string) {
	r.t.Helper()
	for _, c := range text {
		r.sim.InjectKey(tcell.KeyRune, c, tcell.ModNone)
	}
	r.wait()
}

// text returns what the screen shows.
func (r *robot) text() string {
	r.t.Helper()
	var text string
	r.look(func(*ui) { text = screenText(r.sim) })
	return text
}

// line returns one line of the screen; negative counts from the last.
func (r *robot) line(n int) string {
	r.t.Helper()
	lines := strings.Split(strings.TrimSuffix(r.text(), "\n"), "\n")
	if n < 0 {
		n += len(lines)
	}
	return lines[n]
}

// expect fails unless the screen shows all of the texts.
func (r *robot) expect(texts ...string) {
	r.t.Helper()
	screen := r.text()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			r.t.Errorf("the screen does not show %q:\n%s", text, screen)
		}
	}
}

// without fails if the screen shows any of the texts.
func (r *robot) without(texts ...string) {
	r.t.Helper()
	screen := r.text()
	for _, text := range texts {
		if strings.Contains(screen, text) {
			r.t.Errorf("the screen shows %q:\n%s", text, screen)
		}
	}
}

// golden compares the screen and its styles with a file.
func (r *robot) golden(name string) {
	r.t.Helper()
	var text, styles string
	r.look(func(*ui) { text, styles = picture(r.sim) })
	compareFile(r.t, filepath.Join("testdata", name+".screen"), text+"\n"+styles)
}

// compareFile compares got with a file, or writes it with -update.
func compareFile(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what is drawn (-update writes it anew):\n%s", name, diff)
	}
}
