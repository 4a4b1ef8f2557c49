package tui

import (
	"fmt"
	"testing"
)

// TestGoldens draws each screen in each size, and one size in each theme.
func TestGoldens(t *testing.T) {
	s := theScene(t)
	views := []struct {
		name string
		keys []string
	}{
		{"live", []string{"g", "j"}},
		{"error", []string{"G", "("}},
		{"sessions", []string{"2", "l", "j"}},
		{"help", []string{"?"}},
	}
	sizes := [][2]int{{80, 24}, {120, 36}, {160, 45}}
	for _, v := range views {
		for _, size := range sizes {
			name := fmt.Sprintf("%s-%dx%d", v.name, size[0], size[1])
			t.Run(name, func(t *testing.T) {
				r := newRobot(t, size[0], size[1], Options{Store: s.recorder.Store(), Live: true})
				r.press(v.keys...)
				r.golden(name)
			})
		}
	}
	t.Run("ascii", func(t *testing.T) {
		r := newRobot(t, 80, 24, Options{Store: s.recorder.Store(), Live: true, ASCII: true, Theme: "dark", NoColor: true})
		r.press("G", "(", "(")
		r.golden("error-80x24-ascii-nocolor")
	})
	t.Run("wrong filter", func(t *testing.T) {
		r := newRobot(t, 80, 24, Options{Store: s.recorder.Store(), Live: true})
		r.press("/")
		r.write("not nonza and frm == romeo")
		r.golden("prompt-80x24")
	})
	for _, theme := range []string{"dark", "light", "mono"} {
		t.Run(theme, func(t *testing.T) {
			r := newRobot(t, 80, 24, Options{Store: s.recorder.Store(), Live: true, Theme: theme})
			r.press("G", "(")
			r.golden("error-80x24-" + theme)
		})
	}
}
