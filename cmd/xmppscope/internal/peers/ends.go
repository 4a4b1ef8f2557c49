package peers

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// End is a scripted end of a stream. It keeps account of every byte that it
// sent and received inside and outside TLS, but not of TLS's own. One
// goroutine may write while another reads.
type End struct {
	Conn net.Conn // TLS, once it is up
	raw  net.Conn
	Sent bytes.Buffer // written by the writing goroutine only
	Got  bytes.Buffer // written by the reading goroutine only
	Keep bool         // whether Sent and Got are kept
}

func newEnd(conn net.Conn) *End { return &End{Conn: conn, raw: conn, Keep: true} }

// Write sends p and remembers it.
func (e *End) Write(p []byte) (int, error) {
	n, err := e.Conn.Write(p)
	if e.Keep {
		e.Sent.Write(p[:n])
	}
	return n, err
}

// Say sends text.
func (e *End) Say(text string) error {
	_, err := e.Write([]byte(text))
	return err
}

// Read receives into p and remembers it.
func (e *End) Read(p []byte) (int, error) {
	n, err := e.Conn.Read(p)
	if e.Keep {
		e.Got.Write(p[:n])
	}
	return n, err
}

// tag stands for the next tag, whichever it is, but for an XML declaration.
const tag = ">"

// Hear receives, byte by byte, until what came since the call ends with text.
func (e *End) Hear(text string) error {
	var heard []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(heard, []byte(text)) || text == tag && bytes.HasSuffix(heard, []byte("?>")) {
		if _, err := e.Read(one); err != nil {
			return fmt.Errorf("waiting for %s after %q: %w", text, heard, err)
		}
		heard = append(heard, one[0])
	}
	return nil
}

// Drain receives to the end of the stream.
func (e *End) Drain() error {
	_, err := io.Copy(io.Discard, struct{ io.Reader }{e})
	return err
}

// CloseWrite ends what this end sends.
func (e *End) CloseWrite() error {
	return e.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// Reset closes the connection so that the other end sees a reset.
func (e *End) Reset() {
	if tcp, ok := e.raw.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	e.raw.Close()
}

// Close closes the connection.
func (e *End) Close() { e.raw.Close() }

// startTLS goes on inside TLS.
func (e *End) startTLS(conn *tls.Conn) error {
	if err := conn.Handshake(); err != nil {
		return err
	}
	e.Conn = conn
	return nil
}

// Lines that scripted ends say until TLS is up, and to log in.
const (
	ClientHeader = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='` + Domain + `' version='1.0'>`
	ServerHeader = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='` + Domain + `' id='s1' version='1.0'>`
	starttls     = `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`
	proceed      = `<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`
	Auth         = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHJvbWVvAHNlY3JldA==</auth>`
	success      = `<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`
	TLSFeatures  = `<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`
	SASLFeatures = `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`
	BindFeatures = `<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>`
	Bind         = `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>orchard</resource></bind></iq>`
	Bound        = `<iq type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@` + Domain + `/orchard</jid></bind></iq>`
	Footer       = `</stream:stream>`
)

// DialEnd connects a client end to addr, with TLS from the first byte or
// after <starttls/>, and returns when TLS is up. With no config it returns when
// TLS is to begin.
func DialEnd(addr string, config *tls.Config, direct bool) (*End, error) {
	conn, err := net.DialTimeout("tcp", addr, Patience)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(10 * Patience))
	e := newEnd(conn)
	if !direct {
		if err := e.converse(ClientHeader, "</stream:features>", starttls, tag); err != nil {
			conn.Close()
			return nil, err
		}
	}
	if config == nil {
		return e, nil
	}
	if err := e.startTLS(tls.Client(conn, config)); err != nil {
		conn.Close()
		return nil, err
	}
	return e, nil
}

// AcceptTLS brings TLS up as a server does.
func (e *End) AcceptTLS(config *tls.Config, direct bool) error {
	if !direct {
		if err := e.answer(tag, ServerHeader+TLSFeatures, tag, proceed); err != nil {
			return err
		}
	}
	return e.startTLS(tls.Server(e.raw, config))
}

// Login logs a client end in, up to and with the binding of a resource.
func (e *End) Login() error {
	return e.converse(ClientHeader, "</stream:features>", Auth, success, ClientHeader, "</stream:features>", Bind, "</iq>")
}

// Welcome is the server's part of [End.Login].
func (e *End) Welcome() error {
	return e.answer(tag, ServerHeader+SASLFeatures, "</auth>", success, tag, ServerHeader+BindFeatures, "</iq>", Bound)
}

// converse says and hears the lines in turn.
func (e *End) converse(lines ...string) error {
	for i := 0; i+1 < len(lines); i += 2 {
		if err := e.Say(lines[i]); err != nil {
			return err
		}
		if err := e.Hear(lines[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// answer hears and says the lines in turn.
func (e *End) answer(lines ...string) error {
	for i := 0; i+1 < len(lines); i += 2 {
		if err := e.Hear(lines[i]); err != nil {
			return err
		}
		if err := e.Say(lines[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// Scripted is a server whose part a function plays, once for each connection.
type Scripted struct {
	Addr string
	CA   string // PEM file of the authority behind its certificate
	l    net.Listener
	wg   sync.WaitGroup
}

// Serve starts a scripted server. The script runs in a goroutine of its own
// for each connection, which is closed when it returns; its error fails the
// test. The server ends with the test, waiting for its scripts.
func Serve(t testing.TB, script func(*End, *tls.Config) error) *Scripted {
	t.Helper()
	ca := NewAuthority(t)
	config := ca.ServerConfig(t, Domain)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Scripted{Addr: l.Addr().String(), CA: ca.File, l: l}
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
				return
			}
			conn.SetDeadline(time.Now().Add(10 * Patience))
			s.wg.Go(func() {
				defer conn.Close()
				if err := script(newEnd(conn), config); err != nil {
					t.Errorf("scripted server: %v", err)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.wg.Wait()
	})
	return s
}
