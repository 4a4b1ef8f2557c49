package link

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// eachVersion runs a test with TLS 1.2 and 1.3.
func eachVersion(t *testing.T, test func(t *testing.T, version uint16)) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, version) })
		})
	}
}

// secured returns a link that serves TLS and its peer, a client of crypto/tls,
// over raw.
func secured(t *testing.T, version uint16, size int) (o *owner, peer *tls.Conn, raw, conn *memConn) {
	raw, conn = memPipe(size)
	o = own(t, conn, Config{})
	peer = tls.Client(raw, clientTLS())
	done := make(chan error, 1)
	go func() { done <- peer.Handshake() }()
	if u := o.startTLS(serverTLS(version), true, ""); u.Err != nil {
		t.Fatal(u.Err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	synctest.Wait() // the writer has nothing left to look at
	conn.writes()
	return o, peer, raw, conn
}

// records returns the types of the TLS records in p.
func records(t *testing.T, p []byte) (types []byte) {
	for len(p) > 0 {
		if size := recordSize(p); len(p) < recordHeader || size > len(p) {
			t.Fatalf("%d bytes are no whole record", len(p))
		}
		types = append(types, p[0])
		p = p[recordSize(p):]
	}
	return types
}

func TestQuietStreamKeepsRecords(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		o, peer, _, conn := secured(t, version, 1<<20)
		for _, size := range []int{1, 460, 1400, 16384, 5} {
			chunk := bytes.Repeat([]byte("x"), size)
			o.link.Grant()
			synctest.Wait()
			peer.Write(chunk)
			r := expect[Received](o)
			if !bytes.Equal(r.Chunk, chunk) || r.Err != nil {
				t.Errorf("a record of %d bytes came as %d, %v", size, len(r.Chunk), r.Err)
			}
			o.link.Write(r.Chunk)
			synctest.Wait()
			if writes := conn.writes(); len(writes) != 1 || len(records(t, writes[0])) != 1 {
				t.Errorf("a record of %d bytes left in %d writes", size, len(writes))
			}
			io.ReadFull(peer, chunk)
		}
	})
}

func TestWaitingRecordsAreJoined(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		o, peer, _, conn := secured(t, version, 100<<10)
		var want []byte
		for i := range 100 {
			stanza := fmt.Appendf(nil, "<message id='%d'/>", i)
			want = append(want, stanza...)
			peer.Write(stanza)
		}
		var got []byte
		chunks := 0
		for len(got) < len(want) {
			got = append(got, o.receive()...)
			chunks++
		}
		// In memory the first read is a small one; on a socket one would do.
		if !bytes.Equal(got, want) || chunks > 2 {
			t.Errorf("100 records came in %d chunks, equal: %v", chunks, bytes.Equal(got, want))
		}

		big := make([]byte, 120<<10)
		o.link.Write(big) // more than the pipe holds: the writer is stuck
		synctest.Wait()
		before := len(conn.writes())
		for i := range 100 {
			o.link.Write(fmt.Appendf(nil, "<message id='%d'/>", i))
		}
		io.ReadFull(peer, big)
		io.ReadFull(peer, got)
		if !bytes.Equal(got, want) {
			t.Error("other bytes came back")
		}
		writes := conn.writes()
		if n := len(writes) + before; n != 3 {
			t.Errorf("%d writes, want two for the large chunk and one for 100 small ones", n)
		}
		if n := len(records(t, writes[len(writes)-1])); n != 1 {
			t.Errorf("100 small chunks in %d records", n)
		}
	})
}

func TestBackPressureUnderTLS(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		o, peer, _, conn := secured(t, version, 1<<10)
		before := conn.reads()
		go func() { peer.Write(make([]byte, 40<<10)); peer.CloseWrite() }()
		synctest.Wait()
		if n := conn.reads() - before; n != 0 {
			t.Fatalf("%d reads without a credit", n)
		}
		if got, err := o.end(); len(got) != 40<<10 || err != io.EOF {
			t.Errorf("received %d bytes, %v", len(got), err)
		}
	})
}

// The first bytes of a handshake may come with the last of the plain stream,
// in any pieces.
func TestPrefix(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, drip := range []bool{false, true} {
			raw, conn := memPipe(1 << 16)
			conn.taps.drip = drip
			o := own(t, conn, Config{})
			const ask = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
			raw.Write([]byte(ask))
			peer := tls.Client(raw, clientTLS())
			done := make(chan error, 1)
			go func() { done <- peer.Handshake() }() // without waiting for <proceed/>
			synctest.Wait()
			var got string
			for len(got) <= len(ask) {
				got += o.receive()
			}
			o.link.Write([]byte{}) // nothing to say in plain
			u := o.startTLS(serverTLS(version), true, got[len(ask):])
			if err := errors.Join(u.Err, <-done); err != nil {
				t.Fatal(err)
			}
			if u.State.Version != version || u.State.NegotiatedProtocol != "xmpp-client" {
				t.Errorf("agreed on %x, %q", u.State.Version, u.State.NegotiatedProtocol)
			}
			h := u.Hello
			if h == nil || h.SNI != "example.com" || !slices.Equal(h.ALPN, []string{"xmpp-client"}) ||
				!slices.Contains(h.Versions, tls.VersionTLS13) {
				t.Errorf("hello: %+v", h)
			}
			go peer.Write([]byte("<stream:stream>"))
			if got := o.receive(); got != "<stream:stream>" {
				t.Errorf("received %q", got)
			}
		}
	})
}

