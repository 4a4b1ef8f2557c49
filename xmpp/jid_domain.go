package xmpp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// maxLabel is the longest label of the DNS in octets (RFC 1035 §2.3.4). The
// DNS's limit of 253 for a whole name is not one of RFC 7622.
const maxLabel = 63

// DomainToASCII returns the form of a domain that DNS, TLS and certificates
// use: A-labels in lower case, without a trailing dot. An IP address comes
// back without brackets, as [netip.ParseAddr] reads it. The error is a
// [*JIDError] for the domainpart.
func DomainToASCII(domain string) (string, error) {
	normal, err := normalDomain(domain)
	if err != nil {
		return "", &JIDError{JID: domain, Part: PartDomain, Reason: err}
	}
	if bracketed(normal) {
		return normal[1 : len(normal)-1], nil
	}
	if isASCII(normal) {
		return normal, nil
	}
	// normalDomain has seen that each label has an A-label.
	return idna.Punycode.ToASCII(normal)
}

// normalDomain prepares and checks a domainpart (RFC 7622 §3.2).
func normalDomain(s string) (string, error) {
	if err := checkRaw(s); err != nil {
		return "", err
	}
	if bracketed(s) {
		addr, err := netip.ParseAddr(s[1 : len(s)-1])
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return "", errors.New("has no IPv6 address in its brackets")
		}
		return "[" + addr.String() + "]", nil
	}
	s = mapDomain(s)
	s = strings.TrimSuffix(s, ".")
	if s == "" {
		return "", errors.New("is nothing but a dot")
	}
	if len(s) <= maxPart && isPlainDomain(s) {
		return s, nil
	}
	return checkDomain(s)
}

// checkDomain turns A-labels to U-labels and holds every label against
// IDNA2008 (RFC 5890 §2.3.2) and the bidi rule (RFC 5893 §2).
func checkDomain(s string) (string, error) {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" {
			return "", errors.New("has an empty label")
		}
		if len(label) > maxLabel*utf8.UTFMax {
			return "", errLongLabel(label) // before punycode, which is quadratic
		}
		if i := strings.IndexFunc(label, notInDomain); i >= 0 {
			r, _ := utf8.DecodeRuneInString(label[i:])
			if r == ':' {
				return "", errors.New("has ':', and a port is not part of a JID")
			}
			return "", fmt.Errorf("has %q, which no domain name may have", r)
		}
	}
	u, err := idna.Registration.ToUnicode(s)
	if err != nil {
		return "", fmt.Errorf("is not a name by IDNA2008: %w", trimPrefix(err))
	}
	for label := range strings.SplitSeq(u, ".") {
		if err := checkLabel(label); err != nil {
			return "", err
		}
	}
	if len(u) > maxPart {
		return "", errTooLong
	}
	return u, nil
}

// checkLabel adds what package idna leaves out: RFC 5892's stricter set of
// letters and digits with its context rules, which PRECIS identifiers share,
// and the length of the A-label.
func checkLabel(label string) error {
	if !isASCII(label) {
		if got, err := precis.UsernameCaseMapped.String(label); err != nil || got != label {
			return fmt.Errorf("has the label %q, which is no U-label by IDNA2008", label)
		}
	}
	a, err := idna.Punycode.ToASCII(label)
	if err != nil {
		return fmt.Errorf("has the label %q without an A-label: %w", label, trimPrefix(err))
	}
	if len(a) > maxLabel {
		return errLongLabel(label)
	}
	return nil
}

func errLongLabel(label string) error {
	return fmt.Errorf("has a label of more than 63 octets, %.20q…", label)
}

// mapDomain does the preparation of RFC 7622 §3.2.2: width, case, NFC. The
// ideographic full stop counts as a dot (RFC 5895 §2).
func mapDomain(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = width.Fold.String(s)
	s = strings.ReplaceAll(s, "\u3002", ".")
	return norm.NFC.String(strings.ToLower(s))
}

// isPlainDomain reports whether s consists of NR-LDH labels only (RFC 5890
// §2.3.1): the common case, which needs no table. It is also true of an IPv4
// address.
func isPlainDomain(s string) bool {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			c := s[i]
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return false
			}
			continue
		}
		label := s[start:i]
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if len(label) >= 4 && label[2:4] == "--" {
			return false
		}
		start = i + 1
	}
	return true
}

// notInDomain picks out the ASCII that never stands in a domain name, for an
// error that names it.
func notInDomain(r rune) bool {
	return r < utf8.RuneSelf && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
}

func bracketed(s string) bool {
	return len(s) > 2 && s[0] == '[' && s[len(s)-1] == ']'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
