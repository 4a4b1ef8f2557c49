package xmpp

// Facts is the set of what one frame stated about its stream.
type Facts uint32

const (
	FactHeader      Facts = 1 << iota // a stream header (RFC 6120 §4.2)
	FactRestart                       // a header that is not the first of its direction
	FactFooter                        // the stream closed (RFC 6120 §4.4)
	FactFeatures                      // stream features (RFC 6120 §4.3.2)
	FactStartTLS                      // the initiator wants TLS (RFC 6120 §5.4.2.1)
	FactProceed                       // the receiver wants it too (RFC 6120 §5.4.2.3)
	FactTLSFailure                    // the receiver refuses TLS (RFC 6120 §5.4.2.2)
	FactAuth                          // a login begins: SASL, SASL2, XEP-0078, XEP-0114
	FactChallenge                     // a SASL challenge, or SASL2 continue
	FactResponse                      // a SASL response, or the next SASL2 task
	FactAbort                         // the initiator gives up the login
	FactSuccess                       // the login succeeded
	FactFailure                       // the login failed
	FactBound                         // a resource was bound (RFC 6120 §7, XEP-0386)
	FactSession                       // a session was asked for (RFC 3921 §3)
	FactSMEnabled                     // stream management is on (XEP-0198 §3)
	FactSMResumed                     // a stream was resumed (XEP-0198 §5)
	FactSMFailed                      // stream management was refused (XEP-0198 §3 and §5)
	FactCompress                      // compression was asked for (XEP-0138)
	FactCompressed                    // compression was granted: what follows is not XML
	FactDialback                      // a dialback element (XEP-0220)
	FactStreamError                   // a stream error (RFC 6120 §4.9)
)

// Has reports whether all of wanted are among the facts.
func (f Facts) Has(wanted Facts) bool { return f&wanted == wanted }

// Phase is how far a stream has come.
type Phase uint8

const (
	PhaseStart         Phase = iota // no header yet, or none since TLS began
	PhaseOpen                       // a header was sent
	PhaseLogin                      // a login is under way
	PhaseAuthenticated              // a login succeeded
	PhaseBound                      // stanzas may flow: a resource is bound, a stream resumed, a component accepted
	PhaseClosed                     // a footer was sent in each direction
)

// String returns the phase in one lower-case word.
func (p Phase) String() string {
	names := [...]string{"start", "open", "login", "authenticated", "bound", "closed"}
	if int(p) < len(names) {
		return names[p]
	}
	return "unknown"
}

// Outcome is what became of a login.
type Outcome uint8

const (
	OutcomeNone Outcome = iota // none was tried, or it is under way
	OutcomeSuccess
	OutcomeFailure
)

// Login is the last login that was tried on a stream.
type Login struct {
	Profile   string // "sasl", "sasl2", "iq-auth" (XEP-0078), "component" (XEP-0114), "dialback"
	Mechanism string // SASL only
	Binding   string // the gs2 flag of SCRAM (RFC 5802 §7): "n", "y" or "p=" and a channel binding type
	Outcome   Outcome
	Condition string // of a failure
}

// StreamInfo is what the last header of one direction said.
type StreamInfo struct {
	From, To, ID, Version, Lang string
	Space                       string // the content namespace: jabber:client, jabber:server, …
	Framing                     bool   // an <open/> of RFC 7395
}

// Features is what the receiver last offered.
type Features struct {
	StartTLS         bool
	StartTLSRequired bool
	SASL             []string // mechanisms
	SASL2            []string // mechanisms (XEP-0388)
	Bind             bool
	SM               bool
	Compression      bool
}
