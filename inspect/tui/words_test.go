package tui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xmppscope/captures"
)

func TestNumbers(t *testing.T) {
	for want, got := range map[string]string{
		"0": count(0), "999": count(999), "1 000": count(1000), "1 234 567": count(1234567),
		"999 B": bytesText(999), "1.0 KiB": bytesText(1024), "2.0 MiB": bytesText(2 << 20),
		"99999": shortSize(99999), "97K": shortSize(100000), "16M": shortSize(16 << 20),
		"0.4 ms": tookText(400 * time.Microsecond), "40 ms": tookText(40 * time.Millisecond), "2.4 s": tookText(2400 * time.Millisecond),
		"12.004": seconds(12004*time.Millisecond, 6, ""), "123.46": seconds(123456*time.Millisecond, 6, ""),
		"99998": seconds(99998*time.Second, 6, ""), "+0.040": seconds(40*time.Millisecond, 6, "+"),
		"3000h05":                               seconds(3000*time.Hour+5*time.Minute, 6, ""),
		"filtering: 25 %, 500 rows/s, 3 s left": rateText("filtering", 500, 2000, "rows", time.Second),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestLongWork looks at work that takes longer than a moment, and stops it.
func TestLongWork(t *testing.T) {
	r := newSceneRobot(t)
	r.look(func(u *ui) {
		u.live.seek = &seek{what: "a needle", match: func(int) bool { return false }, step: 1, began: time.Now().Add(-time.Minute)}
		if got := u.live.progress(); got != "looking for a needle, at row 1 – Esc stops" {
			t.Errorf("progress: %q", got)
		}
		if !u.live.stopWork() || u.live.seek != nil {
			t.Error("Esc does not stop the search")
		}
		if u.live.stopWork() || u.live.progress() != "" {
			t.Error("there is still work")
		}
	})
}

// TestTornFile opens a capture whose end is torn off: the last line says so.
func TestTornFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "torn.pcapng")
	recorder, err := captures.NewRecorder(captures.RecorderOptions{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	s := newSceneIn(t, recorder)
	s.login()
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, info.Size()-7); err != nil {
		t.Fatal(err)
	}
	store, err := captures.Open(context.Background(), []string{name}, captures.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for err == nil {
		err = store.Wait(context.Background(), store.Len())
	}
	r := newRobot(t, 100, 24, Options{Store: store})
	r.press("E")
	if text := r.text(); !strings.Contains(text, "torn.pcapng") {
		t.Errorf("no remark:\n%s", text)
	}
	r.press("Esc")
	r.expect("FILE", "montague.example TLS 1.3")
}
