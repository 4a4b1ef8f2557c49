package captures

import (
	"net/netip"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// SessionInfo is what a capture tells about one session, up to the rows read
// so far. It is a value, free to keep.
type SessionInfo struct {
	ID        trace.SessionID
	Opened    time.Time // zero if the capture does not hold the session's beginning
	Closed    time.Time // zero while it is open, or if the recording ended before
	Client    netip.AddrPort
	Server    netip.AddrPort // invalid until it was reached
	Domain    string         // that the initiator asked for: to of its stream header
	Namespace string         // of the stream: jabber:client, jabber:server, jabber:component:accept
	JID       string         // bound by the server
	ClientTLS TLSInfo
	ServerTLS TLSInfo
	Login     xmpp.Login
	SM        bool // stream management is on (XEP-0198)
	SMResumed bool
	First     int      // its first row
	Last      int      // its last row so far
	Elements  [2]int   // elements by direction, those of one leg alone not counted
	Bytes     [2]int64 // bytes of frames by direction, likewise
	Warnings  int
	Failures  int
}

// IsOpen reports that the session has not been closed.
func (s SessionInfo) IsOpen() bool { return s.Closed.IsZero() }

// TLSInfo is what is known of TLS on one leg. The zero value is no TLS.
type TLSInfo struct {
	Version, Cipher, ALPN, SNI string
}

// session is the indexer's side of a SessionInfo.
type session struct {
	info      SessionInfo
	observers [3]*xmpp.Observer // by leg; nil where nothing was framed, and after the end
	scopes    [2][]scopeMark
	header    [2][]byte         // the last that concerned the client, for a snapshot
	pending   map[uint64]uint32 // hash of an unanswered iq request to its row
	guarded   bool              // a snapshot was taken during the login
	recent    [2]words          // by direction
}

// words are what a session's last row was made of.
type words struct{ from, to, typ, name recent }

// scopeMark says that from row on, elements of a leg are in scope.
type scopeMark struct {
	row   int
	leg   trace.Leg
	scope *xmpp.Scope
}

// maxPending bounds the requests of one session that wait for a reply; with
// more of them, all those that wait are given up.
const maxPending = 4096

// scope returns the declarations in force in row for a leg.
func (s *session) scope(dir trace.Direction, leg trace.Leg, row int) *xmpp.Scope {
	marks := s.scopes[dir]
	for i := len(marks) - 1; i >= 0; i-- {
		m := marks[i]
		if m.row <= row && (m.leg == leg || m.leg == trace.EndToEnd) {
			return m.scope
		}
	}
	return nil
}

// declare notes the declarations of a header, unless they are in force.
func (s *session) declare(dir trace.Direction, m scopeMark) {
	marks := s.scopes[dir]
	if n := len(marks); n > 0 && marks[n-1].leg == m.leg && marks[n-1].scope == m.scope {
		return
	}
	s.scopes[dir] = append(marks, m)
}

// observe shows a frame to the leg's observer and reports whether its bytes
// may hold credentials.
func (s *session) observe(ev *trace.Event) (sensitive bool) {
	if ev.Kind == trace.Framed {
		o := s.observers[ev.Leg]
		if o == nil {
			o = xmpp.NewObserver()
			s.observers[ev.Leg] = o
		}
		before := s.sensitive(ev)
		facts := o.Observe(ev.Dir, ev.Frame)
		if facts != 0 {
			s.note(o, ev.Leg, facts)
		}
		return before || s.sensitive(ev)
	}
	return s.sensitive(ev)
}

func (s *session) sensitive(ev *trace.Event) bool {
	if s.guarded {
		return true
	}
	for leg, o := range s.observers {
		if o != nil && (leg == int(trace.EndToEnd) || leg == int(ev.Leg)) && o.Sensitive() {
			return true
		}
	}
	return false
}

// note takes the facts that an observer has just stated.
func (s *session) note(o *xmpp.Observer, leg trace.Leg, facts xmpp.Facts) {
	if facts&(xmpp.FactSuccess|xmpp.FactFailure|xmpp.FactBound) != 0 {
		s.guarded = false
	}
	if login := o.Login(); login != (xmpp.Login{}) {
		s.info.Login = login
	}
	if jid := o.JID(); jid != "" {
		s.info.JID = jid
	}
	if enabled, resumed := o.SM(); enabled || resumed {
		s.info.SM, s.info.SMResumed = enabled, resumed
	}
	if st := o.Stream(trace.FromInitiator); facts&xmpp.FactHeader != 0 && leg != trace.UpstreamLeg {
		if st.To != "" {
			s.info.Domain = st.To
		}
		if st.Space != "" {
			s.info.Namespace = st.Space
		}
	}
}
