package tui

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/gdamore/tcell/v2"
	"github.com/gdamore/tcell/v2/terminfo"
	_ "github.com/gdamore/tcell/v2/terminfo/x/xterm"
)

// fakeTTY is a terminal that keeps what is written to it.
type fakeTTY struct {
	mu            sync.Mutex // guards what follows
	written       strings.Builder
	width, height int
	stopped       chan struct{}
}

func newFakeTTY(w, h int) *fakeTTY {
	return &fakeTTY{width: w, height: h, stopped: make(chan struct{})}
}

func (t *fakeTTY) Start() error        { return nil }
func (t *fakeTTY) Stop() error         { return nil }
func (t *fakeTTY) Close() error        { return nil }
func (t *fakeTTY) NotifyResize(func()) {}

func (t *fakeTTY) Drain() error {
	close(t.stopped)
	return nil
}

func (t *fakeTTY) Read([]byte) (int, error) {
	<-t.stopped
	return 0, io.EOF
}

func (t *fakeTTY) WindowSize() (tcell.WindowSize, error) {
	return tcell.WindowSize{Width: t.width, Height: t.height}, nil
}

func (t *fakeTTY) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written.Write(p)
}

// take returns what was written since the last call.
func (t *fakeTTY) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.written.String()
	t.written.Reset()
	return s
}

// newTTYScreen returns a real tcell screen on a fake terminal.
func newTTYScreen(t testing.TB, w, h int) (*diffScreen, *fakeTTY) {
	t.Helper()
	info, err := terminfo.LookupTerminfo("xterm-256color")
	if err != nil {
		t.Fatal(err)
	}
	tty := newFakeTTY(w, h)
	wrapped, err := tcell.NewTerminfoScreenFromTtyTerminfo(tty, info)
	if err != nil {
		t.Fatal(err)
	}
	s := newDiffScreen(wrapped, false)
	if err := s.Init(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Fini)
	return s, tty
}

func newSim(t testing.TB, w, h int) tcell.SimulationScreen {
	t.Helper()
	sim := tcell.NewSimulationScreen("UTF-8")
	if err := sim.Init(); err != nil {
		t.Fatal(err)
	}
	sim.SetSize(w, h)
	t.Cleanup(sim.Fini)
	return sim
}

// TestDiffScreenShowsWhatPlainScreenShows draws the same random frames, wide
// characters and marks among them, on a plain and a wrapped screen.
func TestDiffScreenShowsWhatPlainScreenShows(t *testing.T) {
	const w, h = 12, 4
	plain, wrapped := newSim(t, w, h), newSim(t, w, h)
	diff := newDiffScreen(wrapped, false)
	clusters := []string{"a", "b", " ", "漢", "e\u0301", "界", "·"}
	random := rand.New(rand.NewPCG(1, 2))
	for frame := range 2000 {
		diff.Clear()
		plain.Clear()
		for y := range h {
			for x := 0; x < w; {
				cluster := clusters[random.IntN(len(clusters))]
				style := tcell.StyleDefault.Bold(random.IntN(4) == 0)
				for _, s := range []tcell.Screen{plain, diff} {
					canvas{s, 0, 0, w, h}.text(x, y, cluster, style)
				}
				x += max(textWidth(cluster), 1)
			}
		}
		plain.Show()
		diff.Show()
		if want, got := cellsOf(plain), cellsOf(wrapped); want != got {
			t.Fatalf("frame %d\nplain:\n%s\nwrapped:\n%s", frame, want, got)
		}
	}
}

// cellsOf writes the front buffer of a screen.
func cellsOf(s tcell.SimulationScreen) string {
	cells, w, _ := s.GetContents()
	var b strings.Builder
	for i, c := range cells {
		_, _, attr := c.Style.Decompose()
		fmt.Fprintf(&b, "%s%d|", string(c.Runes), attr)
		if i%w == w-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestUnchangedFrameSendsNothing(t *testing.T) {
	s, tty := newTTYScreen(t, 80, 24)
	draw := func(text string) string {
		s.Clear()
		s.PutStrStyled(3, 4, text, tcell.StyleDefault)
		s.ShowCursor(1, 1)
		tty.take()
		s.Show()
		return tty.take()
	}
	if first := draw("Romeo"); !strings.Contains(first, "Romeo") {
		t.Fatalf("first frame: %q", first)
	}
	if again := draw("Romeo"); again != "" {
		t.Errorf("unchanged frame: %q", again)
	}
	if changed := draw("Rodeo"); !strings.Contains(changed, "d") || strings.Contains(changed, "Ro") {
		t.Errorf("one cell changed: %q", changed)
	}
	s.forgotten = true
	if all := draw("Rodeo"); all == "" {
		t.Error("nothing sent although the terminal was forgotten")
	}
}

// FuzzNothingReachesTheTerminal draws hostile text without cleaning it first:
// the guard alone must stop it.
func FuzzNothingReachesTheTerminal(f *testing.F) {
	f.Add("\x1b]52;c;AAAA\a")
	f.Add("[red]x[:::https://evil.example]click[-]")
	f.Add("\u202eabc\u009b31m\x00\x7f\ufeff\u2028")
	f.Add(strings.Repeat("\u0301", 40) + "👩‍👩‍👧\xff\xe2\x80")
	f.Fuzz(func(t *testing.T, text string) {
		spy := &spyScreen{Screen: newSim(t, 40, 5)}
		s := newDiffScreen(spy, false)
		s.Clear()
		style := tcell.StyleDefault.Url("https://evil.example")
		canvas{s, 0, 0, 40, 5}.text(0, 0, text, style)
		s.PutStrStyled(0, 1, text, style)
		for x, r := range []rune(text) {
			s.SetContent(x, 2, r, []rune(text), style)
		}
		s.Show()
		if spy.harm != "" {
			t.Fatalf("%s for %q", spy.harm, text)
		}
	})
}

func TestASCII(t *testing.T) {
	for in, want := range map[string]string{"a": "a", "→": ">", "✖": "E", "漢": "?", "e\u0301": "?", "…": "~"} {
		if got := toASCII(in); got != want {
			t.Errorf("toASCII(%q) = %q, want %q", in, got, want)
		}
	}
}

// BenchmarkUnchangedFrame measures a frame that blanks and redraws 160x45
// cells without changing any, and what it sends.
func BenchmarkUnchangedFrame(b *testing.B) {
	s, tty := newTTYScreen(b, 160, 45)
	frame := func() {
		s.Clear()
		for y := range 45 {
			s.PutStrStyled(0, y, strings.Repeat("Wherefore art thou ", 8), tcell.StyleDefault)
		}
		s.Show()
	}
	frame()
	tty.take()
	sent := 0
	b.ReportAllocs()
	for b.Loop() {
		frame()
		sent += len(tty.take())
	}
	b.ReportMetric(float64(sent)/float64(b.N), "B/frame")
}
