package ca

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newTestAuthority(t testing.TB) *Authority {
	t.Helper()
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustCertificate(t testing.TB, a *Authority, domain string) *tls.Certificate {
	t.Helper()
	c, err := a.Certificate(domain)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestLeafNames(t *testing.T) {
	a := newTestAuthority(t)
	for _, tc := range []struct {
		domain string
		hosts  []string // A-labels
		addr   string
		cn     string
	}{
		{"example.com", []string{"example.com"}, "", "example.com"},
		{"Example.COM.", []string{"example.com"}, "", "example.com"},
		{"localhost", []string{"localhost"}, "", "localhost"},
		{"bücher.example", []string{"xn--bcher-kva.example"}, "", "xn--bcher-kva.example"},
		{"xn--bcher-kva.example", []string{"xn--bcher-kva.example"}, "", "xn--bcher-kva.example"},
		{"my_host.test", []string{"my_host.test"}, "", "my_host.test"},
		{"r3---sn.test", []string{"r3---sn.test"}, "", "r3---sn.test"},
		{"127.0.0.1", nil, "127.0.0.1", "127.0.0.1"},
		{"::1", nil, "::1", "::1"},
		{"[2001:DB8::1]", nil, "2001:db8::1", "2001:db8::1"},
		{strings.Repeat("a", 63) + ".example", []string{strings.Repeat("a", 63) + ".example"}, "", ""},
	} {
		leaf := mustCertificate(t, a, tc.domain).Leaf
		got := namesOf(leaf)
		if !slices.Equal(got.hosts, tc.hosts) {
			t.Errorf("%s: hosts %q, want %q", tc.domain, got.hosts, tc.hosts)
		}
		if leaf.Subject.CommonName != tc.cn {
			t.Errorf("%s: common name %q, want %q", tc.domain, leaf.Subject.CommonName, tc.cn)
		}
		if tc.addr == "" {
			if !slices.Equal(leaf.DNSNames, tc.hosts) {
				t.Errorf("%s: dNSName %q, want %q", tc.domain, leaf.DNSNames, tc.hosts)
			}
			continue
		}
		if len(leaf.IPAddresses) != 1 || leaf.IPAddresses[0].String() != tc.addr {
			t.Errorf("%s: iPAddress %v, want %s", tc.domain, leaf.IPAddresses, tc.addr)
		}
	}
}

func TestNoNameNoCertificate(t *testing.T) {
	a := newTestAuthority(t)
	for _, domain := range []string{
		"", ".", "a..b", "a b", "a/b", "user@example.com", "♚.example", strings.Repeat("a", 64) + ".example",
		"fe80::1%eth0", "x\x00y", "\xff.example", "example.com:5222",
	} {
		c, err := a.Certificate(domain)
		var named *NameError
		if !errors.As(err, &named) {
			t.Errorf("%q: %v, %v; want a NameError", domain, c, err)
		}
	}
}

// TestHandshake lets clients that verify by the system's rules connect.
func TestHandshake(t *testing.T) {
	a := newTestAuthority(t)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		t.Fatal("PEM holds no certificate")
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, domain := range []string{"example.com", "xn--bcher-kva.example", "127.0.0.1", "::1"} {
			near, far := net.Pipe()
			server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{*mustCertificate(t, a, domain)}})
			client := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: domain, MinVersion: version, MaxVersion: version})
			done := make(chan error, 1)
			go func() { done <- server.Handshake() }()
			if err := client.Handshake(); err != nil {
				t.Errorf("%s, %s: %v", domain, tls.VersionName(version), err)
			}
			if err := <-done; err != nil {
				t.Errorf("%s, %s: server: %v", domain, tls.VersionName(version), err)
			}
			near.Close()
			far.Close()
		}
	}
}

// TestOpenSSL holds the certificates against another implementation.
func TestOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl")
	}
	a := newTestAuthority(t)
	dir := t.TempDir()
	root, leaf := filepath.Join(dir, "root.pem"), filepath.Join(dir, "leaf.pem")
	writeFile(t, root, a.PEM())
	c := mustCertificate(t, a, "bücher.example")
	writeFile(t, leaf, encodeCertificate(c.Leaf))

	run := func(args ...string) string {
		out, err := exec.Command(openssl, args...).CombinedOutput()
		if err != nil {
			t.Errorf("openssl %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root, "-verify_hostname", "xn--bcher-kva.example", leaf)
	text := run("x509", "-in", leaf, "-noout", "-text")
	for _, want := range []string{
		"DNS:xn--bcher-kva.example", "_xmpp-client.xn--bcher-kva.example", "_xmpp-server.xn--bcher-kva.example",
		"bücher.example", "ecdsa-with-SHA256", "NIST CURVE: P-256", "TLS Web Server Authentication",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("openssl shows no %q in\n%s", want, text)
		}
	}
	if got := run("x509", "-in", root, "-noout", "-fingerprint", "-sha256"); !strings.Contains(got, Fingerprint(a.Root())) {
		t.Errorf("openssl says %s, Fingerprint %s", got, Fingerprint(a.Root()))
	}
}

// TestGnuTLS does the same with the library of many XMPP clients.
func TestGnuTLS(t *testing.T) {
	certtool, err := exec.LookPath("certtool")
	if err != nil {
		t.Skip("needs GnuTLS's certtool")
	}
	a := newTestAuthority(t)
	root := filepath.Join(t.TempDir(), "root.pem")
	writeFile(t, root, a.PEM())
	cmd := exec.Command(certtool, "--verify", "--load-ca-certificate", root, "--verify-hostname", "example.com")
	cmd.Stdin = bytes.NewReader(encodeCertificate(mustCertificate(t, a, "example.com").Leaf))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("certtool: %v\n%s", err, out)
	}
}

