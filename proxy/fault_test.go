package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xmppscope/xmpp/trace"
)

func TestKilledPeers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client, server := w.startTLS()
		client.send(clientHeader + "<message><bo")
		server.expect(clientHeader + "<message><bo")
		client.raw.reset()
		server.expectEnd()
		server.Close()
		time.Sleep(time.Minute)
		events := w.tape.of(1)
		var torn, ended bool
		for _, e := range events {
			torn = torn || e.Kind == trace.Framed && string(e.Frame.Raw) == "<message><bo" && e.Leg == trace.EndToEnd
			ended = ended || e.Kind == trace.Ended && e.Dir == trace.FromInitiator && e.Note != nil && strings.Contains(e.Note.Text, "reset")
		}
		if !torn || !ended || events[len(events)-1].Kind != trace.Closed {
			t.Errorf("torn %v, ended %v, last %v\n%s", torn, ended, events[len(events)-1].Kind, w.tape.notes(1))
		}
	})
}

func TestKilledInHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client := w.client()
		client.send("\x16\x03\x01\x02\x00\x01\x00")
		synctest.Wait()
		client.raw.reset()
		time.Sleep(time.Minute)
		if notes := w.tape.notes(1); !strings.Contains(notes, "closed the connection during the TLS handshake") {
			t.Error(notes)
		}
		if events := w.tape.of(1); events[len(events)-1].Kind != trace.Closed {
			t.Errorf("not closed: %v", events[len(events)-1].Kind)
		}
	})
}

func TestServerKilledInHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client := w.client()
		client.send(clientHeader)
		server := w.server()
		server.send(serverHeader + tlsFeatures)
		client.expect(serverHeader + tlsFeatures)
		client.send(starttlsElement)
		server.until(starttlsElement)
		server.send(proceedElement)
		synctest.Wait()
		server.raw.reset()
		if got := client.expectEnd(); !strings.Contains(got, "<remote-connection-failed") || strings.Contains(got, "proceed") {
			t.Errorf("the client got %q", got)
		}
		client.Close()
		time.Sleep(time.Minute)
		if notes := w.tape.notes(1); !strings.Contains(notes, "The server closed the connection during the TLS handshake") {
			t.Error(notes)
		}
	})
}

func TestClientKilledInLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client, server := w.plain()
		const auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>biwsbj1qLHI9eA==</auth>"
		client.send(auth)
		server.expect(auth)
		client.raw.reset()
		server.expectEnd()
		server.Close()
		time.Sleep(time.Minute)
		if notes := w.tape.notes(1); !strings.Contains(notes, "The client broke off its login with SCRAM-SHA-1.") || !strings.Contains(notes, "The client reset the connection") {
			t.Error(notes)
		}
	})
}

// A mistake of ours must not take other sessions with it.
func TestPanicIsContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", func(c *Config) {
			c.Sink = panicking{c.Sink}
		})
		client, _ := w.plain()
		other, otherServer := w.plain()
		client.send("<panic/>")
		client.expectEnd()
		exchange(t, other, otherServer, traffic(20), 300)
		synctest.Wait()
		if notes := w.tape.notes(1); !strings.Contains(notes, "xmppscope failed in this session and closed it: on purpose") {
			t.Error(notes)
		}
		if events := w.tape.of(1); events[len(events)-1].Kind != trace.Closed {
			t.Errorf("last event: %v", events[len(events)-1].Kind)
		}
	})
}

// panicking is a Sink that panics when it sees <panic/>.
type panicking struct{ trace.Sink }

func (p panicking) Record(ctx context.Context, events ...trace.Event) (uint64, error) {
	for _, e := range events {
		if string(e.Frame.Raw) == "<panic/>" {
			panic("on purpose")
		}
	}
	return p.Sink.Record(ctx, events...)
}

// Both legs' secrets are written, for Wireshark, and no session tickets are
// handed out.
func TestKeyLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		w := newWorld(t, "reverse:server.example:5222", func(c *Config) { c.KeyLog = &log })
		client, _ := w.startTLS()
		if client.Conn.(*tls.Conn).ConnectionState().DidResume {
			t.Error("resumed")
		}
		if n := strings.Count(log.String(), "CLIENT_TRAFFIC_SECRET_0 "); n != 2 {
			t.Errorf("%d handshakes in the key log:\n%s", n, log.String())
		}
	})
}