// White space behind <starttls/> may come alone, and late; only so much of it.
func TestSpaceBeforeHandshake(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, space := range []string{"\n", " \t\r\n", strings.Repeat(" ", maxSpace-1)} {
			raw, conn := memPipe(1 << 16)
			o := own(t, conn, Config{})
			peer := tls.Client(raw, clientTLS())
			done := make(chan error, 1)
			go func() {
				synctest.Wait() // the link waits for the handshake
				raw.Write([]byte(space[1:]))
				synctest.Wait()
				done <- peer.Handshake()
			}()
			u := o.startTLS(serverTLS(version), true, space[:1])
			if err := errors.Join(u.Err, <-done); err != nil {
				t.Fatal(err)
			}
			if string(u.Space) != space {
				t.Errorf("%q came before the handshake, of %q", u.Space, space)
			}
		}
		raw, conn := memPipe(1 << 16)
		o := own(t, conn, Config{})
		go raw.Write(bytes.Repeat([]byte(" "), maxSpace+recordHeader))
		if u := o.startTLS(serverTLS(version), true, ""); u.Err == nil || len(u.Space) < maxSpace {
			t.Errorf("white space without end: %v after %d bytes", u.Err, len(u.Space))
		}
	})
}

// <proceed/> is on the wire before the handshake, what is queued later is
// under TLS, and a credit granted early waits for the handshake.
func TestUpgradeKeepsOrder(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		a, b := memPipe(1 << 16)
		server, client := own(t, a, Config{}), own(t, b, Config{})
		client.link.StartTLS(clientTLS(), false, nil) // its ClientHello lies ready
		synctest.Wait()
		server.link.Write([]byte("<proceed/>"))
		server.link.StartTLS(serverTLS(version), true, nil)
		server.link.Grant()
		server.link.Write([]byte("secret"))
		synctest.Wait()
		if u := expect[Upgraded](client); u.Err == nil {
			t.Error("the client took <proceed/> for TLS")
		}
		if first := a.writes()[0]; string(first) != "<proceed/>" {
			t.Errorf("first written: %q", first)
		}

		a, b = memPipe(1 << 16)
		server, client = own(t, a, Config{}), own(t, b, Config{})
		server.link.Write([]byte("<proceed/>"))
		server.link.StartTLS(serverTLS(version), true, nil)
		server.link.Grant()
		server.link.Write([]byte("secret"))
		if got := client.receive(); got != "<proceed/>" {
			t.Fatalf("received %q", got)
		}
		if u := client.startTLS(clientTLS(), false, ""); u.Err != nil || u.Hello != nil || u.State.Version != version {
			t.Fatalf("%+v", u)
		}
		if u := expect[Upgraded](server); u.Err != nil {
			t.Fatal(u.Err)
		}
		if got := client.receive(); got != "secret" {
			t.Errorf("received %q", got)
		}
		client.link.Write([]byte("reply"))
		if r := expect[Received](server); string(r.Chunk) != "reply" {
			t.Errorf("received %q", r.Chunk)
		}
		for _, w := range a.writes()[1:] {
			if bytes.Contains(w, []byte("secret")) {
				t.Error("secret went out in plain")
			}
		}
	})
}

func TestEndsUnderTLS(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		// close_notify, together with the last bytes, and our half stays open.
		o, peer, _, _ := secured(t, version, 1<<16)
		peer.Write([]byte("bye"))
		peer.CloseWrite()
		if got, err := o.end(); got != "bye" || err != io.EOF {
			t.Errorf("ended with %q, %v", got, err)
		}
		o.link.Write([]byte("later"))
		o.link.CloseWrite()
		if got, err := io.ReadAll(peer); string(got) != "later" || err != nil {
			t.Errorf("the peer read %q, %v", got, err)
		}
		if d := expect[Drained](o); !d.Closed {
			t.Errorf("drained: %+v", d)
		}
		o.link.Wait()

		// A FIN between records.
		o, peer, raw, _ := secured(t, version, 1<<16)
		peer.Write([]byte("bye"))
		raw.CloseWrite()
		if got, err := o.end(); got != "bye" || err != ErrNoCloseNotify || !errors.Is(err, io.ErrUnexpectedEOF) || !Clean(err) {
			t.Errorf("ended with %q, %v", got, err)
		}

		// A FIN inside a record.
		for _, torn := range []string{"\x17", "\x17\x03\x03\x00\x40torn"} {
			o, peer, raw, _ = secured(t, version, 1<<16)
			peer.Write([]byte("bye"))
			raw.Write([]byte(torn))
			raw.CloseWrite()
			if got, err := o.end(); got != "bye" || !errors.Is(err, io.ErrUnexpectedEOF) || Clean(err) {
				t.Errorf("ended with %q, %v", got, err)
			}
		}

		// An RST.
		o, _, raw, _ = secured(t, version, 1<<16)
		raw.reset()
		if got, err := o.end(); got != "" || !IsReset(err) || Clean(err) {
			t.Errorf("ended with %q, %v", got, err)
		}
	})
}

