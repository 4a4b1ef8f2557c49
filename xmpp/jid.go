package xmpp

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"
)

// maxPart is the most bytes that a localpart, domainpart or resourcepart may
// have (RFC 7622 §3.1).
const maxPart = 1023

// maxRaw bounds a part before it is prepared, which may shorten it to a
// fraction: nothing longer can become a part, and hostile input costs little.
const maxRaw = 8 * maxPart

// notInLocal are the characters that a localpart must not contain although
// its PRECIS profile allows them (RFC 7622 §3.3.1).
const notInLocal = `"&'/:<>@`

var (
	errEmpty   = errors.New("is empty")
	errTooLong = errors.New("is longer than 1023 bytes")
	errNotUTF8 = errors.New("is not UTF-8")
)

// JID is the address of an XMPP entity, prepared and enforced by RFC 7622:
// two JIDs that mean the same are equal by ==, and a JID may be a map's key.
// The zero JID is no address; [JID.IsZero] tells it.
//
// A JID is an immutable value, safe for use from any goroutine. Its methods
// allocate nothing.
type JID struct {
	full                  string
	localSize, domainSize uint16
}

// JIDPart names a part of a JID.
type JIDPart string

// The parts of a JID (RFC 7622 §3.1).
const (
	PartLocal    JIDPart = "localpart"
	PartDomain   JIDPart = "domainpart"
	PartResource JIDPart = "resourcepart"
)

// JIDError says why a string is not a JID.
type JIDError struct {
	JID    string  // what was parsed
	Part   JIDPart // which part is at fault
	Reason error   // reads on after the part's name: "is empty"
}

// Error says it in one line; the JID is shortened.
func (e *JIDError) Error() string {
	shown := e.JID
	if r := []rune(shown); len(r) > 100 {
		shown = string(r[:100]) + "…"
	}
	return fmt.Sprintf("%q is not a JID: the %s %v", shown, e.Part, e.Reason)
}

// Unwrap returns the reason.
func (e *JIDError) Unwrap() error { return e.Reason }

// ParseJID parses, prepares and enforces a JID (RFC 7622 §3). Every error is
// a [*JIDError]. The result may alias s.
//
// Spaces at the ends of a resourcepart are kept: the OpaqueString profile
// allows them (RFC 8265 §4.2), against the eighteenth example of RFC 7622
// §3.5, and clients use them.
func ParseJID(s string) (JID, error) {
	rest, resource, hasResource := strings.Cut(s, "/")
	local, domain, hasLocal := strings.Cut(rest, "@")
	if !hasLocal {
		local, domain = "", rest
	}
	j, err := joinJID(s, local, domain, resource, hasLocal, hasResource)
	if err != nil {
		return JID{}, err
	}
	return j, nil
}

// NewJID makes a JID of its parts; an empty local or resource is left out.
// Every error is a [*JIDError].
func NewJID(local, domain, resource string) (JID, error) {
	s := domain
	if local != "" {
		s = local + "@" + domain
	}
	if resource != "" {
		s += "/" + resource
	}
	return joinJID(s, local, domain, resource, local != "", resource != "")
}

// joinJID enforces the parts; s is them joined as they came.
func joinJID(s, local, domain, resource string, hasLocal, hasResource bool) (JID, error) {
	var err error
	fail := func(part JIDPart) (JID, error) {
		return JID{}, &JIDError{JID: s, Part: part, Reason: err}
	}
	normalLocal, normalResource := "", ""
	if hasLocal {
		if normalLocal, err = normalLocalpart(local); err != nil {
			return fail(PartLocal)
		}
	}
	normalDomain, err := normalDomain(domain)
	if err != nil {
		return fail(PartDomain)
	}
	if hasResource {
		if normalResource, err = normalResourcepart(resource); err != nil {
			return fail(PartResource)
		}
	}
	j := JID{full: s, localSize: uint16(len(normalLocal)), domainSize: uint16(len(normalDomain))}
	if normalLocal != local || normalDomain != domain || normalResource != resource {
		var b strings.Builder
		if hasLocal {
			b.WriteString(normalLocal + "@")
		}
		b.WriteString(normalDomain)
		if hasResource {
			b.WriteString("/" + normalResource)
		}
		j.full = b.String()
	}
	return j, nil
}

