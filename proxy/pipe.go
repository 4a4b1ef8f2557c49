package proxy

import (
	"time"

	"xmppscope/xmpp"
)

// pipe is one direction: the bytes that a leg sent and what became of them.
//
// Chunks wait in held until it is decided what becomes of them. Frames tell
// how far a decision reaches; what is forwarded are the chunks' own bytes, so
// a chunk that passes whole is written whole, whatever frames it holds.
type pipe struct {
	scanner *xmpp.Scanner
	queue   []xmpp.Frame // taken from the scanner before it could be decided on
	held    [][]byte     // received and undecided, or counted in pass
	size    int          // bytes in held
	pass    int          // leading bytes of held that are to be sent on
	out     [][]byte     // decided, to be written at the end of the input

	ahead    int       // bytes of the unfinished frame that were sent on already
	known    int       // bytes of the unfinished frame that an event holds already
	due      time.Time // when the unfinished frame is to be looked at
	released bool      // the unfinished frame is no longer awaited

	fed   bool  // something came
	ended bool  // nothing more comes
	over  bool  // all has been decided, and the end told
	err   error // how it ended; nil for a half-close
}

func newPipe() *pipe { return &pipe{scanner: xmpp.NewScanner(xmpp.Limits{})} }

// feed takes over a chunk.
func (p *pipe) feed(chunk []byte) {
	p.fed = true
	p.scanner.Feed(chunk)
	p.held = append(p.held, chunk)
	p.size += len(chunk)
}

// next returns the next whole frame to decide on.
func (p *pipe) next() (xmpp.Frame, bool) {
	if len(p.queue) > 0 {
		f := p.queue[0]
		p.queue = p.queue[1:]
		return f, true
	}
	return p.scanner.Next()
}

// unread puts a frame back, so that next returns it again.
func (p *pipe) unread(f xmpp.Frame) { p.queue = append([]xmpp.Frame{f}, p.queue...) }

// pending returns how many bytes came of an unfinished frame. It is meant for
// when next has no frame.
func (p *pipe) pending() int { return len(p.scanner.Pending().Raw) }

// forward decides that a frame is sent on as it came.
func (p *pipe) forward(f xmpp.Frame) { p.pass += p.decided(f) }

// forwardPending sends on what has come of the unfinished frame.
func (p *pipe) forwardPending() {
	p.ahead += p.size - p.pass
	p.pass = p.size
}

// drop decides that a frame is not sent on.
func (p *pipe) drop(f xmpp.Frame) {
	p.flush()
	p.take(p.decided(f), false)
}

// replace decides that other bytes are sent in a frame's place.
func (p *pipe) replace(f xmpp.Frame, with []byte) {
	p.drop(f)
	p.out = append(p.out, with)
}

// decided accounts for a frame and returns how many of its bytes wait in
// held. More than the frame may be ahead or known, where the scanner gives out
// an unfinished frame in parts.
func (p *pipe) decided(f xmpp.Frame) int {
	n := len(f.Raw)
	waiting := max(n-p.ahead, 0)
	p.ahead, p.known = max(p.ahead-n, 0), max(p.known-n, 0)
	p.released, p.due = false, time.Time{}
	return waiting
}

// flush moves the bytes counted in pass to out.
func (p *pipe) flush() {
	p.take(p.pass, true)
	p.pass = 0
}

// take removes n bytes from held, and adds them to out if they are kept.
func (p *pipe) take(n int, keep bool) {
	p.size -= n
	for n > 0 {
		first := p.held[0]
		part := first[:min(n, len(first))]
		if keep {
			p.out = append(p.out, part)
		}
		if n -= len(part); len(part) == len(first) {
			p.held[0] = nil
			p.held = p.held[1:]
		} else {
			p.held[0] = first[len(part):]
		}
	}
	if len(p.held) == 0 {
		p.held = nil
	}
}

// rest removes and returns all bytes that were not decided on: the beginning
// of a TLS handshake.
func (p *pipe) rest() []byte {
	p.flush()
	p.held, p.size = nil, 0
	p.ahead, p.known, p.released, p.due = 0, 0, false, time.Time{}
	return p.scanner.Rest()
}
