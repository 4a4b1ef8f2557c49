package proxy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"xmppscope/proxy/ca"
	"xmppscope/xmpp/link"
)

// shake makes a handshake in memory and returns both ends' errors. A peer that
// fails closes the connection.
func shake(t *testing.T, client, server func(*memConn) error) (clientErr, serverErr error) {
	t.Helper()
	a, b := memPipe(mib)
	done := make(chan error)
	go func() {
		err := server(b)
		b.CloseWrite()
		done <- err
	}()
	clientErr = client(a)
	a.CloseWrite()
	return clientErr, <-done
}

func clientOf(cfg *tls.Config) func(*memConn) error {
	return func(c *memConn) error {
		conn := tls.Client(c, cfg)
		if err := conn.Handshake(); err != nil {
			return err
		}
		_, err := conn.Read(make([]byte, 1)) // an alert may follow in TLS 1.3
		return err
	}
}

func serverOf(cfg *tls.Config) func(*memConn) error {
	return func(c *memConn) error { return tls.Server(c, cfg).Handshake() }
}

// expired is a certificate that was good for one domain in 2020.
func expired(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"capulet.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestDiagnoseUpstreamTLS(t *testing.T) {
	a, trust := authority(t)
	ours := &Security{UpstreamCAs: trust}
	good := certificate(t, a, "capulet.example")
	other := certificate(t, a, "montague.example")
	old, oldTrust := expired(t)
	serve := func(change func(*tls.Config)) func(*memConn) error {
		cfg := &tls.Config{Certificates: []tls.Certificate{good}}
		change(cfg)
		return serverOf(cfg)
	}
	for name, test := range map[string]struct {
		security *Security
		server   func(*memConn) error
		want     string
	}{
		"name":      {ours, serve(func(c *tls.Config) { c.Certificates = []tls.Certificate{other} }), "not for “capulet.example” but for montague.example; give the right domain by --domain, or accept the certificate with -k"},
		"authority": {&Security{UpstreamCAs: x509.NewCertPool()}, serve(func(*tls.Config) {}), "not trusted here; name the authority by --upstream-ca FILE"},
		"expired":   {&Security{UpstreamCAs: oldTrust}, serve(func(c *tls.Config) { c.Certificates = []tls.Certificate{old} }), "not valid today, but from 2020-01-01 to 2020-06-01"},
		"version":   {ours, serve(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), "no TLS version in common"},
		"wants one": {ours, serve(func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }), "wants a certificate of the client"},
		"closed":    {ours, func(*memConn) error { return nil }, "The server closed the connection during the TLS handshake"},
		"reset":     {ours, func(c *memConn) error { c.reset(); return nil }, "The server closed the connection during the TLS handshake"},
		"no TLS":    {ours, func(c *memConn) error { _, err := io.WriteString(c, "<stream:error/>"); return err }, "something other than TLS; is it the right port?"},
		"unrecognized name": {ours, serve(func(c *tls.Config) {
			c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("no") }
		}), "The server broke the TLS handshake off"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := false
			err, _ := shake(t, clientOf(test.security.forServer("capulet.example", nil, &asked)), test.server)
			if err == nil {
				t.Fatal("the handshake succeeded")
			}
			if got := diagnoseUpstreamTLS(err, "capulet.example"); !strings.Contains(got, test.want) {
				t.Errorf("%v is diagnosed as\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}

func TestDiagnoseClientTLS(t *testing.T) {
	a, trust := authority(t)
	ours := &Security{Certificates: a}
	dial := func(change func(*tls.Config)) func(*memConn) error {
		cfg := &tls.Config{RootCAs: trust, ServerName: "capulet.example"}
		change(cfg)
		return clientOf(cfg)
	}
	for name, test := range map[string]struct {
		domain string
		client func(*memConn) error
		want   string
	}{
		"unknown authority": {"capulet.example", dial(func(c *tls.Config) { c.RootCAs = x509.NewCertPool() }), "does not trust xmppscope's certificate authority"},
		"own check": {"capulet.example", dial(func(c *tls.Config) {
			c.VerifyConnection = func(tls.ConnectionState) error { return errors.New("pinned") }
		}), "does not trust xmppscope's certificate authority (alert: bad certificate); “xmppscope ca”"},
		"version":   {"capulet.example", dial(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }), "no TLS version in common"},
		"no domain": {"", dial(func(c *tls.Config) { c.ServerName, c.InsecureSkipVerify = "", true }), "start it with --domain DOMAIN"},
		"closed":    {"capulet.example", func(c *memConn) error { return nil }, "closed the connection during the TLS handshake; most likely"},
		"reset":     {"capulet.example", func(c *memConn) error { c.reset(); return nil }, "closed the connection during the TLS handshake; most likely"},
		"no TLS":    {"capulet.example", func(c *memConn) error { _, err := io.WriteString(c, "<stream:stream>"); return err }, "something other than TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := shake(t, test.client, serverOf(ours.forClient(test.domain, true)))
			if err == nil {
				t.Fatal("the handshake succeeded")
			}
			if got := diagnoseClientTLS(err); !strings.Contains(got, test.want) {
				t.Errorf("%v is diagnosed as\n%s\nwant\n%s", err, got, test.want)
			}
		})
	}
}

func TestDiagnoseDial(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target, err := link.HostPort(closed.Addr().String(), false)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	_, _, refused := link.Dial(context.Background(), link.Dialer{}, []link.Candidate{target})
	for _, test := range []struct {
		err  error
		want string
	}{
		{refused, "Nothing listens at T (connection refused)"},
		{&link.DialError{Attempts: []*link.AttemptError{{Err: &net.DNSError{Name: "nowhere.example", IsNotFound: true, Err: "no such host"}}}}, "There is no host “nowhere.example”"},
		{&net.DNSError{Name: "x.example", Err: "server misbehaving"}, "Looking up “x.example” failed (server misbehaving)"},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), "T does not answer (timed out)"},
		{playErrors["reset"], "T reset the connection"},
		{fmt.Errorf("x: %w", link.ErrNotOffered), "The domain “D” says in DNS that it offers no XMPP service"},
	} {
		if got := diagnoseDial(test.err, "T", "D"); !strings.Contains(got, test.want) {
			t.Errorf("%v is diagnosed as %q, want %q", test.err, got, test.want)
		}
	}
}

var _ Certifier = (*ca.Authority)(nil)
