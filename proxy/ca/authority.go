package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const (
	// rootYears is how long a new authority is valid.
	rootYears = 10
	// backdate lets clients whose clock is slow accept what is new.
	backdate = 48 * time.Hour
)

// Authority signs a certificate for every domain that is asked for. Make one
// with [Open] or [New].
type Authority struct {
	root   *x509.Certificate
	key    crypto.Signer
	secret []byte // the key in PKCS #8; the leaves' keys are derived from it
	path   string
	leaves cache
}

// New makes an authority that lives in memory only and is forgotten with the
// process, for where nothing can be written.
func New() (*Authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	root, err := newRoot(key)
	if err != nil {
		return nil, err
	}
	return newAuthority(root, key, "")
}

// newAuthority checks that root and key can sign together.
func newAuthority(root *x509.Certificate, key crypto.Signer, path string) (*Authority, error) {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(root.PublicKey) {
		return nil, errors.New("the certificate and the key of the authority do not belong together")
	}
	if !root.IsCA {
		return nil, errors.New("the certificate is not one of a certificate authority")
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("key of the certificate authority: %w", err)
	}
	return &Authority{root: root, key: key, secret: secret, path: path}, nil
}

// Certificate returns the leaf for a domain: a domain name in U-labels or
// A-labels, or an IP address with or without brackets. It is minted when it
// is not in memory. The same authority gives the same leaf for about half a
// year, also after a restart, so that a client that was told to trust this
// very certificate is not asked again.
//
// The result is shared: do not change it. Its Leaf is set.
func (a *Authority) Certificate(domain string) (*tls.Certificate, error) {
	name, err := parseName(domain)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if now.After(a.root.NotAfter) {
		return nil, fmt.Errorf("the certificate authority expired on %s", a.root.NotAfter.Format(time.DateOnly))
	}
	id := leafID{name: name, period: periodOf(a.root, now)}
	return a.leaves.get(id, func() (*tls.Certificate, error) { return a.mint(id) })
}

// Root returns the authority's own certificate. Do not change it.
func (a *Authority) Root() *x509.Certificate { return a.root }

// Path returns where ca.pem is, or nothing for an authority in memory.
func (a *Authority) Path() string { return a.path }

// PEM returns the authority's certificate as it stands in ca.pem.
func (a *Authority) PEM() []byte { return encodeCertificate(a.root) }

// Fingerprint returns the SHA-256 of a certificate as clients show it:
// upper-case hexadecimal pairs with colons.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// newKey makes a P-256 key, which every TLS 1.2 client of the field accepts.
func newKey() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// newRoot makes the self-signed certificate for a key. The name holds part
// of the key's hash: two authorities in one store never share a name.
func newRoot(key crypto.Signer) (*x509.Certificate, error) {
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("key of the certificate authority: %w", err)
	}
	sum := sha256.Sum256(public)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          serial.Add(serial, big.NewInt(1)),
		Subject:               pkix.Name{CommonName: fmt.Sprintf("xmppscope CA %x", sum[:4]), Organization: []string{"xmppscope"}},
		NotBefore:             now.Add(-backdate).UTC(),
		NotAfter:              now.AddDate(rootYears, 0, 0).UTC(),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		SubjectKeyId:          sum[:20],
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("certificate of the authority: %w", err)
	}
	return x509.ParseCertificate(der)
}

func encodeCertificate(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}
