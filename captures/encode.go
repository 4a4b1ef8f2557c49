package captures

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"

	"xmppscope/xmpp/trace"
)

// encoder turns events into packets. It knows the flows of the sessions that
// are alive. One goroutine uses it.
type encoder struct {
	seed     maphash.Seed
	sessions map[trace.SessionID]*wire
	opened   uint64 // flows so far; each has sequence numbers of its own
	head     []byte // scratch
	lines    lines  // scratch
}

// wire is what the encoder knows of one session.
type wire struct {
	client, server netip.AddrPort
	flows          [3]*flow         // by trace.Leg; nil until something is written to it
	unfinished     [3][2]unfinished // by leg and direction
}

// unfinished is what an Unfinished event has recorded of a frame.
type unfinished struct {
	seq    uint64
	offset int64
	size   int
}

func newEncoder() *encoder {
	return &encoder{seed: maphash.MakeSeed(), sessions: make(map[trace.SessionID]*wire)}
}

// event appends the packets of r's event, and notes in r how that is spread
// over packets. start is where, in out, the packet that carries the comment
// begins: what comes before is a connection's opening.
func (e *encoder) event(out []byte, r *record) (_ []byte, start int) {
	ev := &r.event
	w := e.sessions[ev.Session]
	if w == nil {
		w = new(wire)
		e.sessions[ev.Session] = w
	}
	switch ev.Kind {
	case trace.Opened:
		w.client = ev.Addr
	case trace.Connected:
		w.server = ev.Addr
	}
	out, f := e.flow(out, w, ev)
	data := w.fresh(r, f)
	flags := byte(flagACK)
	if ev.Kind == trace.Ended && !f.ended[ev.Dir] && f == w.flows[ev.Leg] {
		flags |= endFlag(ev)
	}
	start = len(out)
	out = e.segments(out, f, r, flags, data)
	if ev.Kind == trace.Closed {
		out = e.finish(out, w, ev.Time.UnixNano())
		delete(e.sessions, ev.Session)
	}
	return out, start
}

// fresh returns the bytes of r that the capture does not hold yet, and notes
// where the others are.
func (w *wire) fresh(r *record, f *flow) []byte {
	ev := &r.event
	u := &w.unfinished[ev.Leg][ev.Dir]
	data := ev.Frame.Raw
	switch {
	case ev.Known <= 0 || ev.Known > len(data):
	case u.seq != 0 && u.offset == ev.Frame.Offset && u.size == ev.Known:
		r.continues = u.seq
		data = data[ev.Known:]
	default: // forgotten: sent again
		f.next[ev.Dir] -= uint32(ev.Known)
	}
	switch ev.Kind {
	case trace.Unfinished:
		*u = unfinished{seq: ev.Seq, offset: ev.Frame.Offset, size: len(ev.Frame.Raw)}
	case trace.Framed:
		*u = unfinished{}
	}
	return data
}

// flow returns the flow that ev belongs to, opened if it was not. Before the
// receiver is reached there is only the client's leg.
func (e *encoder) flow(out []byte, w *wire, ev *trace.Event) ([]byte, *flow) {
	leg := ev.Leg
	if len(ev.Frame.Raw) == 0 && w.flows[leg] == nil { // what has no bytes opens no flow of its own
		leg = trace.ClientLeg
		if w.server.IsValid() || w.flows[trace.EndToEnd] != nil {
			leg = trace.EndToEnd
		}
	}
	f := w.flows[leg]
	if f != nil {
		return out, f
	}
	f = e.newFlow(w, ev.Session, leg)
	w.flows[leg] = f
	nanos := ev.Time.UnixNano()
	out = e.packet(out, f, nanos, trace.FromInitiator, flagSYN, nil, nil)
	out = e.packet(out, f, nanos, trace.FromReceiver, flagSYN|flagACK, nil, nil)
	return e.packet(out, f, nanos, trace.FromInitiator, flagACK, nil, nil), f
}

func (e *encoder) newFlow(w *wire, id trace.SessionID, leg trace.Leg) *flow {
	e.opened++
	isn := maphash.Comparable(e.seed, e.opened)
	server := w.server
	if !server.IsValid() {
		server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), serverPort)
	}
	client := w.client
	clash := client.Port() == serverPort && client.Addr() == server.Addr()
	if leg != trace.EndToEnd || !client.IsValid() || clash {
		client = synthetic(id, leg, server.Addr().Unmap().Is4())
	}
	iface := uint32(1)
	if leg == trace.EndToEnd {
		iface = 0
	}
	return newFlow(iface, client, server, isn)
}

// synthetic is the client's address of a flow that has none: one of its own
// for every session and leg, in a range reserved for benchmarks (RFC 2544) or
// documentation (RFC 3849).
func synthetic(id trace.SessionID, leg trace.Leg, v4 bool) netip.AddrPort {
	if !v4 {
		a := [16]byte{0x20, 0x01, 0x0d, 0xb8}
		binary.BigEndian.PutUint32(a[12:], uint32(id))
		return netip.AddrPortFrom(netip.AddrFrom16(a), 10_000+uint16(leg))
	}
	a := [4]byte{198, 18 + byte(id>>16&1), byte(id >> 8), byte(id)}
	port := 10_000 + uint16(id>>17)%16_384*3 + uint16(leg)
	return netip.AddrPortFrom(netip.AddrFrom4(a), port)
}

// segments appends the packets of one event: one, or several when data is
// long; the comment is on the first.
func (e *encoder) segments(out []byte, f *flow, r *record, flags byte, data []byte) []byte {
	ev := &r.event
	r.length, r.many = len(data), len(data) > segmentSize
	e.lines = r.comment(e.lines[:0])
	nanos := ev.Time.UnixNano()
	for part := 2; ; part++ {
		n := min(len(data), segmentSize)
		last := n == len(data)
		now := byte(flagACK)
		if last {
			now = flags
			if n > 0 {
				now |= flagPSH
			}
		}
		out = e.packet(out, f, nanos, ev.Dir, now, data[:n], e.lines)
		data = data[n:]
		if last {
			return out
		}
		e.lines = e.lines[:0].number("seq", ev.Seq).number("session", uint64(ev.Session)).number("part", uint64(part))
	}
}

func (e *encoder) packet(out []byte, f *flow, nanos int64, dir trace.Direction, flags byte, data []byte, comment lines) []byte {
	e.head = f.header(e.head[:0], dir, flags, data)
	f.advance(dir, flags, len(data))
	return appendPacket(out, f.iface, nanos, e.head, data, comment)
}

// finish appends the end of every flow of w that has not ended.
func (e *encoder) finish(out []byte, w *wire, nanos int64) []byte {
	for _, f := range w.flows {
		if f == nil {
			continue
		}
		for _, dir := range []trace.Direction{trace.FromInitiator, trace.FromReceiver} {
			if !f.ended[dir] {
				out = e.packet(out, f, nanos, dir, flagFIN|flagACK, nil, nil)
			}
		}
	}
	return out
}

// endFlag is how an Ended event ends its flow: what failed was reset.
func endFlag(ev *trace.Event) byte {
	if ev.Note != nil && ev.Note.Severity == trace.Failure {
		return flagRST
	}
	return flagFIN
}

// forget drops what the encoder believes to be in the file, after events were
// lost: later frames are then written whole.
func (e *encoder) forget() {
	for _, w := range e.sessions {
		w.unfinished = [3][2]unfinished{}
	}
}
