package ca

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// checkEvery is how often a pair's files are looked at while they are in use.
const checkEvery = time.Second

// ErrNoCertificate says that no given certificate names the domain.
var ErrNoCertificate = errors.New("no given certificate names this domain")

// Pair names the two PEM files of a certificate: the chain, leaf first, and
// its key.
type Pair struct{ Cert, Key string }

// Files serves certificates from files, read again when they change. Make it
// with [OpenFiles]; the zero value has none.
type Files struct {
	pairs  []*pair
	report func(error)
}

// OpenFiles reads the pairs; an error names the file at fault. Later, when
// files have changed, they are read again by the call that needs them. A pair
// that then cannot be read, being half-written for example, is served as it
// was, and report is told once for each new reason. report is called from any
// goroutine and may be nil.
func OpenFiles(pairs []Pair, report func(error)) (*Files, error) {
	if report == nil {
		report = func(error) {}
	}
	f := &Files{report: report}
	for _, named := range pairs {
		p := &pair{Pair: named}
		stamp, err := p.stat()
		if err != nil {
			return nil, err
		}
		now, err := p.read(stamp)
		if err != nil {
			return nil, err
		}
		p.now.Store(now)
		p.checked.Store(time.Now().UnixNano())
		f.pairs = append(f.pairs, p)
	}
	return f, nil
}

// Certificate returns the certificate that names the domain, the exact name
// before a wildcard and earlier pairs before later ones, or an error that is
// [ErrNoCertificate]. A certificate that has expired is served all the same:
// the client is to see it. The result is shared: do not change it.
func (f *Files) Certificate(domain string) (*tls.Certificate, error) {
	n, err := parseName(domain)
	if err != nil {
		return nil, err
	}
	var wild *tls.Certificate
	for _, p := range f.pairs {
		now := p.current(f.report)
		switch now.names.match(n) {
		case matchExact:
			return now.cert, nil
		case matchWildcard:
			if wild == nil {
				wild = now.cert
			}
		}
	}
	if wild == nil {
		return nil, fmt.Errorf("%s: %w", n.ascii, ErrNoCertificate)
	}
	return wild, nil
}

// pair is one certificate with its files.
type pair struct {
	Pair
	now     atomic.Pointer[loaded]
	checked atomic.Int64           // when the files were looked at, in Unix nanoseconds
	failure atomic.Pointer[string] // what was reported last, nil after a success
}

// loaded is a pair as it was read at one moment; immutable.
type loaded struct {
	cert  *tls.Certificate
	names names
	stamp stamp
}

// stamp tells whether files have changed.
type stamp struct {
	certTime, keyTime time.Time
	certSize, keySize int64
}

func (s stamp) equal(t stamp) bool {
	return s.certTime.Equal(t.certTime) && s.keyTime.Equal(t.keyTime) &&
		s.certSize == t.certSize && s.keySize == t.keySize
}

// current returns the pair, read again if its files have changed. One caller
// a second looks; the others take what is there.
func (p *pair) current(report func(error)) *loaded {
	old := p.now.Load()
	last, now := p.checked.Load(), time.Now().UnixNano()
	if now-last < int64(checkEvery) || !p.checked.CompareAndSwap(last, now) {
		return old
	}
	stamp, err := p.stat()
	if err == nil && stamp.equal(old.stamp) && p.failure.Load() == nil {
		return old
	}
	var fresh *loaded
	if err == nil {
		fresh, err = p.read(stamp)
	}
	if err != nil {
		text := err.Error()
		if before := p.failure.Swap(&text); before == nil || *before != text {
			report(fmt.Errorf("the certificate read before stays in use: %w", err))
		}
		return old
	}
	p.failure.Store(nil)
	p.now.Store(fresh)
	return fresh
}

func (p *pair) stat() (stamp, error) {
	cert, err := os.Stat(p.Cert)
	if err != nil {
		return stamp{}, err
	}
	key, err := os.Stat(p.Key)
	if err != nil {
		return stamp{}, err
	}
	return stamp{cert.ModTime(), key.ModTime(), cert.Size(), key.Size()}, nil
}

// read reads the pair. The stamp was taken before, so that a change while
// reading is seen the next time.
func (p *pair) read(stamp stamp) (*loaded, error) {
	certPEM, err := os.ReadFile(p.Cert)
	if err != nil {
		return nil, err
	}
	keyPEM, err := os.ReadFile(p.Key)
	if err != nil {
		return nil, err
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, p.explain(err, certPEM, keyPEM)
	}
	if cert.Leaf == nil {
		if cert.Leaf, err = x509.ParseCertificate(cert.Certificate[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Cert, err)
		}
	}
	return &loaded{cert: &cert, names: namesOf(cert.Leaf), stamp: stamp}, nil
}

// explain says which file is at fault and why.
func (p *pair) explain(err error, certPEM, keyPEM []byte) error {
	_, keyErr := parseFirstKey(keyPEM)
	switch {
	case strings.Contains(err.Error(), "does not match"):
		return fmt.Errorf("the key in %s is not the one of the certificate in %s", p.Key, p.Cert)
	case !strings.Contains(string(certPEM), "-----BEGIN CERTIFICATE-----"):
		return fmt.Errorf("%s holds no certificate in PEM", p.Cert)
	case keyErr != nil:
		return fmt.Errorf("%s %w", p.Key, keyErr)
	}
	return fmt.Errorf("%s and %s: %w", p.Cert, p.Key, err)
}
