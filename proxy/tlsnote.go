package proxy

import (
	"xmppscope/xmpp/link"
	"xmppscope/xmpp/trace"
)

// noteTLS records what a finished handshake says about itself.
func (c *Core) noteTLS(in Secured) {
	f := in.Facts
	text := f.Version + " with the " + in.Leg.peer() + ", " + f.Cipher
	if f.ALPN != "" {
		text += ", ALPN " + f.ALPN
	}
	n := trace.Note{Topic: trace.TopicTLS, Text: text + ".", Facts: tlsFacts(in, c.domain())}
	c.note(in.Leg.Trace(), n)
	if f.Unchecked {
		c.note(in.Leg.Trace(), trace.Note{
			Topic: trace.TopicTLS, Severity: trace.Warning, Text: "The server's certificate was not verified, as -k says.",
		})
	}
	if f.Asked {
		c.note(in.Leg.Trace(), trace.Note{
			Topic: trace.TopicTLS, Severity: trace.Warning,
			Text: "The server asked for a certificate of the client, which xmppscope cannot show in its place; a login by certificate (SASL EXTERNAL) will not work.",
		})
	}
}

// tlsFacts lists what is known of a handshake.
func tlsFacts(in Secured, domain string) []trace.Fact {
	facts := []trace.Fact{{Key: "leg", Value: in.Leg.String()}}
	for _, f := range [...]trace.Fact{
		{Key: "version", Value: in.Facts.Version}, {Key: "cipher", Value: in.Facts.Cipher}, {Key: "alpn", Value: in.Facts.ALPN},
		{Key: "sni", Value: in.Facts.SNI}, {Key: "domain", Value: domain},
	} {
		if f.Value != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// orderly reports whether err is a half-close as it should be.
func orderly(err error) bool { return err == nil || link.Clean(err) }

// howEnded describes an unexpected end of what a leg sent; nil if all is well.
func (c *Core) howEnded(l Leg) *trace.Note {
	p := c.pipes[l]
	if c.state == Closing { // it was told to
		return nil
	}
	n := &trace.Note{Topic: trace.TopicSession, Severity: trace.Warning, Facts: []trace.Fact{{Key: "leg", Value: l.String()}}}
	who := "The " + l.peer()
	switch {
	case c.mute(l) && !c.passing(l): // what ends the negotiation says it
		return nil
	case c.mute(l):
		n.Severity, n.Text = trace.Failure, c.withoutAnswer()
		if p.err != nil {
			n.Facts = append(n.Facts, trace.Fact{Key: "error", Value: p.err.Error()})
		}
	case !orderly(p.err):
		n.Severity = trace.Failure
		n.Facts = append(n.Facts, trace.Fact{Key: "error", Value: p.err.Error()})
		n.Text = who + "'s connection broke: " + reason(p.err) + "."
		switch _, alert := alertOf(p.err); {
		case c.legs[l].footed: // many close without waiting for ours
			n.Severity = trace.Info
			n.Text = who + " closed its stream, then broke off the connection."
		case alert && l == Client: // in TLS 1.3 an alert may come after the handshake
			n.Text = diagnoseClientTLS(p.err)
		case alert:
			n.Text = diagnoseUpstreamTLS(p.err, c.domain())
		case link.IsReset(p.err):
			n.Text = who + " reset the connection; it crashed, was killed, or closed without reading what was sent to it."
		}
	case c.legs[l].footed:
		return nil
	case c.legs[l.Other()].footed:
		n.Severity = trace.Info
		n.Text = who + " closed the connection when the " + l.Other().peer() + " had closed its stream, without closing its own."
	case c.legs[l.Other()].headed || c.stream.Scope(l.Dir()) != nil:
		n.Text = who + " closed the connection without closing its stream; it may have crashed, been killed, or lost the network."
	default:
		n.Text = who + " closed the connection before it opened a stream; its log says why."
	}
	return n
}

// mute reports whether a leg is the server's, and ended or broke before it
// said anything.
func (c *Core) mute(l Leg) bool { return l == Upstream && !c.pipes[l].fed && !c.legs[l].secure }

// withoutAnswer says why a server may have nothing to say.
func (c *Core) withoutAnswer() string {
	const text = "The server closed the connection without answering; "
	if c.direct || c.legs[Upstream].secure || c.policy.Mode.SRV() {
		return text + "its log says why."
	}
	return text + "if its port is one for Direct TLS, give it by -m reverse+tls:HOST:PORT; otherwise its log says why."
}