// Bytes that are not TLS end the receiving half with crypto/tls's error and
// send its alert; they neither hang nor crash the link.
func TestGarbageUnderTLS(t *testing.T) {
	eachVersion(t, func(t *testing.T, version uint16) {
		for _, garbage := range []string{
			"<message/>", "\x17\x03\x03\x00\x01x", "\x17\x03\x03\x00\x00", "\x17\x03\x03\xff\xffx", "\x16\x03\x03\x00\x30" + string(make([]byte, 48)),
		} {
			o, _, raw, conn := secured(t, version, 1<<16)
			raw.Write([]byte(garbage))
			got, err := o.end()
			if got != "" || err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%q: %q, %v", garbage, got, err)
			}
			synctest.Wait()
			if len(conn.writes()) == 0 {
				t.Errorf("%q: no alert was sent", garbage)
			}
		}
	})
}

func TestHandshakeFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handshake := func(client, server *tls.Config) (c, s Upgraded) {
			a, b := memPipe(1 << 16)
			co, so := own(t, a, Config{}), own(t, b, Config{})
			co.link.StartTLS(client, false, nil)
			so.link.StartTLS(server, true, nil)
			return expect[Upgraded](co), expect[Upgraded](so)
		}
		stranger := clientTLS()
		stranger.RootCAs = x509.NewCertPool()
		c, s := handshake(stranger, serverTLS(tls.VersionTLS13))
		if unknown := (x509.UnknownAuthorityError{}); !errors.As(c.Err, &unknown) {
			t.Errorf("client: %v", c.Err)
		}
		if s.Err == nil || s.Hello == nil || s.Hello.SNI != "example.com" {
			t.Errorf("server: %+v", s)
		}
		old := clientTLS()
		old.MaxVersion = tls.VersionTLS12
		if c, s = handshake(old, serverTLS(tls.VersionTLS13)); c.Err == nil || s.Err == nil || s.State != nil {
			t.Errorf("client: %v; server: %v", c.Err, s.Err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		raw, conn := memPipe(1 << 16)
		o := own(t, conn, Config{})
		raw.Write([]byte("<stream:stream>"))
		var header tls.RecordHeaderError
		if u := o.startTLS(serverTLS(0), true, ""); !errors.As(u.Err, &header) || u.Hello != nil {
			t.Errorf("%+v", u)
		}
		if _, err := o.end(); !errors.As(err, &header) {
			t.Errorf("a read after it: %v", err)
		}
	})
}

func TestMisuseOfStartTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw, conn := memPipe(1 << 10)
		o := own(t, conn, Config{})
		o.link.Grant()
		if u := o.startTLS(serverTLS(0), true, ""); u.Err != errCreditOut {
			t.Errorf("with a credit out: %v", u.Err)
		}
		raw.Write([]byte("plain"))
		if r := expect[Received](o); string(r.Chunk) != "plain" {
			t.Errorf("received %q", r.Chunk)
		}
		o.link.CloseWrite()
		expect[Drained](o)
		if u := o.startTLS(serverTLS(0), true, ""); u.Err != errEnded {
			t.Errorf("after CloseWrite: %v", u.Err)
		}
	})
	eachVersion(t, func(t *testing.T, version uint16) {
		o, _, _, _ := secured(t, version, 1<<16)
		if u := o.startTLS(serverTLS(0), true, ""); u.Err != errTwice {
			t.Errorf("twice: %v", u.Err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // the writer fails before it comes to the upgrade
		raw, conn := memPipe(1)
		o := own(t, conn, Config{})
		o.link.Write(make([]byte, 10))
		o.link.StartTLS(serverTLS(0), true, nil)
		synctest.Wait()
		raw.reset()
		if u := expect[Upgraded](o); !IsReset(u.Err) {
			t.Errorf("upgraded: %+v", u)
		}
		if d := expect[Drained](o); !IsReset(d.Err) {
			t.Errorf("drained: %+v", d)
		}
	})
}
