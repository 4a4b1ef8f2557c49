package proxy

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"xmppscope/xmpp/trace"
)

// fragments are what the ends of a random session send, whole or in pieces.
var fragments = [2][]string{
	Client: {
		"<?xml version='1.0'?>", clientHeader, clientHeader, starttlsElement, starttlsElement + "\n", "\x16\x03\x01hello", " ",
		"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1-PLUS'>cD0=</auth>",
		"<authenticate xmlns='urn:xmpp:sasl:2' mechanism='HT-SHA-256-UNIQ'/>",
		"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
		"<message><body>hi</body></message>", "<presence/>", "<broken><", "text", "</x>", "<message><a></message>", footer, "GET / HTTP/1.1",
		"\xef\xbb\xbf", "<!-- c -->",
	},
	Upstream: {
		"<?xml version='1.0'?>", serverHeader, serverHeader, serverHeader + tlsFeatures, tlsFeatures, tlsFeatures, noFeatures,
		proceedElement, proceedElement, proceedElement + "\x16\x03", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
		"<stream:features><compression xmlns='http://jabber.org/features/compress'/><a/></stream:features>",
		"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>X-PLUS</mechanism></mechanisms></stream:features>",
		"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>",
		"<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>r@x/y</jid></bind></iq>",
		"<message/>", "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", footer, "<broken><", "text", " ",
	},
}

// chance drives a Core at random, but keeps to the driver's rules.
type chance struct {
	t    testing.TB
	r    *rand.Rand
	core *Core
	now  time.Time

	granted, shaking, ending, ended [2]bool
	dialing, closed                 bool
	timer                           time.Time
	unsent                          [2]string // what an end has begun to send

	received, written, passed, came [2]bytes.Buffer // by leg: in, out; by what events say
}

func (c *chance) input(in Input) {
	out := c.core.Handle(c.now, in)
	for _, r := range out.Records {
		if r.Kind != trace.Framed {
			continue
		}
		if r.Known > len(r.Frame.Raw) {
			c.t.Fatalf("known %d of %d bytes", r.Known, len(r.Frame.Raw))
		}
		from := Leg(r.Dir)
		if r.Leg == trace.EndToEnd || r.Origin == trace.Tool {
			c.passed[from.Other()].Write(r.Frame.Raw)
		}
		if r.Origin == trace.Peer {
			c.came[from].Write(r.Frame.Raw)
		}
	}
	for _, a := range out.Actions {
		c.obey(a)
	}
}

func (c *chance) obey(a Action) {
	if c.closed {
		c.t.Fatalf("%T after Close", a)
	}
	switch a := a.(type) {
	case Write:
		if c.ending[a.Leg] {
			c.t.Fatalf("write to %v after CloseWrite", a.Leg)
		}
		for _, chunk := range a.Chunks {
			c.written[a.Leg].Write(chunk)
		}
	case Grant:
		if c.granted[a.Leg] || c.shaking[a.Leg] || c.ended[a.Leg] {
			c.t.Fatalf("grant of %v: granted %v, shaking %v, ended %v", a.Leg, c.granted[a.Leg], c.shaking[a.Leg], c.ended[a.Leg])
		}
		c.granted[a.Leg] = true
	case Dial:
		c.dialing = true
	case StartTLS:
		if c.granted[a.Leg] || c.shaking[a.Leg] {
			c.t.Fatalf("StartTLS of %v with a read under way", a.Leg)
		}
		c.shaking[a.Leg] = true
		r := &c.received[a.Leg]
		if !bytes.HasSuffix(r.Bytes(), a.Prefix) {
			c.t.Fatalf("prefix %q", a.Prefix)
		}
		r.Truncate(r.Len() - len(a.Prefix))
	case CloseWrite:
		if c.ending[a.Leg] {
			c.t.Fatalf("CloseWrite of %v twice", a.Leg)
		}
		c.ending[a.Leg] = true
	case Close:
		c.closed = true
	case SetTimer:
		c.timer = a.At
	}
}

// step makes one thing happen that may happen now.
func (c *chance) step() {
	l := Leg(c.r.IntN(2))
	c.now = c.now.Add(time.Duration(c.r.IntN(300)) * time.Millisecond)
	if !c.timer.IsZero() && !c.now.Before(c.timer) {
		c.timer = time.Time{}
		c.input(Ticked{})
		return
	}
	switch {
	case c.dialing:
		c.dialing = false
		var err error
		if c.r.IntN(10) == 0 {
			err = playErrors["refused"]
		}
		c.input(Dialed{Target: "t", DirectTLS: c.r.IntN(2) == 0, Err: err})
	case c.shaking[l]:
		c.shaking[l] = false
		var err error
		if c.r.IntN(10) == 0 {
			err = playErrors["eof"]
		}
		c.input(Secured{Leg: l, Err: err})
	case c.granted[l] && c.r.IntN(60) == 0:
		c.granted[l], c.ended[l] = false, true
		var err error
		if c.r.IntN(2) == 0 {
			err = playErrors["reset"]
		}
		c.input(Ended{l, err})
	case c.granted[l]:
		c.receive(l)
	case c.r.IntN(20) == 0:
		c.input(Filled{l})
	default:
		c.input(Drained{l})
	}
}

