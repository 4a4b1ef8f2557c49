package link

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// owner is a link's owner for tests: it keeps what was posted in order.
type owner struct {
	t     testing.TB
	link  *Link
	inbox chan Posted
}

// own makes a link over conn whose owner takes what is posted when it wants.
func own(t testing.TB, conn net.Conn, cfg Config) *owner {
	o := &owner{t: t, inbox: make(chan Posted)}
	stop := make(chan struct{})
	cfg.Post = func(p Posted) {
		select {
		case o.inbox <- p:
		case <-stop:
		}
	}
	o.link = New(conn, cfg)
	t.Cleanup(func() {
		close(stop)
		o.link.Close()
		o.link.Wait()
	})
	return o
}

// expect returns the next thing posted, which must be a P.
func expect[P Posted](o *owner) P {
	o.t.Helper()
	switch p := (<-o.inbox).(type) {
	case P:
		return p
	default:
		o.t.Fatalf("posted %#v, want %T", p, *new(P))
		panic("unreachable")
	}
}

// receive grants one read and returns its chunk, which must come without error.
func (o *owner) receive() string {
	o.t.Helper()
	o.link.Grant()
	r := expect[Received](o)
	if r.Err != nil {
		o.t.Fatalf("received %q and %v", r.Chunk, r.Err)
	}
	return string(r.Chunk)
}

// end grants reads until the end and returns what came and how it ended.
func (o *owner) end() (string, error) {
	o.t.Helper()
	var all []byte
	for {
		o.link.Grant()
		r := expect[Received](o)
		all = append(all, r.Chunk...)
		if r.Err != nil {
			return string(all), r.Err
		}
	}
}

// startTLS upgrades and returns the outcome.
func (o *owner) startTLS(cfg *tls.Config, server bool, prefix string) Upgraded {
	o.t.Helper()
	o.link.StartTLS(cfg, server, []byte(prefix))
	return expect[Upgraded](o)
}

// identity is a certificate made once, for every test.
var identity = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"example.com"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
})

func serverTLS(version uint16) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{identity()}, MinVersion: version, MaxVersion: version,
		NextProtos: []string{"xmpp-client"},
	}
}

func clientTLS() *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(identity().Leaf)
	return &tls.Config{
		RootCAs: roots, ServerName: "example.com", NextProtos: []string{"xmpp-client"}, DynamicRecordSizingDisabled: true,
	}
}

// tcpPair returns two connected TCP ends on loopback.
func tcpPair(t testing.TB) (client, server *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	a, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a.(*net.TCPConn), b.(*net.TCPConn)
}
