package proxy

import (
	"bytes"
	"strings"

	"xmppscope/xmpp"
	"xmppscope/xmpp/link"
	"xmppscope/xmpp/trace"
)

// This file is how a session comes about: from the client's first byte to the
// point where everything is relayed.

// received takes over what a leg sent.
func (c *Core) received(l Leg, chunk []byte) {
	if c.state == Sniffing {
		c.sniff(chunk)
		return
	}
	c.pipes[l].feed(chunk)
}

// sniff finds out what the client speaks.
func (c *Core) sniff(chunk []byte) {
	if c.prefix = append(c.prefix, chunk...); len(c.prefix) == len(chunk) {
		c.prefix = chunk
	}
	protocol, ok := link.Sniff(c.prefix)
	switch {
	case !ok:
		return
	case protocol == link.DirectTLS:
		c.state = SecuringDirect
		c.startTLS(StartTLS{Leg: Client, Domain: c.fallback(), PreferSNI: true})
		return
	}
	c.pipes[Client].feed(c.prefix)
	c.prefix = nil
	switch {
	case protocol != link.PlainXMPP:
		c.foreign(protocol)
	case c.policy.Mode.SRV() || c.policy.Mode.Server.DirectTLS:
		c.state = AwaitingHeader
	default:
		c.dial()
	}
}

// foreignInside ends the session of a client whose first bytes inside Direct
// TLS are not XMPP, and reports whether it did.
func (c *Core) foreignInside(first []byte) bool {
	protocol, ok := link.Sniff(first)
	if !ok || protocol == link.PlainXMPP {
		return false
	}
	c.foreign(protocol)
	return true
}

// foreign ends the session of a client that does not speak XMPP over TCP.
func (c *Core) foreign(p link.Protocol) {
	text := "The client's first bytes are neither an XML stream nor TLS; xmppscope understands XMPP over TCP with STARTTLS or Direct TLS."
	switch p {
	case link.HTTP:
		text = "The client speaks HTTP (BOSH or WebSocket?); this listener understands XMPP over TCP: give the client this address as an XMPP host and port."
	case link.SOCKS:
		text = "The client speaks SOCKS; this listener is no SOCKS proxy: give the client this address as an XMPP host and port."
	}
	c.note(trace.ClientLeg, trace.Note{Topic: trace.TopicSession, Severity: trace.Failure, Text: text})
	c.end()
}

// awaitHeader looks for the header that names the domain. What comes before
// it stays where it is.
func (c *Core) awaitHeader(f xmpp.Frame) {
	p := c.pipes[Client]
	p.queue = append(p.queue, f)
	switch {
	case len(p.queue) == 1 && c.foreignInside(f.Raw):
		return
	case f.Kind == xmpp.KindDeclaration, f.Kind == xmpp.KindSpace, f.Flaw == xmpp.FlawBOM, f.Flaw == xmpp.FlawTorn:
		return
	case f.Kind == xmpp.KindHeader:
		c.named(f)
	}
	c.dial()
}

// named learns the domain from the client's header.
func (c *Core) named(header xmpp.Frame) {
	c.header = header
	if to := xmpp.Summarize(header, nil).To; len(to) > 0 && c.to != string(to) {
		c.to = string(to)
		c.do(Remember{c.to})
	}
}

// dial asks for the connection upstream.
func (c *Core) dial() {
	c.state = Dialing
	if c.policy.Mode.SRV() && c.domain() == "" {
		c.refuse(trace.Note{
			Topic: trace.TopicDial, Severity: trace.Failure,
			Text: "The client names no domain, so no server can be looked up; start xmppscope with --domain DOMAIN.",
		}, "host-unknown", "the stream names no domain")
		return
	}
	c.do(Dial{c.domain()})
}

