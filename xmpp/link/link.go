package link

import (
	"crypto/tls"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultBudget is the Budget of a Config that gives none.
const DefaultBudget = 256 << 10

// Config says how a Link works. Post must be set; the rest may be zero.
type Config struct {
	// Post tells the owner what happened. It is called from the link's
	// goroutines, one call at a time from each, and may block, which is
	// back-pressure. Once the owner has called Close, Post must return: the
	// usual Post selects between the owner's inbox and the owner's end. After
	// Close nothing is posted any more but what was under way.
	Post func(Posted)
	// Budget is how many bytes may be queued before Write reports that the
	// queue is full. Zero: DefaultBudget.
	Budget int
	// Buffers are shared with other links. Nil: the link has its own.
	Buffers *Buffers
	// Now gives the time of Received.At. Nil: time.Now.
	Now func() time.Time
}

// Link is one connection. [New] makes it. Unless a method says otherwise, only
// the owner's goroutine may call it. No method blocks but [Link.Wait].
type Link struct {
	cfg     Config
	conn    net.Conn
	wire    wire
	credits chan struct{}
	granted atomic.Bool   // a credit is out and not yet answered
	wake    chan struct{} // something for the writer to look at
	closed  chan struct{}
	close   sync.Once
	running sync.WaitGroup

	mu        sync.Mutex // guards what follows
	queue     []order
	queued    int           // bytes in queue and in the writer's hands
	full      bool          // Write has reported full since the last Drained
	finishing bool          // CloseWrite was called
	broken    bool          // the writer has ended
	upgrading chan struct{} // closed when the handshake ends; nil before StartTLS
	secure    *tls.Conn     // after a handshake that succeeded
	refused   error         // after a handshake that failed
	shaking   bool          // the handshake has begun and not ended
}

// New takes over conn and starts the link's two goroutines. They end after
// Close, or when both directions have ended.
func New(conn net.Conn, cfg Config) *Link {
	if cfg.Budget == 0 {
		cfg.Budget = DefaultBudget
	}
	if cfg.Buffers == nil {
		cfg.Buffers = new(Buffers)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	l := &Link{
		cfg:     cfg,
		conn:    conn,
		credits: make(chan struct{}, 1),
		wake:    make(chan struct{}, 1),
		closed:  make(chan struct{}),
	}
	l.wire.init(conn, cfg.Buffers, l.poke)
	l.running.Go(l.readLoop)
	l.running.Go(l.writeLoop)
	return l
}

// Grant allows one read, which is answered by one Received. At most one credit
// is out: granting again before the answer changes nothing. A credit granted
// while a TLS handshake is under way waits for its end.
func (l *Link) Grant() {
	if l.granted.CompareAndSwap(false, true) {
		l.credits <- struct{}{} // has room: the reader took the last one before it answered
	}
}

// Write queues chunks, which must never be written to again, and reports
// whether the queue has reached Config.Budget; then a Drained follows as soon
// as it has fallen below. After CloseWrite, Close, or a Drained with an error,
// chunks are dropped.
func (l *Link) Write(chunks ...[]byte) (full bool) {
	l.mu.Lock()
	if l.finishing || l.broken {
		l.mu.Unlock()
		return false
	}
	for _, chunk := range chunks {
		if len(chunk) > 0 {
			l.queue = append(l.queue, order{chunk: chunk})
			l.queued += len(chunk)
		}
	}
	full = l.queued >= l.cfg.Budget
	l.full = l.full || full
	l.mu.Unlock()
	l.poke()
	return full
}

// CloseWrite ends what this link sends, after all that is queued: close_notify
// under TLS, then a TCP FIN. Receiving goes on. A connection that cannot be
// closed by halves is closed wholly, but under TLS only gets the close_notify.
// A Drained with Closed follows.
func (l *Link) CloseWrite() {
	l.mu.Lock()
	if !l.finishing && !l.broken {
		l.finishing = true
		l.queue = append(l.queue, order{finish: true})
	}
	l.mu.Unlock()
	l.poke()
}

// Close closes the connection now, whatever is queued or under way, a
// handshake included, and ends the link's goroutines. It may be called from
// any goroutine and more than once.
func (l *Link) Close() {
	l.close.Do(func() {
		close(l.closed)
		l.conn.Close()
	})
}

// Wait returns when the link's goroutines have ended. Any goroutine may call
// it that Post does not wait for.
func (l *Link) Wait() { l.running.Wait() }

// Done returns a channel that is closed by Close. Any goroutine may use it.
func (l *Link) Done() <-chan struct{} { return l.closed }

// Queued returns how many bytes wait to be written. Any goroutine may call it.
func (l *Link) Queued() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queued
}

// LocalAddr returns our end's address, the zero value if it is not an IP
// address. Any goroutine may call it.
func (l *Link) LocalAddr() netip.AddrPort { return addrPort(l.conn.LocalAddr()) }

// RemoteAddr returns the peer's address, the zero value if it is not an IP
// address. Any goroutine may call it.
func (l *Link) RemoteAddr() netip.AddrPort { return addrPort(l.conn.RemoteAddr()) }

func addrPort(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// poke wakes the writer. It never blocks: one waiting poke is as good as two.
func (l *Link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *Link) isClosed() bool {
	select {
	case <-l.closed:
		return true
	default:
		return false
	}
}

func (l *Link) post(p Posted) {
	if !l.isClosed() {
		l.cfg.Post(p)
	}
}

// postLast posts the last thing that a goroutine has to tell. Should the
// owner's Post itself panic, there is nobody left to tell: the link is closed.
func (l *Link) postLast(p Posted) {
	defer func() {
		if recover() != nil {
			l.Close()
		}
	}()
	l.post(p)
}

// guard runs f and turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}
