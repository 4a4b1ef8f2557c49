package main_test

import (
	"bytes"
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"xmppscope/cmd/xmppscope/internal/peers"
)

// fault is a session that goes wrong.
type fault struct {
	name   string
	client func(*testing.T, *peers.Scope, chan struct{}) // heard is closed by the server's part
	server func(e *peers.End, config *tls.Config, heard chan struct{}) error
	note   string // pattern of what a note of the session says
	bytes  string // what the capture must hold of it
}

const half = "<message id='half'><body>But soft! What"

// dial connects with STARTTLS, trusting xmppscope.
func dial(t *testing.T, s *peers.Scope) *peers.End {
	t.Helper()
	e, err := peers.DialEnd(s.Addr, peers.ClientConfig(t, s.CA, peers.Domain), false)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// welcomes brings TLS up and logs the client in.
func welcomes(e *peers.End, config *tls.Config) error {
	if err := e.AcceptTLS(config, false); err != nil {
		return err
	}
	return e.Welcome()
}

var faults = []fault{
	{
		name: "client killed mid-stanza",
		client: func(t *testing.T, s *peers.Scope, heard chan struct{}) {
			e := dial(t, s)
			e.Login()
			e.Say(half)
			<-heard
			e.Reset()
		},
		server: func(e *peers.End, config *tls.Config, heard chan struct{}) error {
			if err := welcomes(e, config); err != nil {
				return err
			}
			err := e.Hear(half)
			close(heard)
			e.Drain()
			return err
		},
		note: `(?i)client`, bytes: half,
	},
	{
		name: "server killed mid-stanza",
		client: func(t *testing.T, s *peers.Scope, _ chan struct{}) {
			e := dial(t, s)
			defer e.Close()
			e.Login()
			e.Hear(half)
			e.Say("<presence/>")
			e.Drain()
		},
		server: func(e *peers.End, config *tls.Config, _ chan struct{}) error {
			if err := welcomes(e, config); err != nil {
				return err
			}
			e.Say(half)
			err := e.Hear("<presence/>")
			e.Reset()
			return err
		},
		note: `(?i)server`, bytes: half,
	},
	{
		name: "client killed mid-handshake",
		client: func(t *testing.T, s *peers.Scope, _ chan struct{}) {
			e, err := peers.DialEnd(s.Addr, nil, false)
			if err != nil {
				t.Fatal(err)
			}
			e.Say("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") // a ClientHello begins
			e.Reset()
		},
		server: func(e *peers.End, config *tls.Config, _ chan struct{}) error {
			e.AcceptTLS(config, false)
			return nil
		},
		note: `(?i)client.*handshake|handshake.*client`,
	},
	{
		name: "server killed mid-handshake",
		client: func(t *testing.T, s *peers.Scope, _ chan struct{}) {
			peers.DialEnd(s.Addr, peers.ClientConfig(t, s.CA, peers.Domain), false)
		},
		server: func(e *peers.End, config *tls.Config, _ chan struct{}) error {
			config = config.Clone()
			config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
				e.Reset()
				return config, nil
			}
			e.AcceptTLS(config, false)
			return nil
		},
		note: `(?i)server.*handshake|handshake.*server`,
	},
	{
		name: "client killed mid-login",
		client: func(t *testing.T, s *peers.Scope, heard chan struct{}) {
			e := dial(t, s)
			e.Say(peers.ClientHeader)
			e.Hear("</stream:features>")
			e.Say(peers.Auth)
			<-heard
			e.Reset()
		},
		server: func(e *peers.End, config *tls.Config, heard chan struct{}) error {
			err := e.AcceptTLS(config, false)
			if err == nil {
				err = hearAuth(e)
			}
			close(heard)
			e.Drain()
			return err
		},
		note: `(?i)client`, bytes: peers.Auth,
	},
	{
		name: "server killed mid-login",
		client: func(t *testing.T, s *peers.Scope, _ chan struct{}) {
			e := dial(t, s)
			defer e.Close()
			e.Login()
			e.Drain()
		},
		server: func(e *peers.End, config *tls.Config, _ chan struct{}) error {
			if err := e.AcceptTLS(config, false); err != nil {
				return err
			}
			err := hearAuth(e)
			e.Reset()
			return err
		},
		note: `(?i)server`, bytes: peers.Auth,
	},
	{
		name: "client does not trust us",
		client: func(t *testing.T, s *peers.Scope, _ chan struct{}) {
			stranger := peers.NewAuthority(t)
			if _, err := peers.DialEnd(s.Addr, peers.ClientConfig(t, stranger.File, peers.Domain), false); err == nil {
				t.Error("the client trusts an authority that it does not know")
			}
		},
		server: func(e *peers.End, config *tls.Config, _ chan struct{}) error {
			e.AcceptTLS(config, false)
			return nil
		},
		note: `(?i)trust`,
	},
}

// hearAuth plays the server's part up to the client's <auth/>.
func hearAuth(e *peers.End) error {
	if err := e.Hear("version='1.0'>"); err != nil {
		return err
	}
	if err := e.Say(peers.ServerHeader + peers.SASLFeatures); err != nil {
		return err
	}
	return e.Hear("</auth>")
}