type lockedBuffer struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestServerKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client, server := w.plain()
		server.send("<message/>")
		client.expect("<message/>")
		server.raw.reset()
		if got := client.expectEnd(); got != "" {
			t.Errorf("the client got %q; no footer may be forged", got)
		}
		client.Close()
		time.Sleep(time.Minute)
		if notes := w.tape.notes(1); !strings.Contains(notes, "The server reset the connection") {
			t.Error(notes)
		}
	})
}

func TestHugeStanza(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client, server := w.plain()
		stanza := "<message><body>" + strings.Repeat("0123456789abcdef", 4<<20) + "</body></message>"
		exchange(t, client, server, stanza, 100000)
		synctest.Wait()
		if got := w.tape.bytes(1, trace.FromInitiator, trace.EndToEnd); got != clientHeader+stanza {
			t.Errorf("recorded %d bytes of %d", len(got), len(clientHeader+stanza))
		}
	})
}

// A peer that does not read stalls its own session only, and what it costs is
// bounded.
func TestSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", func(c *Config) { c.Budget = 64 << 10 })
		w.capacity = 4096
		client, server := w.plain()
		sent := 0
		go func() {
			for {
				n, err := io.WriteString(client, "<message><body>more and more</body></message>")
				sent += n
				if err != nil {
					return
				}
			}
		}()
		synctest.Wait() // nobody reads from the server
		if stalled := sent; stalled > 64<<10+4*64<<10 {
			t.Errorf("%d bytes were taken", stalled)
		}
		// The other direction, and other sessions, flow.
		exchange(t, server, client, traffic(500), 3000)
		other, otherServer := w.plain()
		exchange(t, other, otherServer, traffic(500), 3000)
		// It goes on where it stopped.
		for range 5000 {
			server.expect("<message><body>more and more</body></message>")
		}
		client.raw.Close()
		server.expectEnd()
		server.Close()
	})
}

func TestThousandSessions(t *testing.T) {
	const n = 1000
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		w.capacity = 64 << 10
		ends := make([][2]*end, n)
		for i := range ends {
			ends[i][0], ends[i][1] = w.plain()
		}
		for i, e := range ends {
			e[0].send(fmt.Sprintf("<message id='%d'/>", i))
		}
		for i, e := range ends {
			e[1].expect(fmt.Sprintf("<message id='%d'/>", i))
		}
		w.end()
		closed := 0
		for _, e := range w.tape.events {
			if e.Kind == trace.Closed {
				closed++
			}
		}
		if closed != n {
			t.Errorf("%d sessions closed of %d", closed, n)
		}
	})
}

func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client, server := w.startTLS()
		client.send(clientHeader + "<message/>")
		server.expect(clientHeader + "<message/>")
		start := time.Now()
		w.end()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if got := server.expectEnd(); got != "" {
			t.Errorf("the server got %q", got)
		}
		if got := client.expectEnd(); got != "" {
			t.Errorf("the client got %q", got)
		}
		if events := w.tape.of(1); events[len(events)-1].Kind != trace.Closed {
			t.Errorf("last event: %v", events[len(events)-1].Kind)
		}
	})
}

// A sink that takes nothing more holds traffic up, and the end as well, but
// not for longer than the bound.
func TestStopWithFullSink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client, server := w.plain()
		w.tape.full = make(chan struct{})
		client.send("<message/>")
		synctest.Wait()
		start := time.Now()
		w.end()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		if got := server.expectEnd(); got != "" {
			t.Errorf("%q passed unrecorded", got)
		}
	})
}

// Where the domain is needed, a client that sends all kinds of things but no
// header is not waited for without end.
func TestHeaderNeverComes(t *testing.T) {
	for _, text := range []string{" ", "<?xml version='1.0'?>", " <?xml version='1.0'?>\n", "<stream:stream a='"} {
		c := NewCore(Policy{Mode: Mode{}, Domain: "capulet.example"})
		c.Handle(time.Now(), Accepted{})
		chunk := []byte(strings.Repeat(text, 32<<10/len(text)))
		sent, dialled := 0, false
		for !dialled && sent < 2*maxAwaited {
			for _, a := range c.Handle(time.Now(), Received{Client, chunk}).Actions {
				_, dial := a.(Dial)
				dialled = dialled || dial
			}
			sent += len(chunk)
		}
		if !dialled || sent <= maxAwaited {
			t.Errorf("%q without end: dialled %v after %d bytes", text, dialled, sent)
		}
	}
}
