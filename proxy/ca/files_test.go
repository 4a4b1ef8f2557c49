package ca

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// writePair stores a leaf of the authority for domain, as a server's own
// certificate would be.
func writePair(t testing.TB, dir, domain string) Pair {
	t.Helper()
	p := Pair{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	c := mustCertificate(t, newTestAuthority(t), domain)
	writeFile(t, p.Cert, encodeCertificate(c.Leaf))
	writeFile(t, p.Key, encodeKey(t, c))
	return p
}

func encodeKey(t testing.TB, c *tls.Certificate) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestFilesChooseByName(t *testing.T) {
	example, other := writePair(t, t.TempDir(), "example.com"), writePair(t, t.TempDir(), "bücher.example")
	files, err := OpenFiles([]Pair{example, other}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for domain, want := range map[string]string{
		"example.com": "example.com", "EXAMPLE.com.": "example.com",
		"bücher.example": "xn--bcher-kva.example", "xn--bcher-kva.example": "xn--bcher-kva.example",
		"im.example.com": "", "example.org": "", "127.0.0.1": "",
	} {
		c, err := files.Certificate(domain)
		switch {
		case want == "" && !errors.Is(err, ErrNoCertificate):
			t.Errorf("%s: %v, %v; want ErrNoCertificate", domain, c, err)
		case want != "" && (err != nil || c.Leaf.Subject.CommonName != want):
			t.Errorf("%s: %v", domain, err)
		}
	}

	authority := newTestAuthority(t)
	chain := Chain{Files: files, Authority: authority}
	given, err := chain.Certificate("example.com")
	if err != nil || given.Leaf.CheckSignatureFrom(authority.Root()) == nil {
		t.Errorf("the given certificate is not served: %v", err)
	}
	minted, err := chain.Certificate("example.org")
	if err != nil || minted.Leaf.CheckSignatureFrom(authority.Root()) != nil {
		t.Errorf("no leaf is minted: %v", err)
	}
	if _, err := (Chain{Files: files}).Certificate("example.org"); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("without an authority: %v", err)
	}
	if _, err := (Chain{}).Certificate("example.org"); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("with nothing: %v", err)
	}
}

func TestNamesMatch(t *testing.T) {
	n := names{}
	for _, host := range []string{"*.Example.com", "im.example.com", "*", "*.*.x", "1.2.3.4", "", "a b"} {
		n.add(host)
	}
	for domain, want := range map[string]match{
		"im.example.com": matchExact, "chat.example.com": matchWildcard, "example.com": matchNone,
		"a.b.example.com": matchNone, "1.2.3.4": matchExact, "1.2.3.5": matchNone, "x": matchNone, "b.x": matchNone,
	} {
		parsed, err := parseName(domain)
		if err != nil {
			t.Fatal(err)
		}
		if got := n.match(parsed); got != want {
			t.Errorf("%s matches %d, want %d", domain, got, want)
		}
	}
}

func TestOpenFilesRefuses(t *testing.T) {
	good, other := writePair(t, t.TempDir(), "example.com"), writePair(t, t.TempDir(), "example.org")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	writeFile(t, empty, nil)
	locked := filepath.Join(t.TempDir(), "locked.pem")
	writeFile(t, locked, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))
	for _, tc := range []struct {
		pair Pair
		want string
	}{
		{Pair{good.Cert, other.Key}, "the key in " + other.Key + " is not the one of the certificate in " + good.Cert},
		{Pair{good.Key, good.Cert}, good.Key + " holds no certificate"},
		{Pair{empty, good.Key}, empty + " holds no certificate"},
		{Pair{good.Cert, empty}, empty + " holds no private key"},
		{Pair{good.Cert, locked}, "passphrase"},
		{Pair{good.Cert, empty + "x"}, "no such file"},
	} {
		if _, err := OpenFiles([]Pair{tc.pair}, nil); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%v: %v; want %q", tc.pair, err, tc.want)
		}
	}
}

