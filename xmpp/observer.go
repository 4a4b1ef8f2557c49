package xmpp

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Observer watches both directions of one session and states facts. It only
// looks, and never judges. It is not safe for concurrent use; use
// [NewObserver].
type Observer struct {
	sides    [2]side
	phase    Phase
	tls      bool
	features Features
	login    Login
	iqAuth   string // id of the XEP-0078 request under way
	username string // in it
	jid      string
	enabled  bool
	resumed  bool
}

// side is one direction of a stream.
type side struct {
	scope   *Scope
	info    StreamInfo
	headers int
	closed  bool
}

const (
	nsTLS       = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL      = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsSASL2     = "urn:xmpp:sasl:2"
	nsBind      = "urn:ietf:params:xml:ns:xmpp-bind"
	nsBind2     = "urn:xmpp:bind:0"
	nsSession   = "urn:ietf:params:xml:ns:xmpp-session"
	nsSM        = "urn:xmpp:sm:"
	nsCompress  = "http://jabber.org/protocol/compress"
	nsDialback  = "jabber:server:dialback"
	nsIQAuth    = "jabber:iq:auth"
	nsComponent = "jabber:component:accept"
	nsStreams   = "http://etherx.jabber.org/streams"
	nsFraming   = "urn:ietf:params:xml:ns:xmpp-framing"
)

// NewObserver returns an Observer of a session that has said nothing yet.
func NewObserver() *Observer { return new(Observer) }

// Observe takes the next frame of direction d and returns what it stated. It
// keeps nothing of the frame's bytes.
func (o *Observer) Observe(d Direction, f Frame) Facts {
	switch f.Kind {
	case KindHeader:
		return o.header(d, f)
	case KindFooter:
		o.sides[d].closed = true
		if o.sides[0].closed && o.sides[1].closed {
			o.phase = PhaseClosed
		}
		return FactFooter
	case KindElement:
		return o.element(d, f)
	}
	return 0
}

// Scope returns the namespace declarations of direction d's last header.
func (o *Observer) Scope(d Direction) *Scope { return o.sides[d].scope }

// Stream returns what direction d's last header said.
func (o *Observer) Stream(d Direction) StreamInfo { return o.sides[d].info }

// Phase returns how far the stream has come.
func (o *Observer) Phase() Phase { return o.phase }

// TLS reports whether STARTTLS was agreed on.
func (o *Observer) TLS() bool { return o.tls }

// Features returns what the receiver last offered. The caller must not change
// its slices.
func (o *Observer) Features() Features { return o.features }

// Login returns the last login that was tried.
func (o *Observer) Login() Login { return o.login }

// JID returns the address that the initiator was given: full once bound,
// perhaps bare before, "" if unknown.
func (o *Observer) JID() string { return o.jid }

// SM reports whether stream management is on, and whether by resumption.
func (o *Observer) SM() (enabled, resumed bool) { return o.enabled, o.resumed }

// Sensitive reports whether bytes that are no whole element may hold
// credentials now: a login is under way, or is what comes next.
func (o *Observer) Sensitive() bool {
	switch o.phase {
	case PhaseLogin:
		return true
	case PhaseOpen:
		version := o.sides[FromInitiator].info.Version
		return len(o.features.SASL) > 0 || len(o.features.SASL2) > 0 || version == ""
	}
	return false
}

// header takes a stream header.
func (o *Observer) header(d Direction, f Frame) Facts {
	s := &o.sides[d]
	facts := FactHeader
	if s.headers++; s.headers > 1 {
		facts |= FactRestart
	}
	e, _ := f.Element(nil)
	s.closed = false
	s.info = StreamInfo{Framing: e.Space() == nsFraming}
	for a := range e.Attrs() {
		switch string(a.Name) {
		case "from":
			s.info.From = a.Value()
		case "to":
			s.info.To = a.Value()
		case "id":
			s.info.ID = a.Value()
		case "version":
			s.info.Version = a.Value()
		case "xml:lang":
			s.info.Lang = a.Value()
		case "xmlns":
			s.info.Space = a.Value()
		}
	}
	s.scope = HeaderScope(f)
	if s.info.Framing { // every element of a WebSocket stands alone
		s.scope, s.info.Space = nil, "jabber:client"
	}
	if o.phase == PhaseStart || o.phase == PhaseClosed {
		o.phase = PhaseOpen
	}
	return facts
}

