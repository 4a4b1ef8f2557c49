package tui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gdamore/tcell/v2"
)

// TestKeys presses every key of the table.
func TestKeys(t *testing.T) {
	checks := keyChecks()
	for _, g := range keyTable() {
		for _, b := range g.bindings {
			check, ok := checks[b.help]
			if !ok {
				t.Errorf("no check presses %q: %s", b.strokes, b.help)
				continue
			}
			for _, stroke := range strings.Fields(b.strokes) {
				t.Run(b.in.String()+" "+stroke, func(t *testing.T) {
					check(newSceneRobot(t), stroke)
				})
			}
		}
	}
}

// TestKeysEverywhere presses each key in each of its places, twice, in a
// small, a middle and a large terminal: nothing may break, and none may be
// unknown there.
func TestKeysEverywhere(t *testing.T) {
	places := map[scope][]string{inList: nil, inPane: {"Tab"}, inSessions: {"2"}, inOverlay: {"?"}}
	s := theScene(t)
	for place, way := range places {
		for _, size := range [][2]int{{30, 8}, {100, 24}, {160, 45}} {
			t.Run(fmt.Sprint(place, size), func(t *testing.T) {
				r := newRobot(t, size[0], size[1], Options{Store: s.recorder.Store(), Live: true})
				for _, g := range keyTable() {
					for _, b := range g.bindings {
						if b.in&place == 0 || strings.Contains(b.help, "quit") {
							continue
						}
						for _, stroke := range strings.Fields(b.strokes) {
							r.look(func(u *ui) {
								u.at, u.typing, u.overlay, u.question, u.live.shape = 0, false, nil, nil, shape{}
							})
							r.press(way...)
							r.press(stroke, stroke)
							r.without("is no key here")
						}
					}
				}
			})
		}
	}
}

// newSceneRobot begins on the scene's last row, and can record more.
func newSceneRobot(t *testing.T) *robot {
	t.Helper()
	s := theScene(t)
	r := newRobot(t, 80, 24, Options{Store: s.recorder.Store(), Live: true})
	r.scene = s
	return r
}

// record has the server say something, and waits until it is shown.
func (r *robot) record(xml string) {
	r.t.Helper()
	r.scene.say(1, 1, xml)
	r.wait()
}

// selects fails unless the selected row has that number.
func (r *robot) selects(no string) {
	r.t.Helper()
	for _, line := range strings.Split(r.text(), "\n") {
		if strings.HasPrefix(line, ">") {
			if fields := strings.Fields(strings.TrimLeft(line, ">✖▲ ")); fields[0] != no {
				r.t.Errorf("row %s is selected, want %s", fields[0], no)
			}
			return
		}
	}
	r.t.Errorf("no row is selected, want %s:\n%s", no, r.text())
}

// inPane fails unless that pane has the keyboard; -1 is the list.
func (r *robot) inPane(want int) {
	r.t.Helper()
	r.look(func(u *ui) {
		got := -1
		if u.live.shape.onPane {
			got = u.live.tab
		}
		if got != want || u.at != 0 {
			r.t.Errorf("pane %d has the keyboard, want %d", got, want)
		}
	})
}

// column returns where a sign stands.
func (r *robot) column(sign string) int {
	r.t.Helper()
	for _, line := range strings.Split(r.text(), "\n") {
		if before, _, ok := strings.Cut(line, sign); ok {
			return textWidth(before)
		}
	}
	r.t.Fatalf("no %s on the screen", sign)
	return 0
}

// resize gives the terminal another size.
func (r *robot) resize(w, h int) {
	r.t.Helper()
	r.look(func(*ui) { r.sim.SetSize(w, h) })
	r.wait()
}

func TestMouse(t *testing.T) {
	r := newSceneRobot(t)
	press := func(x, y int, button tcell.ButtonMask) {
		r.sim.InjectMouse(x, y, button, tcell.ModNone)
		r.sim.InjectMouse(x, y, tcell.ButtonNone, tcell.ModNone)
		r.wait()
	}
	press(20, 5, tcell.ButtonPrimary)
	r.selects("37")
	press(20, 5, tcell.WheelUp)
	r.selects("37")
	r.expect("32  1.240")
	press(20, 18, tcell.ButtonPrimary)
	r.inPane(0)
	press(13, 13, tcell.ButtonPrimary)
	r.expect("XML [Raw]")
	press(20, 5, tcell.ButtonPrimary)
	r.inPane(-1)
}

