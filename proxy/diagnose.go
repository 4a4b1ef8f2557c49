package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"xmppscope/xmpp/link"
)

// This file turns errors into one sentence with cause and remedy. Its
// functions look at nothing but the error.

// noDomainError is why the client's handshake fails when nothing tells which
// domain to show a certificate for.
type noDomainError struct{}

func (noDomainError) Error() string { return "no domain is known" }

// diagnoseClientTLS says why a handshake with the client failed.
func diagnoseClientTLS(err error) string {
	const untrusted = "The client does not trust xmppscope's certificate authority (alert: %s); “xmppscope ca” says how to make it."
	alert, hasAlert := alertOf(err)
	var noDomain noDomainError
	switch {
	case errors.As(err, &noDomain):
		return "The client named no domain in its handshake (no SNI), and xmppscope knows none for it; start it with --domain DOMAIN."
	case hasAlert && distrusts(alert):
		return fmt.Sprintf(untrusted, alertWords(alert))
	case hasAlert && alert == alertProtocolVersion, isVersion(err):
		return "The client and xmppscope have no TLS version in common; xmppscope speaks TLS 1.2 and 1.3: allow one of them in the client."
	case hasAlert && alert == alertHandshakeFailure:
		return "The client found nothing in common with xmppscope to secure the connection by (alert: handshake failure); allow TLS 1.2 or 1.3 with its usual ciphers in the client."
	case hasAlert:
		return "The client broke the TLS handshake off (alert: " + alertWords(alert) + ")."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), link.IsReset(err):
		return "The client closed the connection during the TLS handshake; most likely it does not trust xmppscope's certificate authority: “xmppscope ca” says how to make it."
	}
	var garbled tls.RecordHeaderError
	if errors.As(err, &garbled) {
		return "The client sent something other than TLS where the handshake should be; its log says why."
	}
	return "The TLS handshake with the client failed: " + reason(err) + "."
}

// diagnoseUpstreamTLS says why a handshake with the server failed.
func diagnoseUpstreamTLS(err error, domain string) string {
	var (
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		garbled   tls.RecordHeaderError
	)
	alert, hasAlert := alertOf(err)
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("The server's certificate is not for %s but for %s; give the right domain by --domain, or accept the certificate with -k.",
			quoted(domain), namesOf(name.Certificate))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("The server's certificate is not valid today, but from %s to %s; renew it, or accept it with -k.",
			invalid.Cert.NotBefore.Format("2006-01-02"), invalid.Cert.NotAfter.Format("2006-01-02"))
	case errors.As(err, &authority):
		return fmt.Sprintf("The server's certificate for %s comes from an authority that is not trusted here; name the authority by --upstream-ca FILE, or accept the certificate with -k.",
			quoted(domain))
	case errors.As(err, &invalid):
		return "The server's certificate cannot be verified (" + strings.TrimPrefix(invalid.Error(), "x509: ") + "); repair it, or accept it with -k."
	case hasAlert && alert == alertProtocolVersion, isVersion(err):
		return "The server and xmppscope have no TLS version in common; xmppscope speaks TLS 1.2 and 1.3: allow one of them in the server."
	case hasAlert && wantsCertificate(alert):
		return "The server wants a certificate of the client (alert: " + alertWords(alert) + "), and xmppscope has none to show; let the client log in with a password."
	case hasAlert && alert == alertUnrecognizedName:
		return "The server knows no domain " + quoted(domain) + " (alert: unrecognized name); give the right one by --domain."
	case hasAlert:
		return "The server broke the TLS handshake off (alert: " + alertWords(alert) + "); its log says why."
	case errors.As(err, &garbled):
		return "The server answered with something other than TLS; is it the right port? reverse+tls:HOST:PORT is for Direct TLS, reverse:HOST:PORT for STARTTLS."
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), link.IsReset(err):
		return "The server closed the connection during the TLS handshake; its log says why, and whether it has a certificate for " + quoted(domain) + "."
	}
	return "The TLS handshake with the server failed: " + reason(err) + "."
}