// normalLocalpart applies UsernameCaseMapped and the excluded characters
// (RFC 7622 §3.3).
func normalLocalpart(s string) (string, error) {
	if isPlainLocal(s) {
		return s, nil
	}
	normal, err := enforce(precis.UsernameCaseMapped, s)
	if err != nil {
		return "", err
	}
	// Only now: a full-width character may have become an excluded one.
	if i := strings.IndexAny(normal, notInLocal); i >= 0 {
		return "", fmt.Errorf("has %q, which RFC 7622 §3.3.1 excludes", normal[i])
	}
	return normal, nil
}

// isPlainLocal reports whether s is printable ASCII that is already in
// normal form: the common case, which needs no table.
func isPlainLocal(s string) bool {
	if s == "" || len(s) > maxPart {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c > '~' || 'A' <= c && c <= 'Z' || strings.IndexByte(notInLocal, c) >= 0 {
			return false
		}
	}
	return true
}

// normalResourcepart applies OpaqueString (RFC 7622 §3.4).
func normalResourcepart(s string) (string, error) {
	plain := s != "" && len(s) <= maxPart
	for i := 0; plain && i < len(s); i++ {
		plain = ' ' <= s[i] && s[i] <= '~'
	}
	if plain {
		return s, nil
	}
	return enforce(precis.OpaqueString, s)
}

// enforce applies the profile until nothing changes any more: a single pass
// is not always stable (RFC 8264 §7).
func enforce(profile *precis.Profile, s string) (string, error) {
	if err := checkRaw(s); err != nil {
		return "", err
	}
	for range 4 {
		next, err := profile.String(s)
		if err != nil {
			return "", explainProfile(profile, s, err)
		}
		if len(next) > maxPart {
			return "", errTooLong
		}
		if next == s {
			return s, nil
		}
		s = next
	}
	return "", errors.New("has no stable form by RFC 8264 §7")
}

// checkRaw refuses what cannot become a part.
func checkRaw(s string) error {
	switch {
	case s == "":
		return errEmpty
	case len(s) > maxRaw:
		return errTooLong
	case !utf8.ValidString(s):
		return errNotUTF8
	}
	return nil
}

// explainProfile names the character that the profile refuses, if one alone
// is the cause.
func explainProfile(profile *precis.Profile, s string, err error) error {
	for _, r := range s {
		if _, alone := profile.String(string(r)); alone != nil {
			switch {
			case r == ' ':
				return errors.New("has a space")
			case r == '\u200c' || r == '\u200d':
				return fmt.Errorf("has %U where no joiner may stand (RFC 5892 §A)", r)
			default:
				return fmt.Errorf("has %q (%U), which its PRECIS profile refuses", r, r)
			}
		}
	}
	return trimPrefix(err)
}

// trimPrefix takes the name of the package off an error of golang.org/x.
func trimPrefix(err error) error {
	if _, text, ok := strings.Cut(err.Error(), ": "); ok {
		return errors.New("breaks a rule: " + text)
	}
	return err
}

// IsZero reports whether j is the zero JID, which is no address.
func (j JID) IsZero() bool { return j.full == "" }

// IsBare reports whether j has no resourcepart (RFC 7622 §3.1).
func (j JID) IsBare() bool { return len(j.full) == j.bareSize() }

// Local returns the localpart, empty if there is none.
func (j JID) Local() string { return j.full[:j.localSize] }

// Domain returns the domainpart in U-labels; an IPv6 address has brackets.
// [DomainToASCII] gives the form for DNS and TLS.
func (j JID) Domain() string {
	return j.full[j.bareSize()-int(j.domainSize) : j.bareSize()]
}

// Resource returns the resourcepart, empty if there is none.
func (j JID) Resource() string {
	if j.IsBare() {
		return ""
	}
	return j.full[j.bareSize()+1:]
}

// Bare returns j without its resourcepart.
func (j JID) Bare() JID {
	j.full = j.full[:j.bareSize()]
	return j
}

// WithResource returns j with another resourcepart; an empty one gives the
// bare JID. An error is a [*JIDError].
func (j JID) WithResource(resource string) (JID, error) {
	return NewJID(j.Local(), j.Domain(), resource)
}

// String returns the JID in normal form; [ParseJID] of it gives j again.
func (j JID) String() string { return j.full }

func (j JID) bareSize() int {
	if j.localSize == 0 {
		return int(j.domainSize)
	}
	return int(j.localSize) + 1 + int(j.domainSize)
}
