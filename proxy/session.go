package proxy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"xmppscope/xmpp/link"
	"xmppscope/xmpp/trace"
)

// session drives one Core: it owns both links and the inbox where they tell
// what happened. Its goroutine is the only one that touches the Core.
type session struct {
	server *Server
	core   *Core
	links  [2]*link.Link
	inbox  chan any      // a link.Posted or a dialResult
	over   chan struct{} // closed when nobody reads the inbox any more
	tasks  sync.WaitGroup
	record context.Context // for recording: outlives the order to stop
	timer  *time.Timer
	now    time.Time
	seqs   map[uint64]uint64 // numbers of recorded events by their keys
	asked  bool              // the server asked for a certificate; set during its handshake
	shut   bool
	lost   error // the sink takes no more
}

// dialResult is what a dial ended in.
type dialResult struct {
	conn net.Conn
	Dialed
}

func newSession(server *Server, id trace.SessionID, record context.Context) *session {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &session{
		server: server,
		core: NewCore(Policy{
			Mode: server.cfg.Mode, Login: server.cfg.Login, Domain: server.cfg.Domain, Session: id,
		}),
		inbox:  make(chan any),
		over:   make(chan struct{}),
		record: record,
		timer:  timer,
	}
}

// run serves a client until both connections are closed, or, for a while
// after ctx is done, until what was received is sent.
func (s *session) run(ctx context.Context, conn net.Conn) {
	dialing, cancel := context.WithCancel(ctx)
	defer s.tasks.Wait()
	defer cancel()
	defer s.timer.Stop()
	defer close(s.over)

	defer s.contain()

	s.connect(Client, conn)
	s.handle(dialing, time.Now(), Accepted{
		Addr: s.links[Client].RemoteAddr(), LastSeen: s.server.domain(), StreamID: rand.Text(),
	})
	stop := ctx.Done()
	for !s.shut {
		select {
		case told := <-s.inbox:
			s.told(dialing, told)
		case now := <-s.timer.C:
			s.handle(dialing, now, Ticked{})
		case <-stop:
			stop = nil
			s.handle(dialing, time.Now(), Stopped{})
		case <-s.record.Done():
			s.lost = context.Cause(s.record)
		}
		if s.lost != nil {
			s.abandon()
		}
	}
}

// connect makes a connection one of the session's links.
func (s *session) connect(leg Leg, conn net.Conn) {
	s.links[leg] = link.New(conn, link.Config{
		Budget: s.server.cfg.Budget, Buffers: &s.server.buffers,
		Post: func(p link.Posted) { s.post(p) },
	})
}

// post gives the session something to look at, and reports whether it took
// it. Goroutines of links and dials call it.
func (s *session) post(what any) bool {
	select {
	case s.inbox <- what:
		return true
	case <-s.over:
		return false
	}
}

// told hands what a link or a dial told to the Core.
func (s *session) told(ctx context.Context, what any) {
	now := time.Now()
	switch t := what.(type) {
	case dialResult:
		if t.conn != nil {
			if s.core.State() != Dialing {
				t.conn.Close()
				return
			}
			s.connect(Upstream, t.conn)
			t.Addr = s.links[Upstream].RemoteAddr()
		}
		s.handle(ctx, now, t.Dialed)
	case link.Received:
		leg := s.legOf(t.Link)
		if len(t.Chunk) > 0 {
			s.handle(ctx, t.At, Received{leg, t.Chunk})
		}
		if errors.Is(t.Err, io.EOF) {
			s.handle(ctx, t.At, Ended{leg, nil})
		} else if t.Err != nil {
			s.handle(ctx, t.At, Ended{leg, t.Err})
		}
	case link.Drained:
		leg := s.legOf(t.Link)
		switch {
		case t.Err != nil:
			s.handle(ctx, now, Broken{leg, t.Err})
		case t.Closed:
			s.handle(ctx, now, Flushed{leg})
		default:
			s.handle(ctx, now, Drained{leg})
		}
	case link.Upgraded:
		in := Secured{Leg: s.legOf(t.Link), Facts: factsOf(t), Space: t.Space, Err: t.Err}
		if in.Leg == Upstream {
			in.Facts.Asked, in.Facts.Unchecked = s.asked, s.server.cfg.Insecure
		}
		s.handle(ctx, now, in)
	}
}

func (s *session) legOf(l *link.Link) Leg {
	if l == s.links[Client] {
		return Client
	}
	return Upstream
}

