package captures

import (
	"bytes"
	"hash/maphash"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// indexer turns events into rows of a Store. One goroutine uses it, with the
// Store's mutex held: it is what changes the sessions.
type indexer struct {
	store    *Store
	symbols  *symbols
	seed     maphash.Seed
	captures map[captureID]*capture
	taken    map[trace.SessionID]*session // by the Store's numbers
	scopes   map[string]*xmpp.Scope       // by their declarations
	highest  trace.SessionID
	key      []byte // scratch
}

// capture is what the indexer knows of one captureID: its numbers are its own.
type capture struct {
	sessions map[trace.SessionID]trace.SessionID // to the Store's numbers
	rows     runs                                // of its event numbers
	id       trace.SessionID                     // asked for last
	last     *session                            // of that number; nil if none was asked for
}

func newIndexer(s *Store) *indexer {
	return &indexer{
		store:    s,
		symbols:  s.symbols,
		seed:     maphash.MakeSeed(),
		captures: make(map[captureID]*capture),
		scopes:   make(map[string]*xmpp.Scope),
		taken:    s.sessions,
	}
}

func (x *indexer) capture(id captureID) *capture {
	c := x.captures[id]
	if c == nil {
		c = &capture{sessions: make(map[trace.SessionID]trace.SessionID)}
		x.captures[id] = c
	}
	return c
}

// session returns the Store's session for a capture's number: the same number
// unless another capture has it.
func (x *indexer) session(c *capture, id trace.SessionID) *session {
	if c.last == nil || c.id != id {
		c.id, c.last = id, x.find(c, id)
	}
	return c.last
}

func (x *indexer) find(c *capture, id trace.SessionID) *session {
	if own, ok := c.sessions[id]; ok {
		return x.taken[own]
	}
	own := id
	for x.taken[own] != nil {
		x.highest++
		own = x.highest
	}
	x.highest = max(x.highest, own)
	c.sessions[id] = own
	s := &session{info: SessionInfo{ID: own, First: -1, Last: -1}}
	x.taken[own] = s
	return s
}

// add makes r a row, or takes the facts of a snapshot.
func (x *indexer) add(c *capture, r *record) {
	ev := &r.event
	s := x.session(c, ev.Session)
	if ev.Kind == snapshot {
		s.restore(ev.Note)
		return
	}
	row := x.store.rows.next
	c.rows.add(ev.Seq, row)
	x.store.number(ev.Seq, row)
	e := Entry{fixed: fixed{
		time:    ev.Time.UnixNano(),
		where:   r.place,
		session: uint32(s.info.ID),
		size:    uint32(min(len(ev.Frame.Raw)+r.missing, sizeMany)),
	}}
	e.bits = uint32(ev.Kind)<<kindShift | uint32(ev.Frame.Kind)<<frameShift | uint32(ev.Frame.Flaw)<<flawShift |
		uint32(ev.Origin)<<originShift | uint32(ev.Leg)<<legShift | uint32(ev.Dir)<<dirShift
	if ev.Replaces != 0 {
		e.bits |= replacesBit
	}
	if r.continues != 0 {
		e.bits |= continuedBit
	}
	if r.many {
		e.bits |= manyBit
	}
	if ev.Note != nil {
		e.bits |= noteBit | uint32(ev.Note.Severity)<<severityShift
	}
	if ev.Kind == trace.Framed || ev.Kind == trace.Unfinished {
		x.frame(s, ev, row, &e)
	}
	s.count(ev, row, e)
	x.store.rows.add(e)
}

// frame fills in what the frame's bytes tell.
func (x *indexer) frame(s *session, ev *trace.Event, row int, e *Entry) {
	if x.look(s, ev, row) {
		e.bits |= sensitiveBit
	}
	sum := xmpp.Summarize(ev.Frame, s.scope(ev.Dir, ev.Leg, row))
	e.bits |= uint32(sum.Class) << classShift
	last := &s.recent[ev.Dir]
	e.from, e.to = last.from.intern(x.symbols, sum.From), last.to.intern(x.symbols, sum.To)
	e.typ, e.cond = last.typ.intern(x.symbols, sum.Type).word(), x.symbols.intern(sum.Condition).word()
	if e.isStanza() {
		e.name = x.name(&last.name, sum.ChildSpace, sum.ChildLocal)
	} else {
		e.name = x.name(&last.name, sum.Space, sum.Local)
	}
	if sum.Body != nil {
		e.bits |= bodyBit
	}
	if sum.Condition != nil || e.isStanza() && e.typ == wordError {
		e.bits |= errorBit
	}
	if sum.Class == xmpp.ClassIQ && ev.Kind == trace.Framed {
		x.pair(s, ev.Dir, &sum, row, e)
	}
}

// look shows a frame to the session's observer and keeps what a header
// declares. It reports whether the bytes may hold credentials.
func (x *indexer) look(s *session, ev *trace.Event, row int) (sensitive bool) {
	if ev.Frame.Kind == xmpp.KindHeader {
		// The scope keeps what it was made from; the buffer will be reused.
		ev.Frame.Raw = bytes.Clone(ev.Frame.Raw)
	}
	sensitive = s.observe(ev)
	if ev.Frame.Kind == xmpp.KindHeader && ev.Kind == trace.Framed {
		var scope *xmpp.Scope
		if s.observers[ev.Leg].Scope(ev.Dir) != nil { // RFC 7395 has none
			scope = x.scope(ev.Frame)
		}
		s.declare(ev.Dir, scopeMark{row, ev.Leg, scope})
		if ev.Leg != trace.UpstreamLeg {
			s.header[ev.Dir] = ev.Frame.Raw
		}
	}
	return sensitive
}

// maxScopes bounds the different sets of declarations that are kept to be
// shared; captures have a handful.
const maxScopes = 1000

// scope returns what a header declares: the same value for the same
// declarations, which does not keep the header.
func (x *indexer) scope(header xmpp.Frame) *xmpp.Scope {
	e, ok := header.Element(nil)
	if !ok {
		return nil
	}
	tag := []byte("<s")
	for a := range e.Attrs() {
		if bytes.HasPrefix(a.Name, []byte("xmlns")) {
			tag = append(append(append(tag, ' '), a.Name...), '=')
			quote := byte('\'')
			if bytes.IndexByte(a.Raw, quote) >= 0 {
				quote = '"'
			}
			tag = append(append(append(tag, quote), a.Raw...), quote)
		}
	}
	tag = append(tag, '>')
	if known, ok := x.scopes[string(tag)]; ok {
		return known
	}
	scope := xmpp.HeaderScope(xmpp.Frame{Kind: xmpp.KindHeader, Raw: tag})
	if len(x.scopes) < maxScopes {
		x.scopes[string(tag)] = scope
	}
	return scope
}

// name interns a namespace and a local name as one string.
func (x *indexer) name(last *recent, space, local []byte) Symbol {
	if len(space) == 0 {
		return last.intern(x.symbols, local)
	}
	x.key = append(append(append(x.key[:0], space...), ' '), local...)
	return last.intern(x.symbols, x.key)
}

// pair joins requests and replies (RFC 6120 §8.2.3): same id, opposite
// direction, and the reply goes where the request came from, if that was said.
func (x *indexer) pair(s *session, dir trace.Direction, sum *xmpp.Summary, row int, e *Entry) {
	switch e.typ {
	case wordGet, wordSet:
		if s.pending == nil || len(s.pending) >= maxPending {
			s.pending = make(map[uint64]uint32)
		}
		s.pending[x.hash(dir, sum.ID, sum.From)] = uint32(row)
	case wordResult, wordError:
		key := x.hash(dir.Opposite(), sum.ID, sum.To)
		request, ok := s.pending[key]
		if !ok {
			key = x.hash(dir.Opposite(), sum.ID, nil)
			request, ok = s.pending[key]
		}
		if ok {
			delete(s.pending, key)
			e.peer = request + 1
			e.bits |= replyBit
			x.store.rows.pair(int(request), row)
		}
	}
}

func (x *indexer) hash(dir trace.Direction, id, who []byte) uint64 {
	x.key = append(append(append(append(x.key[:0], byte(dir)), id...), 0), who...)
	return maphash.Bytes(x.seed, x.key)
}

// count adds a row to the session's figures.
func (s *session) count(ev *trace.Event, row int, e Entry) {
	if s.info.First < 0 {
		s.info.First = row
	}
	s.info.Last = row
	if ev.Kind == trace.Framed && ev.Leg == trace.EndToEnd {
		s.info.Bytes[ev.Dir] += int64(e.size)
		if ev.Frame.Kind == xmpp.KindElement {
			s.info.Elements[ev.Dir]++
		}
	}
	s.learn(ev)
}

// learn takes what the event's kind and note tell about the session.
func (s *session) learn(ev *trace.Event) {
	switch ev.Kind {
	case trace.Opened:
		s.info.Opened, s.info.Client = ev.Time, ev.Addr
	case trace.Connected:
		s.info.Server = ev.Addr
	case trace.Closed:
		s.info.Closed = ev.Time
		s.observers, s.pending, s.header = [3]*xmpp.Observer{}, nil, [2][]byte{}
	}
	if ev.Note != nil {
		s.noted(ev)
	}
}

// noted takes what a note says about the session.
func (s *session) noted(ev *trace.Event) {
	switch ev.Note.Severity {
	case trace.Warning:
		s.info.Warnings++
	case trace.Failure:
		s.info.Failures++
	}
	if ev.Note.Topic != trace.TopicTLS || ev.Note.Get("version") == "" {
		return
	}
	t := TLSInfo{
		Version: ev.Note.Get("version"),
		Cipher:  ev.Note.Get("cipher"),
		ALPN:    ev.Note.Get("alpn"),
		SNI:     ev.Note.Get("sni"),
	}
	if ev.Leg == trace.UpstreamLeg || ev.Note.Get("leg") == legWord(trace.UpstreamLeg) {
		s.info.ServerTLS = t
	} else {
		s.info.ClientTLS = t
	}
}

// miss takes an event that could not be written, and is no row, for what it
// tells about its session.
func (x *indexer) miss(c *capture, ev *trace.Event) {
	s := x.session(c, ev.Session)
	if ev.Kind == trace.Framed || ev.Kind == trace.Unfinished {
		x.look(s, ev, x.store.rows.next)
	}
	s.learn(ev)
}
