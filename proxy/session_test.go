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

// What some clients send behind <starttls/>, too late to be relayed without
// TLS, keeps nobody from the handshake, and is recorded.
func TestLateSpaceBehindStartTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "reverse:server.example:5222", nil)
		client := w.client()
		client.send(clientHeader)
		server := w.server()
		server.expect(clientHeader)
		server.send(serverHeader + tlsFeatures)
		client.expect(serverHeader + tlsFeatures)
		client.send(starttlsElement)
		server.expect(starttlsElement)
		client.send("\n")
		server.send(proceedElement)
		go server.secureAsServer(w, "capulet.example", nil)
		client.expect(proceedElement)
		client.send(" ")
		client.secureAsClient(w, nil)
		synctest.Wait()
		client.send(clientHeader)
		server.expect(clientHeader)
		if got := w.tape.bytes(1, trace.FromInitiator, trace.ClientLeg); got != "\n " {
			t.Errorf("recorded %q", got)
		}
		if got, want := w.tape.bytes(1, trace.FromInitiator, trace.EndToEnd), clientHeader+starttlsElement+clientHeader; got != want {
			t.Errorf("passed %q", got)
		}
		w.end()
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
				go shakeHands(server, certificate(t, w.authority, orElse(test.domain, "capulet.example")), test.server)
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

// shakeHands is a server that reads to the end after its handshake, or closes
// when it fails.
func shakeHands(server *end, c tls.Certificate, change func(*tls.Config)) {
	cfg := &tls.Config{Certificates: []tls.Certificate{c}}
	if change != nil {
		change(cfg)
	}
	conn := tls.Server(server.raw, cfg)
	if conn.Handshake() != nil {
		server.raw.Close()
		return
	}
	io.Copy(io.Discard, conn)
	conn.Close()
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
