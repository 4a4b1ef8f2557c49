package proxy

import (
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// State is what a [Core] does or waits for.
type State uint8

const (
	Sniffing         State = iota // the client's first bytes do not tell yet what it speaks
	SecuringDirect                // the client's Direct TLS handshake
	AwaitingHeader                // the client's stream header, which names the domain to dial
	Dialing                       // the server's connection
	SecuringUpstream              // a TLS handshake upstream that the client knows nothing of
	Opening                       // the server's features, after our header upstream
	Asking                        // the server's answer to our <starttls/>
	Reopening                     // the server's features, after a copy of the client's header
	Offering                      // what the client makes of our features with <starttls/>
	Relaying                      // anything
	StartingTLS                   // the server's answer to the client's <starttls/>
	SecuringRelayed               // the TLS handshake upstream, before <proceed/> goes to the client
	SecuringClient                // the TLS handshake with the client after <proceed/>
	Closing                       // both legs' writers, and the ends of what both send
	Finished                      // nothing
)

// String names the state.
func (s State) String() string {
	names := [...]string{
		"Sniffing", "SecuringDirect", "AwaitingHeader", "Dialing", "SecuringUpstream", "Opening", "Asking", "Reopening",
		"Offering", "Relaying", "StartingTLS", "SecuringRelayed", "SecuringClient", "Closing", "Finished",
	}
	return names[s]
}

// Policy is what a [Core] is told beforehand. The zero value looks the server
// up by SRV, relays logins, and has no domain to fall back on.
type Policy struct {
	Mode    Mode
	Login   Login
	Domain  string          // for clients that name none
	Session trace.SessionID // put into each event
}

// leg is what a Core knows of one connection.
type leg struct {
	connected bool
	granted   bool  // a read is under way
	full      bool  // its writer is above its budget
	shaking   bool  // a handshake is under way
	secure    bool  // inside TLS
	finished  bool  // CloseWrite was asked for
	flushed   bool  // and is done, or can never be
	broken    bool  // writing failed
	headed    bool  // a stream header was sent on it
	footed    bool  // its peer closed its stream
	spoken    int64 // bytes of our own sent on it
}

// Core is one session of the proxy as a state machine: inputs and the time
// in, records and actions out. It does no I/O, starts no goroutine and reads
// no clock.
//
// A Core belongs to one goroutine. Use [NewCore]; the first input is
// [Accepted], the last [Shut].
type Core struct {
	policy Policy
	state  State
	now    time.Time
	out    Output

	pipes  [2]*pipe // by the leg that sends
	legs   [2]leg
	stream *xmpp.Observer // of what passes from end to end, until the login is over

	accepted Accepted
	prefix   []byte     // the client's first bytes, while sniffing
	sni      string     // of the client's Direct TLS handshake
	alpn     []string   // that the client offered in it
	to       string     // domain that the client's header names
	header   xmpp.Frame // the client's last one
	target   string     // whom we dialled
	direct   bool       // the server wants TLS first
	heard    bool       // the server's first frame was looked at
	offered  bool       // the server offered STARTTLS, and the client has not answered
	reopen   bool       // the server is to get the client's header once more after TLS
	proceed  xmpp.Frame // the server's <proceed/>, until the client may have it
	done     bool       // the login is over: only frame, look into nothing
	watch    watch

	keys  uint64    // of records that are replaced
	timer time.Time // set and not yet come
	endBy time.Time // when to stop waiting for an orderly end
}

// NewCore returns a Core that waits for [Accepted].
func NewCore(p Policy) *Core {
	c := &Core{policy: p, watch: watch{mode: p.Login}, stream: xmpp.NewObserver()}
	c.pipes = [2]*pipe{newPipe(), newPipe()}
	return c
}

// State returns what the Core does or waits for.
func (c *Core) State() State { return c.state }

// Handle takes an input that happened at now and returns what it leads to.
func (c *Core) Handle(now time.Time, in Input) Output {
	c.now = now
	c.out.Records, c.out.Actions = c.out.Records[:0], c.out.Actions[:0]
	switch in := in.(type) {
	case Accepted:
		c.accepted = in
		c.legs[Client].connected = true
		c.record(trace.Event{Kind: trace.Opened, Addr: in.Addr})
	case Received:
		c.legs[in.Leg].granted = false
		c.received(in.Leg, in.Chunk)
	case Ended:
		c.ended(in.Leg, in.Err)
	case Dialed:
		c.dialed(in)
	case Secured:
		c.secured(in)
	case Filled:
		c.legs[in.Leg].full = true
	case Drained:
		c.legs[in.Leg].full = false
	case Flushed:
		c.legs[in.Leg].flushed = true
	case Broken:
		c.broken(in.Leg, in.Err)
	case Ticked:
		c.ticked()
	case Stopped:
		c.stopped()
	case Shut:
		c.record(trace.Event{Kind: trace.Closed})
		return c.out
	}
	c.settle()
	return c.out
}

// settle decides what can be decided, then asks for what is needed next.
func (c *Core) settle() {
	for c.pump(Client) || c.pump(Upstream) {
	}
	c.send(Client)
	c.send(Upstream)
	if c.state == Closing {
		c.closing()
	}
	for l := range c.legs {
		if c.wants(Leg(l)) {
			c.legs[l].granted = true
			c.do(Grant{Leg(l)})
		}
	}
	c.setTimer()
}

// wants reports whether a leg is to be read.
func (c *Core) wants(l Leg) bool {
	to := &c.legs[l.Other()]
	switch s := &c.legs[l]; {
	case !s.connected || s.granted || s.shaking || c.pipes[l].ended:
		return false
	case c.state == Sniffing:
		return l == Client
	case c.state == Closing:
		return true
	}
	return c.deciding(l) && !to.full && !to.broken
}

// deciding reports whether frames that a leg sent can be decided on in this
// state. Otherwise they wait.
func (c *Core) deciding(l Leg) bool {
	switch c.state {
	case Relaying, Closing:
		return c.legs[l].connected
	case AwaitingHeader, Offering:
		return l == Client
	case Opening, Asking, Reopening, StartingTLS:
		return l == Upstream
	}
	return false
}

// pump decides on the frames that a leg sent, and reports whether the state
// changed, which may let the other leg's go on.
func (c *Core) pump(l Leg) bool {
	p, before := c.pipes[l], c.state
	for c.deciding(l) && !p.over {
		if c.state == AwaitingHeader {
			if f, ok := p.scanner.Next(); ok {
				c.awaitHeader(f)
				continue
			}
			if len(p.queue) == 0 && c.foreignInside(p.scanner.Pending().Raw) {
				continue
			}
		} else if f, ok := p.next(); ok {
			c.decide(l, f)
			continue
		}
		if p.pending() > 0 {
			c.unfinished(l)
		}
		if c.state == AwaitingHeader && p.size > maxAwaited { // it never comes, or is none
			c.dial()
			break
		}
		if p.ended {
			p.over = true
			c.over(l)
		}
		break
	}
	return c.state != before
}

// decide decides on one frame.
func (c *Core) decide(l Leg, f xmpp.Frame) {
	if l == Upstream && c.strange(f) {
		return
	}
	if c.passing(l) {
		c.relay(l, f)
		return
	}
	switch c.state {
	case Opening, Asking, Reopening:
		c.swallow(f)
	case Offering:
		c.offering(f)
	case Closing:
		c.consume(l, f)
	}
}

// passing reports whether what a leg sends goes from end to end: by the state,
// or since the beginning of the frame did already.
func (c *Core) passing(l Leg) bool {
	switch c.state {
	case Relaying, StartingTLS:
		return true
	case Closing:
		return false
	}
	return c.pipes[l].ahead > 0
}

// unfinished decides on what came of an unfinished frame.
func (c *Core) unfinished(l Leg) {
	p := c.pipes[l]
	if p.due.IsZero() {
		p.due = c.now.Add(time.Second)
	}
	switch {
	case !c.passing(l):
	case p.released || !c.awaits(l):
		p.forwardPending()
	case p.pending() > maxAwaited:
		c.release(l)
	}
}

// maxAwaited is how much of an element is held back until it is whole, and
// how much for a header. What has a part in negotiation is smaller.
const maxAwaited = 256 << 10

// release gives up waiting for the rest of an element.
func (c *Core) release(l Leg) {
	p := c.pipes[l]
	p.released = true
	if l == Client && c.undecided() && c.state == Relaying {
		c.ask()
		return
	}
	p.forwardPending()
}

// ticked looks at what has been unfinished for a second.
func (c *Core) ticked() {
	c.timer = time.Time{}
	for i, p := range c.pipes {
		l := Leg(i)
		if p.due.IsZero() || c.now.Before(p.due) || !c.deciding(l) {
			continue
		}
		if c.passing(l) {
			p.scanner.Resync()
		}
		for c.pump(Client) || c.pump(Upstream) {
		}
		if p.pending() == 0 || p.due.IsZero() || c.now.Before(p.due) || !c.deciding(l) {
			continue
		}
		p.due = c.now.Add(time.Second)
		if f := p.scanner.Pending(); len(f.Raw) > p.known {
			c.record(trace.Event{Kind: trace.Unfinished, Dir: l.Dir(), Leg: c.label(l), Frame: f, Known: p.known})
			p.known = len(f.Raw)
		}
		if c.passing(l) && !p.released && p.ahead == 0 {
			c.release(l)
		}
	}
	if !c.endBy.IsZero() && !c.now.Before(c.endBy) && c.state != Closing {
		c.end()
	}
}

// setTimer asks for the next Ticked, if there is something to look at.
func (c *Core) setTimer() {
	next := c.endBy
	for i, p := range c.pipes {
		if !p.due.IsZero() && c.deciding(Leg(i)) && (next.IsZero() || p.due.Before(next)) {
			next = p.due
		}
	}
	if c.state != Finished && !next.IsZero() && (c.timer.IsZero() || next.Before(c.timer)) {
		c.timer = next
		c.do(SetTimer{next})
	}
}

// label says which connections carry what a leg sends now.
func (c *Core) label(l Leg) trace.Leg {
	if c.passing(l) {
		return trace.EndToEnd
	}
	return l.Trace()
}

// domain returns the domain that the session is for, as far as anything tells.
func (c *Core) domain() string {
	for _, d := range [...]string{c.to, c.sni, c.fallback()} {
		if d != "" {
			return d
		}
	}
	return ""
}

// fallback returns the domain for a client that names none.
func (c *Core) fallback() string {
	for _, d := range [...]string{c.policy.Domain, c.accepted.LastSeen, c.policy.Mode.Domain()} {
		if d != "" {
			return d
		}
	}
	return ""
}

func (c *Core) do(a Action) { c.out.Actions = append(c.out.Actions, a) }

// send writes what was decided to be sent to a leg.
func (c *Core) send(to Leg) {
	p := c.pipes[to.Other()]
	if p.flush(); len(p.out) > 0 {
		c.do(Write{to, p.out})
		p.out = nil
	}
}

// record adds an event to those of this input.
func (c *Core) record(e trace.Event) { c.out.Records = append(c.out.Records, c.stamp(e)) }

func (c *Core) stamp(e trace.Event) Record {
	e.Time, e.Session = c.now, c.policy.Session
	return Record{Event: e}
}

// framed records a frame that a leg sent.
func (c *Core) framed(l Leg, label trace.Leg, f xmpp.Frame) {
	c.record(trace.Event{Kind: trace.Framed, Dir: l.Dir(), Leg: label, Frame: f, Known: min(c.pipes[l].known, len(f.Raw))})
}

// note records a fact in words about a leg.
func (c *Core) note(l trace.Leg, n trace.Note) {
	c.record(trace.Event{Kind: trace.Noted, Leg: l, Note: &n})
}

// forward sends a frame on as it came.
func (c *Core) forward(l Leg, f xmpp.Frame) {
	c.framed(l, trace.EndToEnd, f)
	c.pipes[l].forward(f)
	c.observe(l, f)
}

// consume keeps a frame to the leg that it came on.
func (c *Core) consume(l Leg, f xmpp.Frame) {
	c.framed(l, l.Trace(), f)
	c.pipes[l].drop(f)
}

// replace sends other bytes in a frame's place, in the tool's own name.
func (c *Core) replace(l Leg, f xmpp.Frame, with []byte) {
	c.keys++
	c.framed(l, l.Trace(), f)
	c.out.Records[len(c.out.Records)-1].Key = c.keys
	c.pipes[l].replace(f, with)
	c.observe(l, f)
	f.Raw = with
	c.record(trace.Event{
		Kind: trace.Framed, Dir: l.Dir(), Leg: trace.EndToEnd, Origin: trace.Tool, Frame: f, Replaces: c.keys,
	})
}

// speak sends a frame of our own on a leg.
func (c *Core) speak(to Leg, kind xmpp.Kind, raw []byte) {
	c.send(to)
	s := &c.legs[to]
	f := xmpp.Frame{Kind: kind, Offset: s.spoken, Raw: raw}
	s.spoken += int64(len(raw))
	s.headed = s.headed || kind == xmpp.KindHeader
	c.record(trace.Event{Kind: trace.Framed, Dir: to.Other().Dir(), Leg: to.Trace(), Origin: trace.Tool, Frame: f})
	c.do(Write{to, [][]byte{raw}})
}

// openStream opens a stream of our own on a leg.
func (c *Core) openStream(to Leg, header []byte) {
	c.speak(to, xmpp.KindDeclaration, []byte(xmlDeclaration))
	c.speak(to, xmpp.KindHeader, header)
}

// startTLS begins the handshake on a leg with what it sent beyond the last
// frame as prefix.
func (c *Core) startTLS(s StartTLS) {
	c.send(s.Leg)
	if c.state == SecuringDirect {
		s.Prefix, c.prefix = c.prefix, nil
	} else {
		s.Prefix = c.pipes[s.Leg].rest()
	}
	c.legs[s.Leg].shaking = true
	c.do(s)
}
