package proxy

import (
	"strings"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// This file is a session under way: everything is relayed, STARTTLS and the
// login are watched, features are rewritten.

// relay decides on a frame that goes from end to end.
func (c *Core) relay(l Leg, f xmpp.Frame) {
	switch {
	case f.Kind == xmpp.KindHeader:
		c.restarted(l, f)
	case f.Kind == xmpp.KindFooter:
		c.legs[l].footed = true
	case c.done || f.Kind == xmpp.KindSpace || f.Kind == xmpp.KindDeclaration:
	case l == Client:
		c.relayClient(f)
		return
	default:
		c.relayServer(f)
		return
	}
	c.forward(l, f)
}

// restarted learns from a stream header, the first or one after a restart.
func (c *Core) restarted(l Leg, f xmpp.Frame) {
	c.done = false
	c.legs[l.Other()].headed, c.legs[l].footed = true, false
	if l == Client {
		c.named(f)
	}
}

// observe learns from a frame how the login goes. When it is over, nothing
// more is looked into until the stream restarts.
func (c *Core) observe(l Leg, f xmpp.Frame) {
	if c.done {
		return
	}
	facts := c.stream.Observe(l.Dir(), f)
	if facts != 0 && f.Kind == xmpp.KindElement {
		e, _ := f.Element(c.stream.Scope(l.Dir()))
		c.watch.follow(facts, c.stream.Login(), e)
	}
	c.learned()
	if f.Kind != xmpp.KindElement {
		return
	}
	switch string(xmpp.Summarize(f, nil).Local) {
	case "message", "presence": // a peer that needs no login, or forgot it
		c.done = true
	default:
		c.done = c.stream.Phase() >= xmpp.PhaseBound
	}
}

// learned records what the login watch found out.
func (c *Core) learned() {
	for _, n := range c.watch.take() {
		c.note(trace.EndToEnd, n)
	}
}

// undecided reports whether the server offered STARTTLS and the client has
// yet to say what it makes of it.
func (c *Core) undecided() bool {
	return c.offered && !c.legs[Client].secure && !c.pipes[Upstream].over
}

// awaits reports whether the unfinished frame of a leg is held back until it
// is whole, since it may be a step of a negotiation.
func (c *Core) awaits(l Leg) bool {
	p := c.pipes[l]
	if c.done || p.ahead > 0 {
		return false
	}
	name := p.scanner.PendingName()
	if name == nil {
		raw := p.scanner.Pending().Raw
		return raw[0] == '<' && (len(raw) == 1 || raw[1] != '!' && raw[1] != '?' && raw[1] != '/')
	}
	local := localOf(name)
	if l == Client {
		return c.undecided() && local != "stream" || local == "starttls" || local == "auth" || local == "authenticate"
	}
	switch local {
	case "features", "proceed", "failure", "success":
		return true
	}
	return false
}

// relayClient decides on a client's frame before and while it logs in.
func (c *Core) relayClient(f xmpp.Frame) {
	e, _ := f.Element(c.stream.Scope(xmpp.FromInitiator))
	ahead := c.pipes[Client].ahead > 0
	switch {
	case !c.legs[Client].secure && c.mayUpgrade(Client, f) && e.Is(nsTLS, "starttls"):
		c.forward(Client, f)
		c.spaceBeforeTLS(c.forward)
		c.state, c.offered = StartingTLS, false
	case c.undecided() && !ahead:
		c.pipes[Client].unread(f)
		c.ask()
	case isBoundLogin(e) && !ahead:
		c.consume(Client, f)
		mechanism, _ := e.Attr("mechanism")
		c.refuseBound(mechanism)
	default:
		c.forward(Client, f)
	}
}

// mayUpgrade reports whether a frame that a leg sent can be where its stream
// goes over to TLS. It cannot if it was found late, in the ruins of a damaged
// element: what followed has passed already, or is being read; nor if nobody
// is there any more to agree.
func (c *Core) mayUpgrade(l Leg, f xmpp.Frame) bool {
	return !c.legs[l].granted && c.pipes[l].ahead <= len(f.Raw) && !c.pipes[l.Other()].over
}

// spaceBeforeTLS deals with the white space that some clients (go-sendxmpp)
// send behind <starttls/>: it is no part of the handshake.
func (c *Core) spaceBeforeTLS(deal func(Leg, xmpp.Frame)) {
	p := c.pipes[Client]
	if rest := p.scanner.Pending().Raw; len(rest) > 0 && strings.IndexByte(" \t\r\n", rest[0]) >= 0 {
		if f, ok := p.next(); ok {
			deal(Client, f)
		}
	}
}

// relayServer decides on a server's frame before and while the client logs in.
func (c *Core) relayServer(f xmpp.Frame) {
	e, _ := f.Element(c.stream.Scope(xmpp.FromReceiver))
	switch {
	case e.Is(nsStream, "features"):
		c.relayFeatures(f, e)
		return
	case c.state == StartingTLS && c.mayUpgrade(Upstream, f) && c.pipes[Upstream].ahead == 0 && e.Is(nsTLS, "proceed"):
		c.pipes[Upstream].drop(f)
		c.proceed = f
		c.state = SecuringRelayed
		c.startTLS(StartTLS{Leg: Upstream, Domain: c.domain()})
		return
	}
	c.forward(Upstream, f)
	if c.state == StartingTLS && e.Is(nsTLS, "failure") {
		c.state = Relaying
	}
}

// relayFeatures sends a server's features on, without those that would break
// the session.
func (c *Core) relayFeatures(f xmpp.Frame, e xmpp.Element) {
	c.offered = has(e, nsTLS, "starttls") && !c.legs[Upstream].secure
	raw, removed := editFeatures(f.Raw, e, c.policy.Login)
	switch {
	case len(removed) == 0:
		c.forward(Upstream, f)
	case c.pipes[Upstream].ahead > 0:
		c.forward(Upstream, f)
		c.note(trace.EndToEnd, trace.Note{
			Topic: trace.TopicLogin, Severity: trace.Warning,
			Text: "The server's features came so slowly that they were passed on as they are; " + list(removed) + " should have been removed, and the session may break.",
		})
	default:
		c.replace(Upstream, f, raw)
	}
}

// refuseBound ends the stream of a client that uses a token bound to a TLS
// channel that xmppscope has cut in two. A SASL failure would make it throw
// its token away (XEP-0484 §4.2).
func (c *Core) refuseBound(mechanism string) {
	text := "The client logs in with " + mechanism + ", a FAST token that is bound to its TLS connection and cannot pass through xmppscope; " +
		"let it log in with its password, or use a mechanism that ends in -NONE."
	c.refuse(trace.Note{
		Topic: trace.TopicLogin, Severity: trace.Failure, Text: text, Facts: []trace.Fact{{Key: "mechanism", Value: mechanism}},
	}, "policy-violation", text)
}

// refuse records why a session cannot go on, tells the client by a stream
// error (RFC 6120 §4.9.3), and ends it.
func (c *Core) refuse(n trace.Note, condition, text string) {
	where := trace.UpstreamLeg
	if n.Topic == trace.TopicLogin {
		where = trace.EndToEnd
	}
	c.withhold()
	c.note(where, n)
	c.tear(Upstream)
	c.apologize(condition, text)
	c.end()
}

// apologize sends the client a stream error, in a stream of our own if it has
// none yet: only such a one is ours to close.
func (c *Core) apologize(condition, text string) {
	if c.legs[Client].finished {
		return
	}
	ours := !c.legs[Client].headed
	if ours {
		c.keepClient()
		c.openStream(Client, ourHeader("", c.domain(), c.accepted.StreamID))
	}
	c.speak(Client, xmpp.KindElement, streamError(condition, text))
	if ours {
		c.speak(Client, xmpp.KindFooter, []byte("</stream:stream>"))
	}
}

// keepClient records what the client sent before anything answered it.
func (c *Core) keepClient() {
	p := c.pipes[Client]
	for f, ok := p.next(); ok; f, ok = p.next() {
		c.consume(Client, f)
	}
}

// ended takes the end of what a leg sends.
func (c *Core) ended(l Leg, err error) {
	c.legs[l].granted = false
	p := c.pipes[l]
	p.ended, p.err = true, err
	if c.state == Sniffing {
		c.end()
	}
	p.scanner.Close()
}

// over goes on when all that a leg sent, and its end, has been decided on.
func (c *Core) over(l Leg) {
	p := c.pipes[l]
	if c.state == AwaitingHeader {
		c.keepClient()
	}
	if l == Client && c.stream.Phase() == xmpp.PhaseLogin {
		c.watch.gaveUp()
		c.learned()
	}
	c.record(trace.Event{Kind: trace.Ended, Dir: l.Dir(), Leg: c.label(l), Note: c.howEnded(l)})
	switch c.state {
	case Relaying, StartingTLS:
		c.send(l.Other())
		c.finish(l.Other())
		c.state = Relaying
		if p.err != nil && !orderly(p.err) || c.pipes[l.Other()].over {
			c.end()
		}
	case Closing:
	case AwaitingHeader, Offering:
		c.end()
	default:
		text := "The server closed the connection while xmppscope negotiated with it; its log says why."
		if c.mute(l) {
			text = c.withoutAnswer()
		} else if p.err != nil && !orderly(p.err) {
			text = diagnoseDial(p.err, c.target, c.domain())
		}
		c.refuseTLS(text)
	}
}

// finish ends what we send on a leg.
func (c *Core) finish(l Leg) {
	s := &c.legs[l]
	if !s.connected || s.finished {
		return
	}
	s.finished = true
	if err := c.pipes[l].err; s.shaking || s.broken || err != nil && !orderly(err) {
		s.flushed = true // nothing can be sent any more
		return
	}
	if !s.flushed {
		c.do(CloseWrite{l})
	}
}

// broken takes the failure of writing to a leg. What the peer sent before it
// went is still read: its end comes by itself, or is not waited for.
func (c *Core) broken(l Leg, err error) {
	s := &c.legs[l]
	if s.broken {
		return
	}
	s.broken, s.flushed, s.full = true, true, false
	if c.state == Closing || c.state == Finished {
		return
	}
	if !isGone(err) {
		c.undelivered(l, err)
	}
	if c.pipes[l].over || !c.deciding(l) {
		c.end()
		return
	}
	c.endBy = c.now.Add(lingering)
}

// undelivered tells that writing to a leg failed.
func (c *Core) undelivered(l Leg, err error) {
	severity := trace.Warning
	if c.legs[l].footed {
		severity = trace.Info // its peer had closed its stream, and did not wait for ours
	}
	c.note(l.Trace(), trace.Note{
		Topic: trace.TopicSession, Severity: severity,
		Text:  "What was sent to the " + l.peer() + " did not arrive: " + reason(err) + ".",
		Facts: []trace.Fact{{Key: "leg", Value: l.String()}, {Key: "error", Value: err.Error()}},
	})
}

// stopped ends the session because the program ends.
func (c *Core) stopped() {
	if c.state == Closing || c.state == Finished {
		return
	}
	c.note(trace.EndToEnd, trace.Note{Topic: trace.TopicSession, Text: "xmppscope was stopped; the session was cut here."})
	c.end()
	c.endBy = c.now.Add(stopping)
}

// How long an end may take.
const (
	flushing  = 30 * time.Second // until what a slow peer has not taken is given up
	lingering = 2 * time.Second  // until a peer that was told the end says its own
	stopping  = 2 * time.Second  // either, when the program ends
)

// end begins to close the session: what was decided is still sent.
func (c *Core) end() {
	if c.state == Closing || c.state == Finished {
		return
	}
	if len(c.prefix) > 0 {
		c.pipes[Client].feed(c.prefix)
		c.prefix = nil
	}
	c.withhold()
	for l := range c.pipes {
		c.tear(Leg(l))
		c.send(Leg(l).Other())
	}
	c.state = Closing
	c.endBy = c.now.Add(flushing)
	c.finish(Client)
	c.finish(Upstream)
}

// withhold records a <proceed/> that the client will not get any more.
func (c *Core) withhold() {
	if c.proceed.Raw != nil {
		c.framed(Upstream, trace.UpstreamLeg, c.proceed)
		c.proceed = xmpp.Frame{}
	}
}

// tear records the beginning, which was sent on, of a frame whose rest will
// not be.
func (c *Core) tear(l Leg) {
	p := c.pipes[l]
	if p.ahead == 0 {
		return
	}
	f := p.scanner.Pending()
	f.Flaw = xmpp.FlawTorn
	rest := f
	f.Raw, rest.Raw = f.Raw[:p.ahead], f.Raw[p.ahead:]
	c.framed(l, trace.EndToEnd, f)
	p.rest()
	if len(rest.Raw) > 0 {
		rest.Offset += int64(len(f.Raw))
		c.framed(l, l.Trace(), rest)
	}
}

// closing waits until everything is sent and both peers have said their end,
// or the time is up.
func (c *Core) closing() {
	flushed, over := true, true
	for l, s := range c.legs {
		flushed = flushed && (!s.connected || s.flushed)
		over = over && (!s.connected || c.pipes[l].ended || s.shaking || s.broken)
	}
	if flushed && !over {
		if by := c.now.Add(lingering); by.Before(c.endBy) {
			c.endBy = by
		}
	}
	if flushed && over || !c.now.Before(c.endBy) {
		c.close()
	}
}

func (c *Core) close() {
	for l, p := range c.pipes {
		p.scanner.Close()
		for f, ok := p.next(); ok; f, ok = p.next() {
			c.consume(Leg(l), f)
		}
	}
	c.state, c.endBy = Finished, time.Time{}
	c.do(Close{})
}
