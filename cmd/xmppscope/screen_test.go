package main

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestProxyScreen runs proxy in a terminal, has a session through it, quits,
// and finds the session recorded.
func TestProxyScreen(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("script"); err != nil {
		t.Skip("script(1), which lends a terminal, is missing")
	}
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	cmd := exec.Command("script", "-qec", fmt.Sprintf(
		"xmppscope proxy -m reverse:%s -l 127.0.0.1:0 --ca-dir %s -w %s", serve(t), t.TempDir(), file), "/dev/null")
	cmd.Env = append(cmd.Environ(), "TERM=xterm-256color")
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	screen, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer late.Stop()

	d := &dumping{t: t}
	lines := bufio.NewReader(screen)
	line, err := lines.ReadString('\n')
	found := regexp.MustCompile(`listening on ([0-9.:]+)`).FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("%v: %q", err, line)
	}
	d.addr = found[1]
	d.await(lines, "LIVE")
	d.client(stanza)
	d.await(lines, "Good night")
	io.WriteString(keys, "Qy")
	end, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, end)
	}
	complete(t, file, stanza)
	if !strings.Contains(string(end), "\x1b[?1049l") {
		t.Errorf("the terminal is not given back: %q", end)
	}
}