// diagnoseDial says why the server was not reached.
func diagnoseDial(err error, target, domain string) string {
	var dns *net.DNSError
	if target == "" {
		target = domain
	}
	switch {
	case errors.Is(err, link.ErrNotOffered):
		return "The domain " + quoted(domain) + " says in DNS that it offers no XMPP service for clients; is it spelled right?"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "There is no host " + quoted(dns.Name) + "; check the name, or name the server by -m reverse:HOST:PORT."
	case errors.As(err, &dns):
		return "Looking up " + quoted(dns.Name) + " failed (" + dns.Err + "); check the network's name server, or name the server by -m reverse:ADDRESS:PORT."
	case isRefused(err):
		return "Nothing listens at " + target + " (connection refused); is the server running, and is the port right?"
	case isTimeout(err):
		return target + " does not answer (timed out); is the address right, or is a firewall in the way?"
	case link.IsReset(err):
		return target + " reset the connection; its log says why."
	case isUnreachable(err):
		return target + " cannot be reached from here (" + reason(err) + "); check the network."
	}
	return "The server was not reached: " + reason(err) + "."
}

// reason is the innermost cause in words, without addresses and package names.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		err = op.Err
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection ended in the middle"
	case link.IsReset(err):
		return "the connection was reset"
	}
	text := err.Error()
	for _, p := range [...]string{"link: ", "tls: ", "x509: ", "read: ", "write: ", "connect: "} {
		text = strings.TrimPrefix(text, p)
	}
	return text
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// isVersion reports whether crypto/tls itself found no version in common.
func isVersion(err error) bool {
	return strings.Contains(err.Error(), "unsupported versions") || strings.Contains(err.Error(), "protocol version not supported")
}

// namesOf lists for what a certificate is good.
func namesOf(c *x509.Certificate) string {
	if c == nil {
		return "something else"
	}
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 8
	switch {
	case len(names) == 0:
		return "no domain at all (subject " + c.Subject.String() + ")"
	case len(names) > most:
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return list(names)
}

// TLS alerts (RFC 8446 §6.2) that have a remedy of their own.
const (
	alertHandshakeFailure       tls.AlertError = 40
	alertBadCertificate         tls.AlertError = 42
	alertUnsupportedCertificate tls.AlertError = 43
	alertCertificateExpired     tls.AlertError = 45
	alertCertificateUnknown     tls.AlertError = 46
	alertUnknownCA              tls.AlertError = 48
	alertAccessDenied           tls.AlertError = 49
	alertProtocolVersion        tls.AlertError = 70
	alertUnrecognizedName       tls.AlertError = 112
	alertCertificateRequired    tls.AlertError = 116
)

// alertOf returns the alert by which the peer ended a handshake. crypto/tls
// wraps a type of its own, which has the words of tls.AlertError.
func alertOf(err error) (tls.AlertError, bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return 0, false
	}
	words := op.Err.Error()
	for code := range 256 {
		if a := tls.AlertError(code); a.Error() == words {
			return a, true
		}
	}
	return 0, false
}

// distrusts reports whether a client sends this alert when it does not trust
// the certificate that it was shown.
func distrusts(a tls.AlertError) bool {
	switch a {
	case alertUnknownCA, alertBadCertificate, alertCertificateUnknown, alertAccessDenied, alertUnsupportedCertificate, alertCertificateExpired:
		return true
	}
	return false
}

// wantsCertificate reports whether a server sends this alert when it was not
// shown the client's certificate that it wants.
func wantsCertificate(a tls.AlertError) bool {
	switch a {
	case alertCertificateRequired, alertUnknownCA, alertBadCertificate, alertCertificateUnknown:
		return true
	}
	return false
}

func alertWords(a tls.AlertError) string { return strings.TrimPrefix(a.Error(), "tls: ") }
