// Package peers runs real XMPP servers and clients for tests: Prosody and
// ejabberd on free loopback ports; slixmpp, profanity, mcabber and
// go-sendxmpp as a person would use them; tshark on what was recorded.
//
// Everything lives in a temporary directory and ends with its test. The same
// [Play] runs with a client that is connected to its server directly and with
// one that goes through xmppscope, so that the outcomes can be compared.
//
// Functions take the [testing.TB] that they fail and clean up with, and must
// be called from the goroutine that runs it.
package peers

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Patience is how long a peer may take to show what a test waits for. It is
// long, since it only ever passes in full when a test fails.
const Patience = 30 * time.Second

// Require skips the test unless XMPPSCOPE_PEERS is 1; then it fails the test
// when one of the programs is missing.
func Require(t testing.TB, programs ...string) {
	t.Helper()
	if os.Getenv("XMPPSCOPE_PEERS") != "1" {
		t.Skip("real peers run with XMPPSCOPE_PEERS=1")
	}
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("XMPPSCOPE_PEERS=1, and a peer is missing: %v", err)
		}
	}
}

// Until asks over and over whether done, and fails the test with what was
// awaited when [Patience] ends. The report, if not nil, is logged then.
func Until(t testing.TB, awaited string, report func() string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(Patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			if report != nil {
				t.Log(report())
			}
			t.Fatalf("after %v still awaited: %s", Patience, awaited)
		}
	}
}

// freeAddr returns a loopback address with a port that nobody listened on a
// moment ago.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// accepts says whether somebody accepts connections at addr.
func accepts(addr string) bool {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// port returns the port of addr.
func port(addr string) string {
	return addr[strings.LastIndexByte(addr, ':')+1:]
}

// write puts text into dir/name, making the directories on the way, and
// returns the path.
func write(t testing.TB, text, dir string, name ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{dir}, name...)...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns the text of a file that may not be there yet.
func read(path string) string {
	text, _ := os.ReadFile(path)
	return string(text)
}