// handle lets the Core take one input, records what that led to, then does it.
// Recording comes first, so that no capture has an effect before its cause.
func (s *session) handle(ctx context.Context, now time.Time, in Input) {
	if s.shut {
		return
	}
	if now.After(s.now) { // a read may be told after a later tick
		s.now = now
	}
	out := s.core.Handle(s.now, in)
	s.recordAll(out.Records)
	if s.lost != nil {
		return
	}
	// Readers first: whoever is woken last runs first, and that is to be the
	// writer.
	for _, a := range out.Actions {
		if a, ok := a.(Grant); ok {
			s.links[a.Leg].Grant()
		}
	}
	var filled [2]bool
	for _, a := range out.Actions {
		switch a := a.(type) {
		case Grant:
		case Write:
			full := s.links[a.Leg].Write(a.Chunks...)
			filled[a.Leg] = filled[a.Leg] || full
		default:
			s.do(ctx, a)
		}
	}
	for leg, full := range filled {
		if full {
			s.handle(ctx, s.now, Filled{Leg(leg)})
		}
	}
}

// do carries out an action.
func (s *session) do(ctx context.Context, a Action) {
	switch a := a.(type) {
	case Dial:
		s.tasks.Go(func() {
			result := s.server.dial(ctx, a.Domain)
			if !s.post(result) && result.conn != nil {
				result.conn.Close()
			}
		})
	case StartTLS:
		if a.Leg == Client {
			s.links[Client].StartTLS(s.server.cfg.forClient(a.Domain, a.PreferSNI), true, a.Prefix)
		} else {
			s.links[Upstream].StartTLS(s.server.cfg.forServer(a.Domain, a.Protocols, &s.asked), false, a.Prefix)
		}
	case CloseWrite:
		s.links[a.Leg].CloseWrite()
	case SetTimer:
		s.timer.Reset(a.At.Sub(s.now))
	case Remember:
		s.server.remember(a.Domain)
	case Close:
		s.close()
		s.handle(ctx, time.Now(), Shut{})
		s.shut = true
	}
}

// close closes both connections and waits until their goroutines have ended.
func (s *session) close() {
	for _, l := range s.links {
		if l != nil {
			l.Close()
		}
	}
	ended := make(chan struct{})
	s.tasks.Go(func() {
		for _, l := range s.links {
			if l != nil {
				l.Wait()
			}
		}
		close(ended)
	})
	for {
		select {
		case told := <-s.inbox: // what was under way; nothing follows
			if r, ok := told.(dialResult); ok && r.conn != nil {
				r.conn.Close()
			}
		case <-ended:
			return
		}
	}
}

// abandon ends a session that can no longer be recorded: what is not recorded
// does not pass.
func (s *session) abandon() {
	s.close()
	s.shut = true
}

// contain keeps a mistake of ours, a panic, to its own session, and records it.
func (s *session) contain() {
	v := recover()
	if v == nil {
		return
	}
	id := s.core.policy.Session
	s.server.cfg.Sink.Record(s.record, // an error changes nothing here
		trace.Event{Kind: trace.Noted, Time: time.Now(), Session: id, Note: &trace.Note{
			Topic: trace.TopicSession, Severity: trace.Failure,
			Text:  fmt.Sprintf("xmppscope failed in this session and closed it: %v; please report it.", v),
			Facts: []trace.Fact{{Key: "error", Value: string(debug.Stack())}},
		}},
		trace.Event{Kind: trace.Closed, Time: time.Now(), Session: id},
	)
	s.abandon()
}

// recordAll hands records to the sink, as one batch unless one replaces
// another of the same batch, whose number it must know.
func (s *session) recordAll(records []Record) {
	var batch []trace.Event
	var keys []uint64 // of batch
	flush := func() {
		if len(batch) == 0 || s.lost != nil {
			return
		}
		first, err := s.server.cfg.Sink.Record(s.record, batch...)
		if s.lost = err; err == nil {
			for i, key := range keys {
				if key != 0 {
					s.number(key, first+uint64(i))
				}
			}
		}
		batch, keys = nil, nil
	}
	for i, r := range records {
		if r.Replaces != 0 {
			flush()
			key := r.Replaces
			r.Replaces = s.seqs[key]
			delete(s.seqs, key)
		}
		if batch == nil {
			batch, keys = make([]trace.Event, 0, len(records)-i), make([]uint64, 0, len(records)-i)
		}
		batch, keys = append(batch, r.Event), append(keys, r.Key)
	}
	flush()
}

// number remembers the number that an event got.
func (s *session) number(key, seq uint64) {
	if s.seqs == nil {
		s.seqs = make(map[uint64]uint64)
	}
	s.seqs[key] = seq
}