// element takes a first-level element.
func (o *Observer) element(d Direction, f Frame) Facts {
	if len(f.Raw) < 2 { // no element whatever its kind says: from a forged capture
		return 0
	}
	switch string(nameOf(f.Raw[1:])) {
	case "message", "presence":
		return 0
	case "iq":
		if o.phase >= PhaseBound || !o.mattersIQ(f.Raw) {
			return 0
		}
	}
	e, ok := f.Element(o.sides[d].scope)
	if !ok {
		return 0
	}
	local := string(e.Local())
	switch space := e.Space(); {
	case space == nsStreams && local == "features":
		o.features = readFeatures(e)
		return FactFeatures
	case space == nsStreams && local == "error":
		return FactStreamError
	case space == nsTLS:
		return o.startTLS(local)
	case space == nsSASL:
		return o.sasl(e, local)
	case space == nsSASL2:
		return o.sasl2(e, local)
	case strings.HasPrefix(space, nsSM):
		return o.streamManagement(local)
	case space == nsCompress && local == "compress":
		return FactCompress
	case space == nsCompress && local == "compressed":
		return FactCompressed
	case space == nsDialback:
		return o.dialback(e, local)
	case space == nsComponent && local == "handshake":
		return o.handshake(d)
	case local == "iq":
		return o.iq(d, e)
	}
	return 0
}

// mattersIQ reports whether an iq may have to do with login or binding.
func (o *Observer) mattersIQ(raw []byte) bool {
	return o.iqAuth != "" || bytes.Contains(raw, []byte(nsBind)) || bytes.Contains(raw, []byte(nsSession)) || bytes.Contains(raw, []byte(nsIQAuth))
}

func (o *Observer) startTLS(local string) Facts {
	switch local {
	case "starttls":
		return FactStartTLS
	case "proceed":
		o.tls = true
		o.phase = PhaseStart
		return FactProceed
	case "failure":
		return FactTLSFailure
	}
	return 0
}

// sasl takes an element of RFC 6120 §6.
func (o *Observer) sasl(e Element, local string) Facts {
	switch local {
	case "auth":
		mechanism, _ := e.Attr("mechanism")
		o.begin("sasl", mechanism, e.Text())
		return FactAuth
	case "challenge":
		return FactChallenge
	case "response":
		return FactResponse
	case "abort":
		return FactAbort
	case "success":
		o.succeed()
		return FactSuccess
	case "failure":
		o.fail(conditionOf(e))
		return FactFailure
	}
	return 0
}

// sasl2 takes an element of XEP-0388, with what XEP-0386 puts into it.
func (o *Observer) sasl2(e Element, local string) Facts {
	switch local {
	case "authenticate":
		mechanism, _ := e.Attr("mechanism")
		initial, _ := e.Child(nsSASL2, "initial-response")
		o.begin("sasl2", mechanism, initial.Text())
		return FactAuth
	case "challenge", "continue":
		return FactChallenge
	case "response", "next":
		return FactResponse
	case "abort":
		return FactAbort
	case "failure":
		o.fail(conditionOf(e))
		return FactFailure
	case "success":
		o.succeed()
		return FactSuccess | o.inline(e)
	}
	return 0
}

// inline reads what a SASL2 success brings along.
func (o *Observer) inline(success Element) Facts {
	var facts Facts
	for c := range success.Children() {
		space, local := c.Space(), string(c.Local())
		switch {
		case space == nsSASL2 && local == "authorization-identifier":
			o.jid = c.Text()
		case space == nsBind2 && local == "bound":
			facts |= FactBound
			o.phase = PhaseBound
			for inner := range c.Children() {
				if strings.HasPrefix(inner.Space(), nsSM) {
					facts |= o.streamManagement(string(inner.Local()))
				}
			}
		case strings.HasPrefix(space, nsSM):
			facts |= o.streamManagement(local)
		}
	}
	return facts
}

func (o *Observer) streamManagement(local string) Facts {
	switch local {
	case "enabled":
		o.enabled = true
		return FactSMEnabled
	case "resumed":
		o.enabled, o.resumed = true, true
		o.phase = PhaseBound
		return FactSMResumed
	case "failed":
		return FactSMFailed
	}
	return 0
}

