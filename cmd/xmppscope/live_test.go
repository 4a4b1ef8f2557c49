package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"xmppscope/captures"
	"xmppscope/xmpp/trace"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

const streamHeader = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'`

// serve accepts connections, answers the first bytes of each with a header
// and features without TLS, and echoes what follows. It returns its address.
func serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() { // ends when the listener is closed
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // ends with the connection
				defer conn.Close()
				if _, err := conn.Read(make([]byte, 4096)); err != nil {
					return
				}
				io.WriteString(conn, streamHeader+` from='montague.example' id='1'><stream:features/>`)
				io.Copy(conn, conn)
			}()
		}
	}()
	return l.Addr().String()
}

// dumping is a running "xmppscope dump".
type dumping struct {
	t      *testing.T
	cmd    *exec.Cmd
	addr   string
	stderr *bufio.Reader
	said   bytes.Buffer // standard error so far
}

// startDump starts dump between the addresses of a server and its own, with
// standard output going to out, and returns when it listens.
func startDump(t *testing.T, out *os.File, args ...string) *dumping {
	t.Helper()
	dir := t.TempDir()
	d := &dumping{t: t}
	d.cmd = exec.Command("xmppscope", append([]string{"dump", "-m", "reverse:" + serve(t), "-l", "127.0.0.1:0", "--ca-dir", dir}, args...)...)
	d.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // the race detector rests for a second
	d.cmd.Stdout = out
	stderr, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.cmd.Process.Kill() })
	d.stderr = bufio.NewReader(io.TeeReader(stderr, &d.said))
	line, err := d.stderr.ReadString('\n')
	found := regexp.MustCompile(`^listening on (\S+)\n$`).FindStringSubmatch(line)
	if found == nil {
		rest, _ := io.ReadAll(d.stderr)
		t.Fatalf("no listener: %v: %s%s", err, line, rest)
	}
	d.addr = found[1]
	for _, name := range []string{"ca.pem", "ca-key.pem"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || name == "ca-key.pem" && runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s when it listens: %v, %v", name, info, err)
		}
	}
	return d
}

// end sends a signal, if any, and waits for the end, which must come soon and
// with status 0.
func (d *dumping) end(signal os.Signal) {
	d.t.Helper()
	began := time.Now()
	if signal != nil {
		if err := d.cmd.Process.Signal(signal); err != nil {
			d.t.Fatal(err)
		}
	}
	late := time.AfterFunc(patience, func() { d.cmd.Process.Kill() })
	defer late.Stop()
	io.ReadAll(d.stderr)
	if err := d.cmd.Wait(); err != nil {
		d.t.Errorf("it ended with %v: %s", err, d.said.String())
	}
	if took := time.Since(began); signal != nil && took > 5*time.Second {
		d.t.Errorf("it took %v to end", took)
	}
}

