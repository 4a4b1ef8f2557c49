package main_test

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"xmppscope/cmd/xmppscope/internal/peers"
)

// TestPeersSRV: in mode srv a real client's server is found by the DNS; of
// its two records the better one names a port where nobody listens.
func TestPeersSRV(t *testing.T) {
	peers.Require(t)
	server := peers.Prosody(t, peers.AnyTLS)
	_, port, err := net.SplitHostPort(server.StartTLS)
	if err != nil {
		t.Fatal(err)
	}
	resolver := peers.DNS(t,
		"_xmpp-client._tcp."+peers.Domain+". 60 IN SRV 1 1 1 host."+peers.Domain+".",
		"_xmpp-client._tcp."+peers.Domain+". 60 IN SRV 2 1 "+port+" host."+peers.Domain+".",
		"host."+peers.Domain+". 60 IN A 127.0.0.1")
	scope := peers.Build(t).Dump(t, "srv", "--dns", resolver, "--upstream-ca", server.CA)
	direct := playDirectly(t, clients[0], server)
	through := peers.Play(t, clients[0].start,
		peers.Login{User: "romeo", Address: scope.Addr, CA: scope.CA},
		peers.Login{User: "juliet", Address: server.StartTLS, CA: server.CA})
	if fmt.Sprint(direct) != fmt.Sprint(through) {
		t.Errorf("directly they saw %v, through xmppscope %v", direct, through)
	}
	scope.Stop(t)
	checkFollowed(t, scope.Capture, scope.Rows(t))
}

// TestPeersThousand: a thousand sessions at once, each of which gets back
// exactly what it sent; the capture has each of them whole.
func TestPeersThousand(t *testing.T) {
	peers.Require(t)
	const sessions, abreast = 1_000, 50
	server := peers.Serve(t, func(e *peers.End, config *tls.Config) error {
		if err := welcomes(e, config); err != nil {
			return err
		}
		e.Keep = false
		_, err := io.Copy(struct{ io.Writer }{e}, struct{ io.Reader }{e}) // an echo
		return err
	})
	scope := peers.Build(t).Dump(t, "reverse:"+server.Addr, "--upstream-ca", server.CA)
	config := peers.ClientConfig(t, scope.CA, peers.Domain)
	ends := make([]*peers.End, sessions)
	var wg sync.WaitGroup
	turn := make(chan struct{}, abreast)
	for i := range ends {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			e, err := peers.DialEnd(scope.Addr, config, false)
			if err == nil {
				err = e.Login()
			}
			if err != nil {
				t.Errorf("session %d: %v", i, err)
				return
			}
			ends[i] = e
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	sent := make([][sha256.Size]byte, sessions)
	for i, e := range ends { // all are open now
		wg.Go(func() {
			defer e.Close()
			for n := range 20 {
				stanza := fmt.Sprintf("<message id='s%d-%d'><body>Parting is such sweet sorrow</body></message>", i, n)
				if err := e.Say(stanza); err != nil {
					t.Errorf("session %d: %v", i, err)
					return
				}
				if err := e.Hear(stanza); err != nil {
					t.Errorf("session %d: %v", i, err)
					return
				}
			}
			sent[i] = sha256.Sum256(e.Sent.Bytes())
			e.CloseWrite()
			e.Drain()
		})
	}
	wg.Wait()
	scope.Stop(t)
	captured := map[int][]byte{}
	for _, row := range scope.Rows(t) {
		if row.Event == "framed" && row.Leg == "both" && row.Dir == "out" {
			captured[row.Session] = append(captured[row.Session], row.Bytes()...)
		}
	}
	known := map[[sha256.Size]byte]bool{}
	for _, said := range captured {
		known[sha256.Sum256(said)] = true
	}
	for i := range sent {
		if !known[sent[i]] {
			t.Errorf("what client %d sent is not a session of the capture", i)
		}
	}
	if len(captured) != sessions {
		t.Errorf("%d sessions are recorded, not %d", len(captured), sessions)
	}
}