// TestLeafOverTime walks through the authority's life: a leaf is always
// valid, never for too long, and the same within a period.
func TestLeafOverTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newTestAuthority(t)
		pool := x509.NewCertPool()
		pool.AddCert(a.Root())
		changes := 0
		var last *tls.Certificate
		for time.Now().Before(a.Root().NotAfter) {
			c := mustCertificate(t, a, "example.com")
			if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "example.com"}); err != nil {
				t.Fatalf("on %s: %v", time.Now(), err)
			}
			if age := time.Since(c.Leaf.NotBefore); age < backdate {
				t.Fatalf("on %s valid since %s only", time.Now(), age)
			}
			if left := time.Until(c.Leaf.NotAfter); left < 200*24*time.Hour && c.Leaf.NotAfter.Before(a.Root().NotAfter) {
				t.Fatalf("on %s valid for %s only", time.Now(), left)
			}
			if life := c.Leaf.NotAfter.Sub(c.Leaf.NotBefore); life > 398*24*time.Hour {
				t.Fatalf("valid for %s", life)
			}
			if c != last {
				changes++
			}
			last = c
			time.Sleep(7 * 24 * time.Hour)
		}
		if changes < 20 || changes > 22 {
			t.Errorf("%d leaves in ten years, want one in about 180 days", changes)
		}
		if _, err := a.Certificate("example.com"); err == nil || !strings.Contains(err.Error(), "expired on") {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestLeafSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	first := mustCertificate(t, mustOpen(t, dir), "example.com")
	second := mustCertificate(t, mustOpen(t, dir), "example.com")
	if !bytes.Equal(first.Certificate[0], second.Certificate[0]) {
		t.Error("another leaf after a restart; clients that pinned it would ask again")
	}
	other := mustCertificate(t, mustOpen(t, t.TempDir()), "example.com")
	if bytes.Equal(other.Leaf.RawSubjectPublicKeyInfo, first.Leaf.RawSubjectPublicKeyInfo) {
		t.Error("another authority has the same key for its leaf")
	}
	sibling := mustCertificate(t, mustOpen(t, dir), "example.org")
	if bytes.Equal(sibling.Leaf.RawSubjectPublicKeyInfo, first.Leaf.RawSubjectPublicKeyInfo) ||
		sibling.Leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) == 0 {
		t.Error("two domains share a key or a serial number")
	}
}

func TestAuthorityOfTheUser(t *testing.T) {
	a := newTestAuthority(t)
	leaf := mustCertificate(t, a, "example.com")
	if _, err := newAuthority(leaf.Leaf, a.key, ""); err == nil {
		t.Error("a certificate that does not fit the key passed")
	}
	if _, err := newAuthority(leaf.Leaf, leaf.PrivateKey.(crypto.Signer), ""); err == nil {
		t.Error("a leaf passed as an authority")
	}
}

func TestCacheMintsOnceAndIsBounded(t *testing.T) {
	a := newTestAuthority(t)
	var wait sync.WaitGroup
	got := make([]*tls.Certificate, 32)
	for i := range got {
		wait.Go(func() {
			c, err := a.Certificate("example.com")
			if err != nil {
				t.Error(err)
			}
			got[i] = c
		})
	}
	wait.Wait()
	for _, c := range got[1:] {
		if c != got[0] {
			t.Fatal("the same leaf was minted twice")
		}
	}

	var c cache
	leaf := &tls.Certificate{}
	mint := func() (*tls.Certificate, error) { return leaf, nil }
	for i := range int64(3 * cacheSize) {
		if _, err := c.get(leafID{period: i}, mint); err != nil {
			t.Fatal(err)
		}
		c.get(leafID{period: 0}, mint) // used all the time, so it stays
	}
	if len(c.byID) != cacheSize || c.used.Len() != cacheSize {
		t.Errorf("%d and %d leaves kept, want %d", len(c.byID), c.used.Len(), cacheSize)
	}
	if c.byID[leafID{period: 0}] == nil {
		t.Error("the leaf used most was dropped")
	}

	failed := errors.New("failed")
	if _, err := c.get(leafID{period: -1}, func() (*tls.Certificate, error) { return nil, failed }); err != failed {
		t.Errorf("got %v, want %v", err, failed)
	}
	if got, err := c.get(leafID{period: -1}, mint); err != nil || got != leaf {
		t.Error("a failure was kept")
	}
}

func TestPEMHoldsTheRootOnly(t *testing.T) {
	a := newTestAuthority(t)
	block, rest := pem.Decode(a.PEM())
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 || !bytes.Equal(block.Bytes, a.Root().Raw) {
		t.Errorf("PEM is %s", a.PEM())
	}
}

func BenchmarkMint(b *testing.B) {
	a := newTestAuthority(b)
	n, err := parseName("example.com")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := a.mint(leafID{name: n}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCertificateKept(b *testing.B) {
	a := newTestAuthority(b)
	for b.Loop() {
		if _, err := a.Certificate("example.com"); err != nil {
			b.Fatal(err)
		}
	}
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