// TestPeersFaults: whatever goes wrong in one session, the next one is
// served, a note says what it was, and the capture can be read by all.
func TestPeersFaults(t *testing.T) {
	peers.Require(t, "tshark")
	program := peers.Build(t)
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			heard := make(chan struct{})
			var connections atomic.Int32
			server := peers.Serve(t, func(e *peers.End, config *tls.Config) error {
				if connections.Add(1) == 1 {
					return f.server(e, config, heard)
				}
				if err := welcomes(e, config); err != nil {
					return err
				}
				return e.Drain()
			})
			scope := program.Dump(t, "reverse:"+server.Addr, "--upstream-ca", server.CA)
			f.client(t, scope, heard)
			next := dial(t, scope)
			if err := next.Login(); err != nil {
				t.Errorf("the next session: %v", err)
			}
			next.Close()
			scope.Stop(t)
			checkFault(t, scope, f)
		})
	}
}

// checkFault looks for the fault in the capture.
func checkFault(t *testing.T, scope *peers.Scope, f fault) {
	t.Helper()
	rows := scope.Rows(t, "session == 1")
	var notes []string
	var frames bytes.Buffer
	closed := false
	for _, row := range rows {
		closed = closed || row.Event == "closed"
		if row.Note != nil && row.Note.Severity != "info" {
			notes = append(notes, row.Note.Severity+": "+row.Note.Text)
		}
		frames.Write(row.Bytes())
	}
	t.Logf("noted: %q", notes)
	if !regexp.MustCompile(f.note).MatchString(strings.Join(notes, "\n")) {
		t.Errorf("no note says %s", f.note)
	}
	if !strings.Contains(frames.String(), f.bytes) {
		t.Errorf("the capture does not hold %q", f.bytes)
	}
	if !closed {
		t.Error("the session is not closed")
	}
	if peers.Tshark(t, scope.Capture, "-Y", "xmpp") == "" {
		t.Error("tshark sees no XMPP")
	}
}

// TestPeersUnreachable: a server that is not there is named.
func TestPeersUnreachable(t *testing.T) {
	peers.Require(t)
	scope := peers.Build(t).Dump(t, "reverse:127.0.0.1:1")
	if e, err := peers.DialEnd(scope.Addr, peers.ClientConfig(t, scope.CA, peers.Domain), false); err == nil {
		e.Login()
		e.Close()
	}
	scope.Stop(t)
	checkFault(t, scope, fault{note: `127\.0\.0\.1:1.*refused|refused.*127\.0\.0\.1:1`})
}

// TestPeersTerminated: SIGTERM in the middle of traffic ends xmppscope within
// five seconds, and all that anybody got is in the capture.
func TestPeersTerminated(t *testing.T) {
	peers.Require(t, "tshark")
	const enough = 8 << 20
	got := make(chan []byte, 1)
	plenty := make(chan struct{})
	server := peers.Serve(t, func(e *peers.End, config *tls.Config) error {
		if err := welcomes(e, config); err != nil {
			return err
		}
		buffer := make([]byte, 64<<10)
		for told := false; ; {
			_, err := e.Read(buffer)
			if !told && e.Got.Len() > enough {
				close(plenty)
				told = true
			}
			if err != nil {
				got <- e.Got.Bytes()
				return nil
			}
		}
	})
	scope := peers.Build(t).Dump(t, "reverse:"+server.Addr, "--upstream-ca", server.CA)
	e := dial(t, scope)
	defer e.Close()
	if err := e.Login(); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		stanza := []byte("<message><body>" + strings.Repeat("Wherefore art thou Romeo? ", 100) + "</body></message>")
		for {
			if _, err := e.Write(stanza); err != nil {
				return
			}
		}
	}()
	<-plenty
	scope.Stop(t)
	<-sent
	received := <-got
	captured, _ := peers.Follow(t, scope.Capture, peers.Streams(t, scope.Capture, 0)[0])
	if len(captured) < len(received) {
		t.Fatalf("the server got %d bytes, the capture has %d", len(received), len(captured))
	}
	same(t, "the captured bytes that the server got", captured[:len(received)], received)
	same(t, "the captured bytes", captured, e.Sent.Bytes()[:len(captured)])
}

// TestPeersDiskFull: on a full disk traffic waits and xmppscope says so; once
// there is room everything arrives, and is recorded.
func TestPeersDiskFull(t *testing.T) {
	peers.Require(t, "tshark", "mount", "umount")
	disk := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=8m", "none", disk).CombinedOutput(); err != nil {
		t.Skipf("a small disk takes the right to mount one: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", disk).Run() })
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan []byte, 1)
	server := peers.Serve(t, func(e *peers.End, config *tls.Config) error {
		if err := welcomes(e, config); err != nil {
			return err
		}
		err := e.Drain()
		got <- e.Got.Bytes()
		return err
	})
	scope := peers.Build(t).Dump(t, "reverse:"+server.Addr, "--upstream-ca", server.CA, "-w", filepath.Join(disk, "capture.pcapng"))
	e := dial(t, scope)
	defer e.Close()
	if err := e.Login(); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		_, err := e.Write([]byte("<message><body>" + strings.Repeat("a scourge is laid upon your hate ", 4<<20/33) + "</body></message>" + peers.Footer))
		if err == nil {
			err = e.CloseWrite()
		}
		written <- err
	}()
	peers.Until(t, "xmppscope says DISK FULL", scope.Process.Output, func() bool {
		return strings.Contains(scope.Process.Output(), "DISK FULL")
	})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	same(t, "what the server got", <-got, e.Sent.Bytes())
	scope.Stop(t)
	captured, _ := peers.Follow(t, scope.Capture, peers.Streams(t, scope.Capture, 0)[0])
	same(t, "the capture", captured, e.Sent.Bytes())
}