// receive sends the next piece of what an end has to say.
func (c *chance) receive(l Leg) {
	for c.unsent[l] == "" || c.r.IntN(3) == 0 {
		c.unsent[l] += fragments[l][c.r.IntN(len(fragments[l]))]
	}
	n := len(c.unsent[l])
	if c.r.IntN(2) == 0 {
		n = 1 + c.r.IntN(n)
	}
	chunk := c.unsent[l][:n]
	c.unsent[l] = c.unsent[l][n:]
	c.granted[l] = false
	c.received[l].WriteString(chunk)
	c.input(Received{l, []byte(chunk)})
}

// finish ends the session, and checks that the events tell the truth.
func (c *chance) finish() {
	c.input(Stopped{})
	for range 100 {
		if c.closed {
			break
		}
		for l := range c.ending {
			if c.ending[l] {
				c.input(Flushed{Leg(l)})
			}
			if c.closed {
				break
			}
		}
		if !c.closed {
			c.now = c.now.Add(time.Second)
			c.input(Ticked{})
		}
	}
	if !c.closed || c.core.State() != Finished {
		c.t.Fatalf("not closed, but %v", c.core.State())
	}
	c.input(Shut{})
	for l := range c.written {
		if !bytes.Equal(c.written[l].Bytes(), c.passed[l].Bytes()) {
			c.t.Errorf("written to the %v:\n%q\nrecorded:\n%q", Leg(l), c.written[l].String(), c.passed[l].String())
		}
		if !bytes.Equal(c.received[l].Bytes(), c.came[l].Bytes()) {
			c.t.Errorf("received from the %v:\n%q\nrecorded:\n%q", Leg(l), c.received[l].String(), c.came[l].String())
		}
	}
}

func newChance(t testing.TB, seed uint64) *chance {
	r := rand.New(rand.NewPCG(seed, 1))
	p := Policy{Session: 1, Login: Login(r.IntN(2)), Domain: "d.example"}
	if mode := []string{"srv", "reverse:x.example:1", "reverse+tls:x.example:1"}[r.IntN(3)]; mode != "" {
		p.Mode, _ = ParseMode(mode)
	}
	c := &chance{t: t, r: r, core: NewCore(p), now: time.Unix(0, 0)}
	c.input(Accepted{})
	// Most sessions begin as sessions do.
	if r.IntN(8) > 0 {
		c.unsent[Client] = clientHeader
		c.unsent[Upstream] = serverHeader + tlsFeatures
	}
	return c
}

// TestRandomSessions checks for many random sessions that every byte written
// and every byte received stands in an event, in order, once, and that the
// rules towards the driver are kept.
func TestRandomSessions(t *testing.T) {
	states := map[State]int{}
	for seed := range uint64(5000) {
		c := newChance(t, seed)
		for range 80 {
			if c.closed {
				break
			}
			states[c.core.State()]++
			c.step()
		}
		if !c.closed {
			c.finish()
		}
		if t.Failed() {
			t.Fatalf("seed %d, from state %v", seed, c.core.State())
		}
	}
	for s := Sniffing; s < Finished; s++ {
		if states[s] == 0 {
			t.Errorf("no session was ever in the state %v", s)
		}
	}
}

// FuzzRelay checks that whatever bytes come in whatever pieces, what is
// relayed is what was received.
func FuzzRelay(f *testing.F) {
	for _, fs := range fragments {
		f.Add([]byte(strings.Join(fs, "")), uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		c := newChance(t, seed)
		c.core = NewCore(Policy{Session: 1, Mode: Mode{}, Domain: "d.example"})
		c.granted, c.unsent = [2]bool{}, [2]string{}
		c.input(Accepted{})
		for range 4*len(data) + 100 {
			if l := Leg(c.r.IntN(2)); c.closed || len(data) == 0 {
				break
			} else if !c.granted[l] {
				c.step()
			} else {
				n := min(1+c.r.IntN(30), len(data))
				c.granted[l] = false
				c.received[l].Write(data[:n])
				c.input(Received{l, bytes.Clone(data[:n])})
				data = data[n:]
			}
		}
		if !c.closed {
			c.finish()
		}
	})
}