// client opens a stream through the proxy and says something, which comes back.
func (d *dumping) client(text string) net.Conn {
	d.t.Helper()
	conn, err := net.Dial("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, streamHeader+` to='montague.example'>`)
	d.await(conn, "<stream:features/>")
	io.WriteString(conn, text)
	d.await(conn, text)
	return conn
}

// await reads until text has come, and returns what came.
func (d *dumping) await(r io.Reader, text string) string {
	d.t.Helper()
	var got []byte
	for buf := make([]byte, 4096); !bytes.Contains(got, []byte(text)); {
		n, err := r.Read(buf)
		got = append(got, buf[:n]...)
		if err != nil {
			d.t.Fatalf("%v, waiting for %q after %q; standard error: %s", err, text, got, d.said.String())
		}
	}
	return string(got)
}

// complete checks that a capture has text in it and ends with the session.
func complete(t *testing.T, name, text string) {
	t.Helper()
	store, err := captures.Open(t.Context(), []string{name}, captures.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	found := false
	rows := 0
	for ; ; rows++ {
		err := store.Wait(t.Context(), rows)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := store.Raw(rows)
		found = found || err == nil && strings.Contains(string(raw), text)
	}
	if remarks := store.Progress().Remarks; !found || rows == 0 || len(remarks) > 0 || store.Entry(rows-1).Kind() != trace.Closed {
		t.Errorf("%d rows, text found: %v, remarks: %q", rows, found, remarks)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the capture: %v, %v", info.Mode(), err)
	}
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	r.SetReadDeadline(time.Now().Add(patience))
	return r, w
}

const stanza = `<message to='juliet@capulet.example'><body>Good night</body></message>`

func TestDumpLive(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	keylog := filepath.Join(t.TempDir(), "keys.log")
	d := startDump(t, w, "-w", file, "--keylog", keylog, "message")
	d.client(stanza)
	printed := d.await(r, "← message “Good night”\n"+stanza+"\n")
	if !strings.Contains(printed, "→ message “Good night”\n"+stanza+"\n") {
		t.Errorf("printed:\n%s", printed)
	}
	d.end(syscall.SIGTERM) // with the session still open
	w.Close()
	if rest, _ := io.ReadAll(r); bytes.Contains(rest, []byte("header")) {
		t.Errorf("the filter let pass %s", rest)
	}
	complete(t, file, stanza)
	if info, err := os.Stat(keylog); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("key log: %v, %v", info, err)
	}
}

func TestDumpContinuesACapture(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	for _, text := range []string{"<presence/>", stanza} {
		d := startDump(t, null, "-w", file)
		d.client(text)
		d.end(os.Interrupt)
		complete(t, file, text)
	}
	complete(t, file, "<presence/>")
}

// Files that will hold secrets are made private; that others are not is said.
func TestSharedFilesAreSaid(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"shared.pcapng": 0o644, "shared.keys": 0o640, "own.pcapng": 0o600, "own.keys": 0o600} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Chmod(name, mode)); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"shared", "own", "new"} {
		d := startDump(t, nil, "-w", filepath.Join(dir, kind+".pcapng"), "--keylog", filepath.Join(dir, kind+".keys"))
		d.end(syscall.SIGTERM)
		want := 0
		if kind == "shared" {
			want = 2
		}
		if got := strings.Count(d.said.String(), "is open to other users"); got != want {
			t.Errorf("%s files: %s", kind, d.said.String())
		}
	}
}

func TestDumpWhoseReaderGoesAway(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	d := startDump(t, w, "-w", file)
	w.Close()
	conn := d.client("<presence/>")
	r.Close()
	io.WriteString(conn, stanza) // the next row finds nobody
	d.end(nil)
	complete(t, file, stanza)
	if said := strings.Count(d.said.String(), "\n"); said != 1 {
		t.Errorf("it had something to say: %s", d.said.String())
	}
}

func TestDumpWhoseReaderStalls(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	defer r.Close() // it is open, and never read
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	d := startDump(t, w, "-w", file)
	d.client(`<message><body>` + strings.Repeat("o", 1<<20) + `</body></message>`) // more than a pipe holds
	d.client(stanza)
	d.end(syscall.SIGTERM)
	complete(t, file, stanza)
	if !strings.Contains(d.said.String(), "no time to print everything") {
		t.Errorf("it said nothing of what is missing: %s", d.said.String())
	}
}

func TestDumpOfACaptureToStandardOutput(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	out, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	d := startDump(t, out, "-w", "-")
	d.client(stanza)
	d.end(syscall.SIGTERM)
	complete(t, file, stanza)
}

func TestDumpOfACaptureIntoAClosedPipe(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	d := startDump(t, w, "-w", "-")
	w.Close()
	r.Close()
	conn, err := net.Dial("tcp", d.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, streamHeader+">")
	d.end(nil)
}

func TestDumpOnATakenAddress(t *testing.T) {
	t.Parallel()
	taken := serve(t)
	var stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xmppscope", "dump", "-m", "srv", "-l", taken, "--ca-dir", t.TempDir())
	cmd.Stderr = &stderr
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%v", err)
	}
	if said := stderr.String(); strings.Contains(said, "listening on") || !strings.Contains(said, "choose another address") {
		t.Errorf("%s", said)
	}
}

func TestDumpFollowsAGrowingFile(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	file := filepath.Join(t.TempDir(), "capture.pcapng")
	d := startDump(t, null, "-w", file)
	r, w := pipe(t)
	follower := exec.Command("xmppscope", "dump", "-r", file, "-f")
	follower.Stdout = w
	if err := follower.Start(); err != nil {
		t.Fatal(err)
	}
	d.client(stanza)
	d.await(r, stanza)
	if err := follower.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := follower.Wait(); err != nil {
		t.Errorf("following ended with %v", err)
	}
	d.end(syscall.SIGTERM)
}
