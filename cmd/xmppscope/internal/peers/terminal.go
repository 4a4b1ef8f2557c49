package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// terminal is a program in a terminal of 160 by 45 that tmux provides. Each
// has a tmux server of its own.
type terminal struct {
	t   testing.TB
	env []string
	dir string // of the socket; its path must be short, which t.TempDir's is not
}

// inTerminal starts the command in a terminal.
func inTerminal(t testing.TB, env []string, command ...string) *terminal {
	t.Helper()
	Require(t, "tmux", command[0])
	dir, err := os.MkdirTemp("", "tmux")
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, env: env, dir: dir}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s showed last:\n%s", command[0], term.screen())
		}
		term.tmux("kill-server").Run()
		os.RemoveAll(dir)
	})
	// The shell stays to write down how the program ended; the terminal stays
	// while the shell waits for a signal that never comes.
	script := `cd "$0"; sh -c 'echo $$ >pid; exec "$@"' sh "$@"; echo $? >ended; mv ended status; exec sleep 3600`
	args := append([]string{"new-session", "-d", "-x", "160", "-y", "45", "--", "sh", "-c", script, dir}, command...)
	if out, err := term.tmux(args...).CombinedOutput(); err != nil {
		t.Fatalf("tmux: %v\n%s", err, out)
	}
	return term
}

func (term *terminal) tmux(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-S", filepath.Join(term.dir, "socket"), "-f", os.DevNull}, args...)...)
	cmd.Env = term.env
	return cmd
}

// screen returns what the terminal shows.
func (term *terminal) screen() string {
	text, _ := term.tmux("capture-pane", "-p", "-J").Output()
	return string(text)
}

// enter types a line.
func (term *terminal) enter(line string) {
	term.t.Helper()
	for _, keys := range [][]string{{"-l", line}, {"Enter"}} {
		if out, err := term.tmux(append([]string{"send-keys"}, keys...)...).CombinedOutput(); err != nil {
			term.t.Errorf("tmux: %v\n%s", err, out)
		}
	}
}

// ended says whether the program has ended.
func (term *terminal) ended() bool {
	_, err := os.Stat(filepath.Join(term.dir, "status"))
	return err == nil
}

// status returns the exit status of a program that has ended.
func (term *terminal) status() int {
	status, err := strconv.Atoi(strings.TrimSpace(read(filepath.Join(term.dir, "status"))))
	if err != nil {
		term.t.Errorf("no exit status: %v", err)
	}
	return status
}

// kill ends the program without giving it a chance to clean up.
func (term *terminal) kill() {
	pid, err := strconv.Atoi(strings.TrimSpace(read(filepath.Join(term.dir, "pid"))))
	if err != nil {
		term.t.Errorf("no process: %v", err)
		return
	}
	if p, err := os.FindProcess(pid); err == nil {
		p.Kill()
	}
}