// dialed goes on when the server was reached, or not.
func (c *Core) dialed(in Dialed) {
	if c.state != Dialing {
		return // the session ended meanwhile, and the driver closes the connection
	}
	if c.target = in.Target; in.Err != nil {
		text := diagnoseDial(in.Err, in.Target, c.domain())
		c.refuse(trace.Note{
			Topic: trace.TopicDial, Severity: trace.Failure, Text: text,
			Facts: []trace.Fact{{Key: "upstream", Value: in.Target}, {Key: "error", Value: in.Err.Error()}},
		}, "remote-connection-failed", text)
		return
	}
	c.legs[Upstream].connected = true
	n := trace.Note{
		Topic: trace.TopicDial,
		Facts: []trace.Fact{{Key: "upstream", Value: in.Target}, {Key: "domain", Value: c.domain()}},
	}
	if in.Addr.String() != in.Target { // otherwise the event says it already
		n.Text = "Connected to " + in.Target + "."
	}
	if len(in.Tried) > 0 {
		if c.policy.Mode.SRV() { // otherwise it is but another address of one host
			n.Severity = trace.Warning
		}
		n.Text = "Connected to " + in.Target + ", after other ways had failed: " + strings.Join(in.Tried, "; ") + "."
	}
	c.record(trace.Event{Kind: trace.Connected, Leg: trace.UpstreamLeg, Addr: in.Addr, Note: &n})
	switch c.direct = in.DirectTLS; {
	case in.DirectTLS:
		c.secureUpstream(c.protocols())
	case c.legs[Client].secure:
		c.state = Opening
		c.openStream(Upstream, ourHeader(c.domain(), "", ""))
	default:
		c.state = Relaying
	}
}

// protocols returns what to offer by ALPN upstream (XEP-0368 §4).
func (c *Core) protocols() []string {
	if len(c.alpn) > 0 {
		return c.alpn
	}
	return []string{"xmpp-client"}
}

// secureUpstream begins TLS with the server behind the client's back.
func (c *Core) secureUpstream(protocols []string) {
	c.state = SecuringUpstream
	c.startTLS(StartTLS{Leg: Upstream, Domain: c.domain(), Protocols: protocols})
}

// secured goes on after a handshake.
func (c *Core) secured(in Secured) {
	c.legs[in.Leg].shaking = false
	if len(in.Space) > 0 { // too late for the server, which is inside TLS
		p := c.pipes[Client]
		p.feed(in.Space)
		for f, ok := p.next(); ok; f, ok = p.next() {
			c.consume(Client, f)
		}
	}
	if c.state == Closing || c.state == Finished {
		return
	}
	if in.Leg == Client && in.Facts.SNI != "" {
		c.sni = in.Facts.SNI
	}
	if in.Err != nil {
		c.unsecured(in)
		return
	}
	c.legs[in.Leg].secure = true
	c.noteTLS(in)
	switch {
	case c.state == SecuringDirect:
		c.alpn = in.Facts.Offered
		c.state = AwaitingHeader
	case c.state == SecuringRelayed:
		c.pipes[Upstream].out = append(c.pipes[Upstream].out, c.proceed.Raw)
		c.framed(Upstream, trace.EndToEnd, c.proceed)
		c.observe(Upstream, c.proceed)
		c.proceed = xmpp.Frame{}
		c.letClientSecure()
	case c.state == SecuringUpstream && c.direct && !c.legs[Client].secure && !c.reopen:
		c.offer()
	case c.state == SecuringUpstream && c.reopen:
		c.reopenUpstream()
	default:
		c.offered = false
		c.state = Relaying
	}
}

// letClientSecure begins TLS with the client, which has been told to proceed.
func (c *Core) letClientSecure() {
	c.state = SecuringClient
	c.startTLS(StartTLS{Leg: Client, Domain: c.domain()})
}

// unsecured tells why a handshake failed.
func (c *Core) unsecured(in Secured) {
	n := trace.Note{Topic: trace.TopicTLS, Severity: trace.Failure, Facts: tlsFacts(in, c.domain())}
	n.Facts = append(n.Facts, trace.Fact{Key: "error", Value: in.Err.Error()})
	c.legs[in.Leg].flushed = true // nothing can be written any more
	if in.Leg == Client {
		n.Text = diagnoseClientTLS(in.Err)
		c.note(trace.ClientLeg, n)
		c.end()
		return
	}
	n.Text = diagnoseUpstreamTLS(in.Err, c.domain())
	c.refuse(n, "remote-connection-failed", n.Text)
}

// offer answers a client without TLS in the server's place, which wants TLS
// first.
func (c *Core) offer() {
	for p := c.pipes[Client]; len(p.queue) > 0; {
		f, _ := p.next()
		c.consume(Client, f)
	}
	c.state = Offering
	c.openStream(Client, ourHeader("", c.domain(), c.accepted.StreamID))
	c.speak(Client, xmpp.KindElement, []byte("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"))
}