func TestPaste(t *testing.T) {
	r := newSceneRobot(t)
	paste := func(text string) {
		r.sim.InjectKeyBytes([]byte(""))
		r.post(tcell.NewEventPaste(true))
		for _, c := range text {
			r.sim.InjectKey(tcell.KeyRune, c, tcell.ModNone)
		}
		r.post(tcell.NewEventPaste(false))
		r.wait()
	}
	paste("Qy")
	r.expect("pasted text goes into the filter line")
	r.selects("44")
	r.press("/")
	paste("iq and\terror")
	r.expect("Filter iq and error", "✓ 1 match")
}

func (r *robot) post(ev tcell.Event) {
	r.t.Helper()
	if err := r.sim.PostEvent(ev); err != nil {
		r.t.Fatal(err)
	}
}

func TestStates(t *testing.T) {
	s := theScene(t)
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"live":    {Options{Live: true}, " LIVE  s1 montague.example"},
		"file":    {Options{}, " FILE  s1 montague.example"},
		"offline": {Options{Live: true, Status: func() Status { return Status{Offline: true} }}, " OFFLINE  s1"},
		"full":    {Options{Live: true, Status: func() Status { return Status{Recording: 2} }}, " LIVE  DISK FULL  s1"},
		"why":     {Options{Live: true, Status: func() Status { return Status{Recording: 2, Why: "no space\x1b left; free some"} }}, " LIVE  DISK FULL  s1"},
		"slow":    {Options{Live: true, Status: func() Status { return Status{Recording: 1} }}, " LIVE  RECORDING SLOW  s1"},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Store = s.recorder.Store()
			r := newRobot(t, 80, 24, c.options)
			r.press("G")
			if got := r.line(0); !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if name == "why" {
				r.press("E")
				r.expect("no space␛ left; free some")
			}
		})
	}
}

func TestEmpty(t *testing.T) {
	s := newScene(t)
	r := newRobot(t, 80, 24, Options{Store: s.recorder.Store(), Live: true, Listening: []string{"127.0.0.1:5222"}})
	r.expect("Waiting for a client. Listening on", "127.0.0.1:5222", "xmppscope ca")
	r.press("j", "Enter", "%", "y", ")", "n", "Tab", "G", "2", "Enter", "l", "h", "1")
	r.scene = s
	s.login()
	r.wait()
	r.without("Waiting for a client")
	r.expect("montague.example TLS 1.3 SM", "enabled r7")
}

func TestSmallTerminals(t *testing.T) {
	s := theScene(t)
	for _, size := range [][2]int{{59, 24}, {80, 14}, {20, 5}, {8, 3}, {2, 2}, {1, 1}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			r := newRobot(t, size[0], size[1], Options{Store: s.recorder.Store(), Live: true})
			r.without("[XML]", "Filter")
			r.press("/")
			r.write("iq")
			r.press("Enter", "Enter", "Esc", "2", "Q", "n", "?")
		})
	}
}

// TestSecretsStayMuted looks for Romeo's password wherever it could show.
func TestSecretsStayMuted(t *testing.T) {
	const secret = "AHJvbWVvAHN0YXItY3Jvc3NlZA"
	s := theScene(t)
	for _, show := range []bool{false, true} {
		r := newRobot(t, 160, 45, Options{Store: s.recorder.Store(), Live: true, ShowSecrets: show, Filter: "auth"})
		r.expect("auth PLAIN")
		if got := strings.Contains(r.text(), secret); got != show {
			t.Errorf("ShowSecrets %v: the password is on the screen: %v", show, got)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	s := newScene(t)
	for name, options := range map[string]Options{
		"theme":  {Theme: "pink"},
		"filter": {Filter: "frm =="},
	} {
		options.Store = s.recorder.Store()
		if err := Run(t.Context(), options); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	t.Setenv("TERM", "vt-unknown")
	err := Run(t.Context(), Options{Store: s.recorder.Store()})
	if err == nil || !strings.Contains(err.Error(), "TERM=xterm-256color") {
		t.Errorf("unknown terminal: %v", err)
	}
}
