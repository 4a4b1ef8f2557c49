package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"xmppscope/xmpp/link"
	"xmppscope/xmpp/trace"
)

// Config is how a [Server] works. Sink and Security.Certificates must be set;
// the rest may be zero.
type Config struct {
	Mode   Mode
	Login  Login
	Domain string // for clients that name none
	Security

	Sink trace.Sink
	// First is the number of the first session. Zero: 1.
	First trace.SessionID
	// Dialer connects to servers and looks names up. Its zero value uses the
	// system's resolver.
	Dialer link.Dialer
	// Budget is how many bytes may wait to be written on one connection before
	// its peer's reader is stopped. Zero: link.DefaultBudget.
	Budget int
	// Warn, if set, is told what hinders accepting. Any goroutine may call it.
	Warn func(error)
}

// Server accepts clients and connects each with its server. Use [NewServer].
type Server struct {
	cfg      Config
	buffers  link.Buffers
	sessions atomic.Uint32 // number of the last one

	mu       sync.Mutex // guards lastSeen
	lastSeen string     // the domain that a client named last
}

// NewServer returns a Server that accepts nobody yet.
func NewServer(cfg Config) *Server {
	s := &Server{cfg: cfg}
	if cfg.First > 0 {
		s.sessions.Store(uint32(cfg.First) - 1)
	}
	return s
}

// draining is how long sessions have to end after Serve's context is done.
// What cannot be recorded by then is lost.
const draining = 4 * time.Second

// Serve accepts clients from listeners until ctx is done; then it accepts no
// more, sends on what was received, closes the sessions within a few seconds,
// and returns nil. It takes the listeners over. An error means that one of
// them failed; the sessions are then ended in the same way. It is to be
// called once.
func (s *Server) Serve(ctx context.Context, listeners ...net.Listener) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	record, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)

	var accepting, sessions sync.WaitGroup
	for _, l := range listeners {
		accepting.Go(func() {
			err := s.accept(ctx, l, func(conn net.Conn) {
				id := trace.SessionID(s.sessions.Add(1))
				sessions.Go(func() { newSession(s, id, record).run(ctx, conn) })
			})
			if err != nil {
				cancel(err)
			}
		})
	}
	<-ctx.Done()
	for _, l := range listeners {
		l.Close()
	}
	accepting.Wait()
	late := time.AfterFunc(draining, func() { giveUp(errors.New("proxy: the sessions took too long to end")) })
	sessions.Wait()
	late.Stop()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

// accept takes connections from a listener. Failures that pass, such as too
// many open files, are waited out.
func (s *Server) accept(ctx context.Context, l net.Listener, serve func(net.Conn)) error {
	var pause time.Duration
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			serve(conn)
			continue
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("proxy: listener %s: %w", l.Addr(), err)
		}
		if s.cfg.Warn != nil {
			s.cfg.Warn(fmt.Errorf("proxy: accepting on %s: %w", l.Addr(), err))
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

// dial connects to the server of a domain, as the mode says.
func (s *Server) dial(ctx context.Context, domain string) dialResult {
	candidates := []link.Candidate{s.cfg.Mode.Server}
	if s.cfg.Mode.SRV() {
		resolver := s.cfg.Dialer.Resolver
		if resolver == nil {
			resolver = net.DefaultResolver
		}
		found, err := link.Candidates(ctx, resolver, domain, nil)
		if err != nil {
			return dialResult{Dialed: Dialed{Target: domain, Err: err}}
		}
		candidates = found
	}
	dialer := s.cfg.Dialer
	var tried []string
	dialer.Failed = func(e *link.AttemptError) { tried = append(tried, e.Error()) }
	conn, reached, err := link.Dial(ctx, dialer, candidates)
	if err != nil {
		return dialResult{Dialed: Dialed{Target: candidates[len(candidates)-1].String(), Err: err}}
	}
	return dialResult{conn: conn, Dialed: Dialed{Target: reached.String(), DirectTLS: reached.DirectTLS, Tried: tried}}
}

// domain returns the domain that a client named last, or "".
func (s *Server) domain() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastSeen
}

func (s *Server) remember(domain string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastSeen = domain
}
