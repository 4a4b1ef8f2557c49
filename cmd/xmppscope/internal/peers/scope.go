package peers

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Program is a built xmppscope.
type Program struct {
	path string
}

// Build builds xmppscope, with the race detector if the test has it.
func Build(t testing.TB) Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "xmppscope")
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, "xmppscope/cmd/xmppscope")...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return Program{path}
}

// Run runs the program to its end and returns its standard output.
func (p Program) Run(t testing.TB, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(p.path, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("xmppscope %q: %v\n%s", args, err, stderr.String())
	}
	return out
}

// Scope is a running "xmppscope dump -w".
type Scope struct {
	Addr    string // where it waits for clients
	CA      string // PEM file of its authority
	Capture string
	Process *Process
	program Program
}

// Dump starts xmppscope between clients and the server that mode names, and
// returns once it listens. Without -w among the args it records into a new file.
func (p Program) Dump(t testing.TB, mode string, args ...string) *Scope {
	t.Helper()
	dir := t.ArtifactDir() // kept with "go test -artifacts"
	s := &Scope{program: p, Capture: filepath.Join(dir, "capture.pcapng"), CA: filepath.Join(dir, "ca", "ca.pem")}
	for i, arg := range args {
		if arg == "-w" {
			s.Capture = args[i+1]
		}
	}
	args = append([]string{"dump", "-m", mode, "-l", "127.0.0.1:0", "--ca-dir", filepath.Dir(s.CA), "-w", s.Capture}, args...)
	cmd := exec.Command(p.path, args...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd.Stdout = null
	s.Process = Start(t, cmd)
	Until(t, "xmppscope listens", s.Process.Output, func() bool {
		if s.Process.Ended() {
			t.Fatalf("xmppscope ended: %v\n%s", s.Process.err, s.Process.Output())
		}
		if found := listening.FindStringSubmatch(s.Process.Output()); found != nil {
			s.Addr = found[1]
		}
		return s.Addr != ""
	})
	return s
}

var listening = regexp.MustCompile(`(?m)listening on (\S+)$`)

// Stop ends xmppscope as SIGTERM does, and fails the test if that takes more
// than five seconds or is not a success.
func (s *Scope) Stop(t testing.TB) {
	t.Helper()
	began := time.Now()
	err, killed := s.Process.End(syscall.SIGTERM)
	if took := time.Since(began); killed || took > 5*time.Second {
		t.Errorf("xmppscope took %v to end", took)
	}
	if err != nil {
		t.Errorf("xmppscope ended: %v", err)
	}
	if strings.Contains(s.Process.Output(), "DATA RACE") {
		t.Error("the race detector found something")
	}
}

// Row is one line of what dump prints as JSON Lines.
type Row struct {
	No       int
	Session  int
	Event    string
	Dir      string
	Origin   string
	Leg      string
	Kind     string
	Class    string
	Name     string
	From, To string
	ID, Type string
	Flaw     string
	Offset   int64
	Size     int
	XML      string
	Raw      []byte
	Note     *RowNote
}

// RowNote is the note of a row.
type RowNote struct {
	Topic, Severity, Text string
	Facts                 map[string]string
}

// Bytes returns the exact bytes of the row's frame.
func (r Row) Bytes() []byte {
	if r.Raw != nil {
		return r.Raw
	}
	return []byte(r.XML)
}

// Rows returns the rows of the capture, secrets shown.
func (s *Scope) Rows(t testing.TB, filter ...string) []Row {
	t.Helper()
	out := s.program.Run(t, append([]string{"dump", "-r", s.Capture, "--format", "jsonl", "--show-secrets"}, filter...)...)
	var rows []Row
	for line := range strings.Lines(string(out)) {
		var row Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%v in %.300s", err, line)
		}
		rows = append(rows, row)
	}
	return rows
}
