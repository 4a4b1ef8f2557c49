package ca

import (
	"crypto/x509"
	"encoding/asn1"
	"net/netip"
	"strings"
)

// names are the domains that a certificate stands for.
type names struct {
	hosts []string // A-labels, lower case; a wildcard begins with "*."
	addrs []netip.Addr
}

type match int

const (
	matchNone match = iota
	matchWildcard
	matchExact
)

// namesOf collects dNSName, SRVName, xmppAddr and iPAddress; without any of
// them, the common name, as certificates from before RFC 2818 have it.
func namesOf(c *x509.Certificate) names {
	var n names
	for _, host := range c.DNSNames {
		n.add(host)
	}
	for _, ip := range c.IPAddresses {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			n.addrs = append(n.addrs, addr.Unmap())
		}
	}
	for _, ext := range c.Extensions {
		if ext.Id.Equal(oidSubjectAltName) {
			n.addOtherNames(ext.Value)
		}
	}
	if len(n.hosts) == 0 && len(n.addrs) == 0 {
		n.add(c.Subject.CommonName)
	}
	return n
}

// add takes a name in if it is one, once.
func (n *names) add(host string) {
	base, wild := strings.CutPrefix(host, "*.")
	parsed, err := parseName(base)
	if err != nil {
		return
	}
	if parsed.addr.IsValid() {
		n.addrs = append(n.addrs, parsed.addr)
		return
	}
	host = parsed.ascii
	if wild {
		host = "*." + host
	}
	for _, known := range n.hosts {
		if known == host {
			return
		}
	}
	n.hosts = append(n.hosts, host)
}

// addOtherNames reads the SRVName and xmppAddr of a SubjectAltName, which
// package x509 passes over. What is malformed is passed over too.
func (n *names) addOtherNames(san []byte) {
	var all asn1.RawValue
	if rest, err := asn1.Unmarshal(san, &all); err != nil || len(rest) > 0 {
		return
	}
	for rest := all.Bytes; len(rest) > 0; {
		var general, value, inner asn1.RawValue
		var kind asn1.ObjectIdentifier
		var err error
		if rest, err = asn1.Unmarshal(rest, &general); err != nil {
			return
		}
		if general.Class != asn1.ClassContextSpecific || general.Tag != tagOtherName {
			continue
		}
		after, err := asn1.Unmarshal(general.Bytes, &kind)
		if err != nil {
			continue
		}
		if _, err = asn1.Unmarshal(after, &value); err != nil {
			continue
		}
		if _, err = asn1.Unmarshal(value.Bytes, &inner); err != nil {
			continue
		}
		switch text := string(inner.Bytes); {
		case kind.Equal(oidXMPPAddr):
			n.add(text)
		case kind.Equal(oidSRVName):
			if service, host, ok := strings.Cut(text, "."); ok && strings.HasPrefix(service, "_xmpp") {
				n.add(host)
			}
		}
	}
}

// match holds a domain against the names. A wildcard stands for exactly one
// label (RFC 6125 §6.4.3).
func (n names) match(domain name) match {
	if domain.addr.IsValid() {
		for _, addr := range n.addrs {
			if addr == domain.addr {
				return matchExact
			}
		}
		return matchNone
	}
	_, parent, _ := strings.Cut(domain.ascii, ".")
	found := matchNone
	for _, host := range n.hosts {
		if host == domain.ascii {
			return matchExact
		}
		if base, wild := strings.CutPrefix(host, "*."); wild && base == parent {
			found = matchWildcard
		}
	}
	return found
}
