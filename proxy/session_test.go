package proxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xmppscope/xmpp/trace"
)

// exchange sends text one way in random pieces and reads it at the other end.
func exchange(t *testing.T, from, to *end, text string, piece int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(len(text))))
	go func() {
		for rest := text; rest != ""; {
			n := min(1+random.IntN(piece), len(rest))
			if _, err := io.WriteString(from, rest[:n]); err != nil {
				t.Errorf("sending: %v", err)
				return
			}
			rest = rest[n:]
		}
	}()
	to.expect(text)
}

// traffic is n stanzas, some of them odd.
func traffic(n int) string {
	var b strings.Builder
	for i := range n {
		switch i % 7 {
		case 3:
			b.WriteString(" \n")
		case 5:
			b.WriteString("stray text <!-- comment --><x:y a='>'/>")
		default:
			fmt.Fprintf(&b, "<message id='%d' to='romeo@montague.example'><body>%s</body></message>", i, strings.Repeat("é<![CDATA[<>]]>", i%40))
		}
	}
	return b.String()
}

func TestExactBothWays(t *testing.T) {
	for _, piece := range []int{1, 40, 40000} {
		t.Run(fmt.Sprint(piece), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, "reverse:server.example:5222", nil)
				client, server := w.startTLS()
				out := clientHeader + traffic(piece/100+200)
				in := serverHeader + noFeatures + traffic(piece/100+300)
				exchange(t, client, server, out, piece)
				exchange(t, server, client, in, piece)
				client.send(footer)
				server.expect(footer)
				server.send(footer)
				client.expect(footer)
				client.Close()
				server.expectEnd()
				server.Close()
				synctest.Wait()
				before := clientHeader + starttlsElement
				if got := w.tape.bytes(1, trace.FromInitiator, trace.EndToEnd); got != before+out+footer {
					t.Errorf("recorded of the client: %d bytes, sent %d", len(got), len(before+out+footer))
				}
				before = serverHeader + tlsFeatures + proceedElement
				if got := w.tape.bytes(1, trace.FromReceiver, trace.EndToEnd); got != before+in+footer {
					t.Errorf("recorded of the server: %d bytes, sent %d", len(got), len(before+in+footer))
				}
				events := w.tape.of(1)
				if last := events[len(events)-1]; last.Kind != trace.Closed {
					t.Errorf("the last event is %v", last.Kind)
				}
				if notes := w.tape.notes(1); !strings.Contains(notes, "client info: TLS 1.3 with the client, TLS_") || !strings.Contains(notes, "upstream info: TLS 1.3 with the server, TLS_") {
					t.Error(notes)
				}
			})
		})
	}
}

func TestDirectTLSBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse+tls:server.example:5223", nil)
		client := w.client()
		client.secureAsClient(w, func(c *tls.Config) { c.NextProtos = []string{"xmpp-client"} })
		if got := client.Conn.(*tls.Conn).ConnectionState().NegotiatedProtocol; got != "xmpp-client" {
			t.Errorf("ALPN with the client: %q", got)
		}
		client.send(clientHeader)
		server := w.server()
		server.secureAsServer(w, "capulet.example", func(c *tls.Config) { c.NextProtos = []string{"xmpp-client"} })
		state := server.Conn.(*tls.Conn).ConnectionState()
		if state.NegotiatedProtocol != "xmpp-client" || state.ServerName != "capulet.example" {
			t.Errorf("ALPN upstream %q, SNI %q", state.NegotiatedProtocol, state.ServerName)
		}
		server.expect(clientHeader)
		server.send(serverHeader + noFeatures)
		client.expect(serverHeader + noFeatures)
		exchange(t, client, server, traffic(300), 3000)
		client.Close()
		server.expectEnd()
	})
}

// A client by Direct TLS that offers only a foreign ALPN is served without.
func TestDirectTLSToStartTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client := w.client()
		client.secureAsClient(w, func(c *tls.Config) { c.NextProtos, c.MaxVersion = []string{"foreign"}, tls.VersionTLS12 })
		client.send(clientHeader)
		server := w.server()
		server.until("to='capulet.example'>")
		server.send(serverHeader + tlsFeatures)
		server.expect(starttlsElement)
		server.send(proceedElement)
		server.secureAsServer(w, "capulet.example", nil)
		server.expect(clientHeader)
		server.send(serverHeader + noFeatures)
		client.expect(serverHeader + noFeatures)
		exchange(t, server, client, traffic(300), 3000)
		synctest.Wait()
		if got := w.tape.bytes(1, trace.FromInitiator, trace.EndToEnd); got != clientHeader {
			t.Errorf("from end to end: %q", got)
		}
		if got := w.tape.bytes(1, trace.FromReceiver, trace.UpstreamLeg); got != serverHeader+tlsFeatures+proceedElement {
			t.Errorf("upstream alone: %q", got)
		}
	})
}

func TestEditedFeaturesNameTheOriginal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client := w.client()
		client.send(clientHeader)
		server := w.server()
		const compress = "<compression xmlns='http://jabber.org/features/compress'><method>zlib</method></compression>"
		server.send(serverHeader + "<stream:features><a/>" + compress + "<b/></stream:features>")
		client.expect(serverHeader + "<stream:features><a/><b/></stream:features>")
		synctest.Wait()
		for _, e := range w.tape.of(1) {
			if e.Replaces == 0 {
				continue
			}
			original := w.tape.events[e.Replaces-1]
			if !strings.Contains(string(original.Frame.Raw), compress) || original.Leg != trace.UpstreamLeg || e.Origin != trace.Tool {
				t.Errorf("%+v replaces %+v", e, original)
			}
			return
		}
		t.Error("no event replaces another")
	})
}

func TestHandshakeFailures(t *testing.T) {
	tests := map[string]struct {
		client func(*tls.Config)
		server func(*tls.Config)
		domain string // of the server's certificate
		want   string
		told   bool // the client gets a stream error
	}{
		"client distrusts":    {client: func(c *tls.Config) { c.RootCAs = nil; c.InsecureSkipVerify = false }, want: "“xmppscope ca” says how"},
		"client too old":      {client: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, want: "no TLS version in common"},
		"name mismatch":       {domain: "montague.example", want: "not for “capulet.example” but for montague.example; give the right domain by --domain", told: true},
		"server too old":      {server: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, want: "The server and xmppscope have no TLS version in common", told: true},
		"certificate wanted":  {server: func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, want: "wants a certificate of the client"},
		"certificate allowed": {server: func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }, want: "The server asked for a certificate of the client"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
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
				go func() {
					cfg := &tls.Config{Certificates: []tls.Certificate{certificate(t, w.authority, orElse(test.domain, "capulet.example"))}}
					if test.server != nil {
						test.server(cfg)
					}
					c := tls.Server(server.raw, cfg)
					if c.Handshake() != nil {
						server.raw.Close()
						return
					}
					io.Copy(io.Discard, c)
					c.Close()
				}()
				if test.told {
					if got := client.expectEnd(); !strings.Contains(got, "<remote-connection-failed") {
						t.Errorf("the client was told %q", got)
					}
				} else {
					client.expect(proceedElement)
					cfg := &tls.Config{RootCAs: w.trust, ServerName: "capulet.example"}
					if test.client != nil {
						test.client(cfg)
					}
					tls.Client(client.raw, cfg).Handshake()
					synctest.Wait()
				}
				client.raw.Close()
				time.Sleep(time.Minute) // of the bubble's time: all that may take time is over
				if notes := w.tape.notes(1); !strings.Contains(notes, test.want) {
					t.Errorf("notes:\n%swant %q", notes, test.want)
				}
			})
		})
	}
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

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
