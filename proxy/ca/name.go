package ca

import (
	"fmt"
	"net/netip"
	"strings"

	"xmppscope/xmpp"
)

// name is a domain as certificates have it.
type name struct {
	ascii   string     // A-labels, or the address without brackets
	unicode string     // U-labels, as in a JID
	addr    netip.Addr // valid if the domain is an IP address
}

// NameError says that no certificate can be made for a domain, since it is no
// name for one.
type NameError struct {
	Domain string
	Reason error
}

// Error names the domain and the reason.
func (e *NameError) Error() string {
	return fmt.Sprintf("no certificate can name %.100q: %v", e.Domain, e.Reason)
}

// Unwrap returns the reason.
func (e *NameError) Unwrap() error { return e.Reason }

// parseName reads a domain as a client, a user or an SNI gives it.
func parseName(domain string) (name, error) {
	bare := strings.TrimSuffix(strings.TrimPrefix(domain, "["), "]")
	if addr, err := netip.ParseAddr(bare); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return name{ascii: addr.String(), unicode: addr.String(), addr: addr}, nil
	}
	ascii, err := xmpp.DomainToASCII(domain)
	if err != nil {
		if host := strings.ToLower(strings.TrimSuffix(domain, ".")); isHostLike(host) {
			return name{ascii: host, unicode: host}, nil
		}
		return name{}, &NameError{Domain: domain, Reason: err}
	}
	jid, err := xmpp.NewJID("", domain, "")
	if err != nil {
		return name{}, &NameError{Domain: domain, Reason: err}
	}
	return name{ascii: ascii, unicode: jid.Domain()}, nil
}

// isHostLike admits names that RFC 7622 refuses but hosts have: with
// underscores, or "--" in third place. A client that asks for one gets it.
func isHostLike(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
		}
	}
	return true
}