// dialback takes an element of XEP-0220. The answer's type decides.
func (o *Observer) dialback(e Element, local string) Facts {
	if verdict, _ := e.Attr("type"); local == "result" {
		switch verdict {
		case "":
			o.begin("dialback", "", "")
		case "valid":
			o.succeed()
			o.phase = PhaseBound
			return FactDialback | FactSuccess
		case "invalid", "error":
			o.fail(verdict)
			return FactDialback | FactFailure
		}
	}
	return FactDialback
}

// handshake takes a component's proof or its acceptance (XEP-0114 §3).
func (o *Observer) handshake(d Direction) Facts {
	if d == FromInitiator {
		o.begin("component", "", "")
		return FactAuth
	}
	o.succeed()
	o.phase = PhaseBound
	o.jid = o.sides[FromInitiator].info.To
	return FactSuccess
}

// iq takes an iq of binding, session or XEP-0078.
func (o *Observer) iq(d Direction, e Element) Facts {
	kind, _ := e.Attr("type")
	id, _ := e.Attr("id")
	if d == FromInitiator {
		for c := range e.Children() {
			switch space := c.Space(); {
			case space == nsSession:
				return FactSession
			case space == nsIQAuth && kind == "set":
				o.begin("iq-auth", "", "")
				o.iqAuth = id
				user, _ := c.Child(nsIQAuth, "username")
				resource, _ := c.Child(nsIQAuth, "resource")
				o.username = user.Text() + "@" + o.sides[d].info.To + "/" + resource.Text()
				return FactAuth
			}
		}
		return 0
	}
	if o.iqAuth != "" && id == o.iqAuth {
		o.iqAuth = ""
		if kind == "error" {
			o.fail(conditionOf(e))
			return FactFailure
		}
		o.succeed()
		o.phase, o.jid = PhaseBound, o.username
		return FactSuccess | FactBound
	}
	if bind, ok := e.Child(nsBind, "bind"); ok && kind == "result" {
		jid, _ := bind.Child(nsBind, "jid")
		o.jid = jid.Text()
		o.phase = PhaseBound
		return FactBound
	}
	return 0
}

// begin notes that a login begins.
func (o *Observer) begin(profile, mechanism, initial string) {
	o.login = Login{Profile: profile, Mechanism: mechanism, Binding: gs2Flag(initial)}
	o.phase = PhaseLogin
}

func (o *Observer) succeed() {
	o.login.Outcome = OutcomeSuccess
	o.phase = PhaseAuthenticated
}

func (o *Observer) fail(condition string) {
	o.login.Outcome, o.login.Condition = OutcomeFailure, condition
	if o.phase == PhaseLogin {
		o.phase = PhaseOpen
	}
}

// gs2Flag returns the channel binding flag that begins a SASL initial
// response of the SCRAM family in base64, or "".
func gs2Flag(initial string) string {
	head := strings.TrimSpace(initial)
	head = head[:min(len(head), 64)]
	decoded, _ := base64.StdEncoding.DecodeString(head[:len(head)/4*4])
	flag, _, found := strings.Cut(string(decoded), ",")
	if !found || flag != "n" && flag != "y" && !strings.HasPrefix(flag, "p=") {
		return ""
	}
	return flag
}

// conditionOf returns the condition that a SASL failure or an iq error names.
func conditionOf(e Element) string {
	for c := range e.Children() {
		local := string(c.Local())
		if local == "error" {
			return conditionOf(c)
		}
		if local != "text" && local != "query" {
			return local
		}
	}
	return ""
}

// readFeatures reads stream features.
func readFeatures(e Element) Features {
	var f Features
	for c := range e.Children() {
		space, local := c.Space(), string(c.Local())
		switch {
		case space == nsTLS && local == "starttls":
			f.StartTLS = true
			_, f.StartTLSRequired = c.Child(nsTLS, "required")
		case space == nsSASL && local == "mechanisms":
			f.SASL = mechanismsOf(c)
		case space == nsSASL2 && local == "authentication":
			f.SASL2 = mechanismsOf(c)
		case space == nsBind:
			f.Bind = true
		case strings.HasPrefix(space, nsSM):
			f.SM = true
		case local == "compression":
			f.Compression = true
		}
	}
	return f
}

func mechanismsOf(list Element) []string {
	var mechanisms []string
	for m := range list.Children() {
		if string(m.Local()) == "mechanism" {
			mechanisms = append(mechanisms, strings.TrimSpace(m.Text()))
		}
	}
	return mechanisms
}
