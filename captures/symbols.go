package captures

import "sync/atomic"

// symbols interns strings. One goroutine adds; any number look up by number
// without a lock.
type symbols struct {
	list atomic.Pointer[[]string]

	ids map[string]Symbol // the adder's own
}

// newSymbols begins with the empty string and the words that RFC 6120 and
// RFC 6121 give to type attributes and error conditions, which thus fit a Word.
func newSymbols() *symbols {
	s := &symbols{ids: make(map[string]Symbol)}
	s.list.Store(&[]string{})
	for _, w := range wellKnown() {
		s.add(w)
	}
	return s
}

// longSymbol stands for every string of more than maxSymbol bytes, no JID
// being longer (RFC 7622 §3.1), lest the index grow by what a peer puts into an
// attribute. Its name is "…".
const (
	longSymbol Symbol = 1<<32 - 1
	maxSymbol         = 3071
)

// intern returns the symbol of b, whose bytes it does not keep.
func (s *symbols) intern(b []byte) Symbol {
	switch {
	case len(b) == 0:
		return 0
	case len(b) > maxSymbol:
		return longSymbol
	}
	if id, ok := s.ids[string(b)]; ok {
		return id
	}
	return s.add(string(b))
}

// recent is the string that was last interned for one purpose: traffic repeats
// itself, and comparing is cheaper than looking up. The zero recent is the
// empty string.
type recent struct {
	text string
	id   Symbol
}

// intern is s.intern.
func (r *recent) intern(s *symbols, b []byte) Symbol {
	if string(b) != r.text || r.id == longSymbol {
		r.id = s.intern(b)
		r.text = s.name(r.id)
	}
	return r.id
}

// word is id for the small fields of an Entry.
func (id Symbol) word() Word {
	if id < Symbol(wideWord) {
		return Word(id)
	}
	return wideWord
}

func (s *symbols) add(w string) Symbol {
	id := Symbol(len(s.ids))
	s.ids[w] = id
	// Readers index only ids that were published after this store; the
	// elements that they can reach never change.
	grown := append(*s.list.Load(), w)
	s.list.Store(&grown)
	return id
}

// name returns the string of id, "" if there is none.
func (s *symbols) name(id Symbol) string {
	if id == longSymbol {
		return "…"
	}
	if list := *s.list.Load(); int(id) < len(list) {
		return list[id]
	}
	return ""
}

// Where wellKnown has what the indexer looks for.
const (
	wordGet Word = iota + 1
	wordSet
	wordResult
	wordError
)

func wellKnown() []string {
	return []string{
		"",
		// stanza types, RFC 6120 §8.2.3, RFC 6121 §4.7.1 and §5.2.2
		"get", "set", "result", "error", "chat", "groupchat", "headline", "normal",
		"available", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe",
		// stanza errors, RFC 6120 §8.3.3
		"bad-request", "conflict", "feature-not-implemented", "forbidden", "gone", "internal-server-error",
		"item-not-found", "jid-malformed", "not-acceptable", "not-allowed", "not-authorized", "policy-violation",
		"recipient-unavailable", "redirect", "registration-required", "remote-server-not-found",
		"remote-server-timeout", "resource-constraint", "service-unavailable", "subscription-required",
		"undefined-condition", "unexpected-request",
		// stream errors, RFC 6120 §4.9.3
		"bad-format", "bad-namespace-prefix", "connection-timeout", "host-gone", "host-unknown",
		"improper-addressing", "invalid-from", "invalid-namespace", "invalid-xml", "not-well-formed",
		"remote-connection-failed", "reset", "restricted-xml", "see-other-host", "system-shutdown",
		"unsupported-encoding", "unsupported-feature", "unsupported-stanza-type", "unsupported-version",
		// SASL failures, RFC 6120 §6.5
		"aborted", "account-disabled", "credentials-expired", "encryption-required", "incorrect-encoding",
		"invalid-authzid", "invalid-mechanism", "malformed-request", "mechanism-too-weak", "temporary-auth-failure",
	}
}