// offering looks what the client makes of our features.
func (c *Core) offering(f xmpp.Frame) {
	switch {
	case isElement(f, xmpp.HeaderScope(c.header), nsTLS, "starttls"):
		c.consume(Client, f)
		c.spaceBeforeTLS(c.consume)
		c.speak(Client, xmpp.KindElement, []byte(proceedElement))
		c.letClientSecure()
	case f.Kind == xmpp.KindSpace:
		c.consume(Client, f)
	default:
		c.pipes[Client].unread(f)
		c.reopenUpstream()
	}
}

// reopenUpstream sends the server a copy of the client's header. What the
// server answers is ours.
func (c *Core) reopenUpstream() {
	c.state, c.reopen, c.offered = Reopening, false, false
	header := c.header.Raw
	if header == nil {
		header = ourHeader(c.domain(), "", "")
	}
	c.openStream(Upstream, header)
}

// ask asks the server for TLS in the place of a client that did not.
func (c *Core) ask() {
	c.state, c.reopen = Asking, true
	c.speak(Upstream, xmpp.KindElement, []byte(starttlsElement))
}

// swallow takes what the server answers to us alone.
func (c *Core) swallow(f xmpp.Frame) {
	c.consume(Upstream, f)
	if f.Kind == xmpp.KindHeader {
		c.observe(Upstream, f)
		return
	}
	scope := c.stream.Scope(xmpp.FromReceiver)
	switch s := xmpp.Summarize(f, scope); {
	case f.Kind == xmpp.KindFooter, string(s.Space) == nsStream && string(s.Local) == "error":
		c.declined(s)
	case c.state == Opening && isFeatures(s):
		if e, _ := f.Element(scope); has(e, nsTLS, "starttls") {
			c.state = Asking
			c.speak(Upstream, xmpp.KindElement, []byte(starttlsElement))
			return
		}
		c.refuseTLS("The server offers no STARTTLS, and the client is inside TLS already; try reverse+tls:HOST:PORT, or let the client use STARTTLS.")
	case c.state == Reopening && isFeatures(s):
		if c.header.Raw != nil {
			c.observe(Client, c.header)
		}
		c.observe(Upstream, f)
		c.state = Relaying
	case c.state == Asking && string(s.Space) == nsTLS && string(s.Local) == "proceed":
		c.secureUpstream(nil)
	case c.state == Asking && string(s.Space) == nsTLS && string(s.Local) == "failure":
		c.refuseTLS("The server offered STARTTLS but refused it; its log says why.")
	}
}

// strange looks whether the server's first frame begins an XML stream, and
// says so if not. What a server answers to our own negotiation then ends the
// session, and strange reports true; what a client waits for still passes.
func (c *Core) strange(f xmpp.Frame) bool {
	switch {
	case c.heard, f.Kind == xmpp.KindDeclaration, f.Kind == xmpp.KindSpace, f.Flaw == xmpp.FlawBOM, f.Flaw == xmpp.FlawTorn:
		return false
	}
	c.heard = true
	if f.Kind == xmpp.KindHeader || c.state == Closing {
		return false
	}
	text := "The server at " + c.target + " answers with something other than an XML stream; is it the address and port of an XMPP server?"
	if bytes.HasPrefix(f.Raw, []byte("HTTP/")) {
		text = "The server at " + c.target + " speaks HTTP; give the port where it takes XMPP clients, most often 5222."
	}
	if !c.passing(Upstream) {
		c.consume(Upstream, f)
		c.refuse(trace.Note{Topic: trace.TopicDial, Severity: trace.Failure, Text: text}, "remote-connection-failed", text)
		return true
	}
	c.note(trace.EndToEnd, trace.Note{Topic: trace.TopicSession, Severity: trace.Failure, Text: text})
	return false
}

// declined tells that the server closed a stream that we had opened.
func (c *Core) declined(s xmpp.Summary) {
	text := "The server closed the stream while xmppscope opened it"
	if len(s.Condition) > 0 {
		text += " (" + string(s.Condition) + ")"
	}
	text += "; is " + quoted(c.domain()) + " a domain that it serves? If not, give --domain DOMAIN."
	c.refuse(trace.Note{
		Topic: trace.TopicDial, Severity: trace.Failure, Text: text,
		Facts: []trace.Fact{{Key: "domain", Value: c.domain()}, {Key: "error", Value: string(s.Condition)}},
	}, "remote-connection-failed", text)
}

func (c *Core) refuseTLS(text string) {
	c.refuse(trace.Note{Topic: trace.TopicTLS, Severity: trace.Failure, Text: text}, "remote-connection-failed", text)
}
