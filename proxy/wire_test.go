package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"xmppscope/proxy/ca"
	"xmppscope/xmpp/link"
	"xmppscope/xmpp/trace"
)

// tape is a Sink that keeps everything.
type tape struct {
	mu     sync.Mutex // guards events
	events []trace.Event
	full   chan struct{} // if not nil, Record waits until it is closed
}

func (t *tape) Record(ctx context.Context, events ...trace.Event) (uint64, error) {
	if t.full != nil {
		select {
		case <-t.full:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first := uint64(len(t.events) + 1)
	for i, e := range events {
		e.Seq = first + uint64(i)
		t.events = append(t.events, e)
	}
	return first, nil
}

// of returns a session's events so far.
func (t *tape) of(id trace.SessionID) (events []trace.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.events {
		if e.Session == id {
			events = append(events, e)
		}
	}
	return events
}

// bytes returns what a session's events say was carried in one direction on
// one leg, the known parts of frames left out.
func (t *tape) bytes(id trace.SessionID, d trace.Direction, leg trace.Leg) string {
	var b strings.Builder
	for _, e := range t.of(id) {
		if (e.Kind == trace.Framed || e.Kind == trace.Unfinished) && e.Dir == d && e.Leg == leg {
			b.Write(e.Frame.Raw[e.Known:])
		}
	}
	return b.String()
}

// notes returns the texts of a session's notes, one a line.
func (t *tape) notes(id trace.SessionID) string {
	var b strings.Builder
	for _, e := range t.of(id) {
		if e.Note != nil {
			b.WriteString(e.Leg.String() + " " + e.Note.Severity.String() + ": " + e.Note.Text + "\n")
		}
	}
	return b.String()
}

// world is a proxy between clients and servers in memory. It belongs into a
// synctest bubble.
type world struct {
	t         *testing.T
	tape      *tape
	authority *ca.Authority
	trust     *x509.CertPool // trusts authority
	listener  *memListener
	upstream  *memListener // servers accept here
	stop      context.CancelFunc
	done      chan error
	capacity  int
}

const mib = 1 << 20

// newWorld starts a proxy. change, if not nil, may change its configuration,
// in which everything in memory is set already.
func newWorld(t *testing.T, mode string, change func(*Config)) *world {
	t.Helper()
	a, pool := authority(t)
	w := &world{
		t: t, tape: new(tape), authority: a, trust: pool, capacity: mib,
		listener: newMemListener(), upstream: newMemListener(), done: make(chan error, 1),
	}
	m, err := ParseMode(mode)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Mode: m, Sink: w.tape,
		Security: Security{Certificates: a, UpstreamCAs: pool},
		Dialer: link.Dialer{
			Resolver: noResolver{},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				a, b := memPipe(w.capacity)
				select {
				case w.upstream.conns <- b:
					return a, nil
				case <-w.upstream.closed:
					return nil, playErrors["refused"]
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			},
		},
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.stop = cancel
	go func() { w.done <- NewServer(cfg).Serve(ctx, w.listener) }()
	t.Cleanup(func() { w.end() })
	return w
}

// end stops the proxy and waits for it.
func (w *world) end() {
	w.stop()
	if err := <-w.done; err != nil {
		w.t.Errorf("Serve: %v", err)
	}
	w.done <- nil
	w.upstream.Close()
}

// noResolver knows every host.
type noResolver struct{}

func (noResolver) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, errors.New("no SRV here")
}

func (noResolver) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("192.0.2.2")}, nil
}

// end is one scripted end of a stream.
type end struct {
	t *testing.T
	net.Conn
	raw *memConn
	in  *bufio.Reader
}

func newEnd(t *testing.T, c *memConn) *end { return &end{t, c, c, bufio.NewReader(c)} }

// client connects to the proxy.
func (w *world) client() *end { return newEnd(w.t, w.listener.dial(w.capacity)) }

// server accepts what the proxy dials.
func (w *world) server() *end {
	c, err := w.upstream.Accept()
	if err != nil {
		w.t.Fatal(err)
	}
	return newEnd(w.t, c.(*memConn))
}

func (e *end) send(text string) {
	e.t.Helper()
	if _, err := io.WriteString(e, text); err != nil {
		e.t.Fatalf("sending %.60q: %v", text, err)
	}
}

// expect reads exactly text.
func (e *end) expect(text string) {
	e.t.Helper()
	got := make([]byte, len(text))
	n, err := io.ReadFull(e.in, got)
	if string(got[:n]) != text {
		e.t.Fatalf("got %.200q (%v), want %.200q", got[:n], err, text)
	}
}

// expectEnd reads everything up to the end and returns it.
func (e *end) expectEnd() string {
	e.t.Helper()
	rest, err := io.ReadAll(e.in)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		e.t.Errorf("reading to the end: %v after %q", err, rest)
	}
	return string(rest)
}

// until reads up to the end of text and returns all that came.
func (e *end) until(text string) string {
	e.t.Helper()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), text) {
		c, err := e.in.ReadByte()
		if err != nil {
			e.t.Fatalf("%v after %q, want %q", err, b.String(), text)
		}
		b.WriteByte(c)
	}
	return b.String()
}

// secure puts the end inside TLS, which must succeed.
func (e *end) secure(c *tls.Conn) {
	e.t.Helper()
	if err := c.Handshake(); err != nil {
		e.t.Fatal(err)
	}
	e.Conn, e.in = c, bufio.NewReader(c)
}

func (e *end) secureAsClient(w *world, change func(*tls.Config)) {
	e.t.Helper()
	cfg := &tls.Config{RootCAs: w.trust, ServerName: "capulet.example"}
	if change != nil {
		change(cfg)
	}
	e.secure(tls.Client(e.raw, cfg))
}

func (e *end) secureAsServer(w *world, domain string, change func(*tls.Config)) {
	e.t.Helper()
	cfg := &tls.Config{Certificates: []tls.Certificate{certificate(e.t, w.authority, domain)}}
	if change != nil {
		change(cfg)
	}
	e.secure(tls.Server(e.raw, cfg))
}

const (
	clientHeader = "<stream:stream to='capulet.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
	serverHeader = "<stream:stream id='s1' from='capulet.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
	tlsFeatures  = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
	noFeatures   = "<stream:features/>"
	footer       = "</stream:stream>"
)

// plain opens a stream without TLS on either leg.
func (w *world) plain() (client, server *end) {
	client = w.client()
	client.send(clientHeader)
	server = w.server()
	server.expect(clientHeader)
	server.send(serverHeader + noFeatures)
	client.expect(serverHeader + noFeatures)
	return client, server
}

// startTLS opens a stream with STARTTLS on both legs.
func (w *world) startTLS() (client, server *end) {
	client = w.client()
	client.send(clientHeader)
	server = w.server()
	server.expect(clientHeader)
	server.send(serverHeader + tlsFeatures)
	client.expect(serverHeader + tlsFeatures)
	client.send(starttlsElement)
	server.expect(starttlsElement)
	server.send(proceedElement)
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.secureAsServer(w, "capulet.example", nil)
	}()
	client.expect(proceedElement)
	client.secureAsClient(w, nil)
	<-done
	return client, server
}