// TestFilesReload renews a certificate under the eyes of its user, as certbot
// does: the certificate first, the key a moment later.
func TestFilesReload(t *testing.T) {
	dir := t.TempDir()
	p := writePair(t, dir, "example.com")
	synctest.Test(t, func(t *testing.T) {
		var reports []string
		files, err := OpenFiles([]Pair{p}, func(err error) { reports = append(reports, err.Error()) })
		if err != nil {
			t.Fatal(err)
		}
		serial := func() string {
			t.Helper()
			c, err := files.Certificate("example.com")
			if err != nil {
				t.Fatal(err)
			}
			return c.Leaf.SerialNumber.String()
		}
		old := serial()
		fresh := mustCertificate(t, newTestAuthority(t), "example.com")
		replace(t, p.Cert, encodeCertificate(fresh.Leaf))
		if serial() != old {
			t.Error("looked at the files again within the second")
		}
		for range 3 { // the pair does not fit together yet
			time.Sleep(checkEvery)
			if serial() != old {
				t.Error("half a pair is served")
			}
		}
		if len(reports) != 1 || !strings.Contains(reports[0], "stays in use") || !strings.Contains(reports[0], p.Key) {
			t.Errorf("reports are %q, want one", reports)
		}
		replace(t, p.Key, encodeKey(t, fresh))
		time.Sleep(checkEvery)
		if serial() != fresh.Leaf.SerialNumber.String() {
			t.Error("the renewed certificate is not served")
		}
		if err := os.Remove(p.Cert); err != nil {
			t.Fatal(err)
		}
		time.Sleep(checkEvery)
		if serial() != fresh.Leaf.SerialNumber.String() || len(reports) != 2 {
			t.Errorf("a removed file ends the service, or nobody hears of it: %q", reports)
		}
		replace(t, p.Cert, encodeCertificate(fresh.Leaf))
		time.Sleep(checkEvery)
		if serial(); len(reports) != 2 {
			t.Errorf("a fault that is over is reported: %q", reports)
		}
	})
}

// replace writes a file with a time of its own, so that a coarse clock does
// not hide the change.
func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	writeFile(t, path, data)
	when := time.Now().Add(time.Duration(len(data)) * time.Minute)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
}

// TestFilesWhileRenewed has many handshakes while the files change.
func TestFilesWhileRenewed(t *testing.T) {
	p := writePair(t, t.TempDir(), "example.com")
	files, err := OpenFiles([]Pair{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				files.pairs[0].checked.Store(0) // as if a second had passed
				if _, err := files.Certificate("example.com"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		c := mustCertificate(t, newTestAuthority(t), "example.com")
		writeFile(t, p.Cert, encodeCertificate(c.Leaf))
		writeFile(t, p.Key, encodeKey(t, c))
	}
	wait.Wait()
}

// TestNamesFromOtherNames: a certificate that names its domain by SRVName
// only is found, whatever else stands there.
func TestNamesFromOtherNames(t *testing.T) {
	leaf := mustCertificate(t, newTestAuthority(t), "example.com").Leaf
	stripped := *leaf
	stripped.DNSNames, stripped.IPAddresses = nil, nil
	stripped.Subject.CommonName = "nobody.example"
	if got := namesOf(&stripped); !slices.Equal(got.hosts, []string{"example.com"}) {
		t.Errorf("names are %q", got.hosts)
	}
	stripped.Extensions = nil
	if got := namesOf(&stripped); !slices.Equal(got.hosts, []string{"nobody.example"}) {
		t.Errorf("without any the names are %q", got.hosts)
	}
}

func FuzzOtherNames(f *testing.F) {
	n, err := parseName("bücher.example")
	if err != nil {
		f.Fatal(err)
	}
	san, err := subjectAltName(n)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(san.Value)
	f.Fuzz(func(t *testing.T, san []byte) {
		var n names
		n.addOtherNames(san)
		for _, host := range n.hosts {
			if strings.ContainsAny(host, " \x00/") {
				t.Errorf("%x gives the name %q", san, host)
			}
		}
	})
}
