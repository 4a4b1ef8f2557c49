package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"slices"

	"golang.org/x/net/idna"

	"xmppscope/xmpp/link"
)

// Certifier has the certificate that clients are shown for a domain. Any
// goroutine may call it, and nobody changes what it returns.
type Certifier interface {
	Certificate(domain string) (*tls.Certificate, error)
}

// Security is how both legs are secured. Certificates must be set; the rest
// may be zero.
type Security struct {
	Certificates Certifier
	UpstreamCAs  *x509.CertPool // that servers' certificates are verified against; nil: the system's
	Insecure     bool           // do not verify the server's certificate
	KeyLog       io.Writer      // gets the secrets of both legs in NSS key log format
}

const alpnClient = "xmpp-client" // XEP-0368 §4

// base is what both legs have in common. Session tickets would hide a later
// login's certificate checks from view, and renegotiation stays off, as
// crypto/tls has it.
func (s *Security) base() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, SessionTicketsDisabled: true, KeyLogWriter: s.KeyLog}
}

// forClient returns how to be the server that the client looks for: the one
// that it names in its handshake if preferSNI, else that of domain.
func (s *Security) forClient(domain string, preferSNI bool) *tls.Config {
	base := s.base()
	base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		name := domain
		if hello.ServerName != "" && (preferSNI || domain == "") {
			name = hello.ServerName
		}
		if name == "" {
			return nil, noDomainError{}
		}
		certificate, err := s.Certificates.Certificate(name)
		if err != nil {
			return nil, err
		}
		chosen := s.base()
		chosen.Certificates = []tls.Certificate{*certificate}
		if slices.Contains(hello.SupportedProtos, alpnClient) { // others are let pass without ALPN
			chosen.NextProtos = []string{alpnClient}
		}
		return chosen, nil
	}
	return base
}

// forServer returns how to be the client of a domain's server. asked is set
// when the server asks for a certificate.
func (s *Security) forServer(domain string, protocols []string, asked *bool) *tls.Config {
	c := s.base()
	c.ServerName = domain
	if ascii, err := idna.Lookup.ToASCII(domain); err == nil {
		c.ServerName = ascii
	}
	c.NextProtos = protocols
	c.RootCAs = s.UpstreamCAs
	c.InsecureSkipVerify = s.Insecure
	c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		*asked = true
		return new(tls.Certificate), nil // none
	}
	return c
}

// factsOf gathers what a handshake told.
func factsOf(u link.Upgraded) TLSFacts {
	var f TLSFacts
	if u.Hello != nil {
		f.SNI, f.Offered = u.Hello.SNI, u.Hello.ALPN
	}
	if u.State != nil {
		f.Version = tls.VersionName(u.State.Version)
		f.Cipher = tls.CipherSuiteName(u.State.CipherSuite)
		f.ALPN = u.State.NegotiatedProtocol
		if f.SNI == "" {
			f.SNI = u.State.ServerName
		}
	}
	return f
}
