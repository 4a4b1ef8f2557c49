package ca

import (
	"crypto/tls"
	"errors"
)

// Chain finds the certificate for a domain: a given one that names it, else a
// leaf of the authority. Either may be nil.
type Chain struct {
	Files     *Files
	Authority *Authority
}

// Certificate returns the certificate to show for a domain, and an error if
// the domain cannot be named in one. The result is shared: do not change it.
func (c Chain) Certificate(domain string) (*tls.Certificate, error) {
	if c.Files != nil {
		cert, err := c.Files.Certificate(domain)
		if c.Authority == nil || !errors.Is(err, ErrNoCertificate) {
			return cert, err
		}
	}
	if c.Authority == nil {
		return nil, ErrNoCertificate
	}
	return c.Authority.Certificate(domain)
}
