package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xmppscope/proxy/ca"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memPipe returns the two ends of a connection in memory, which can be closed
// by halves, and reset, and holds as many bytes as it is told.
func memPipe(capacity int) (a, b *memConn) {
	there, back := newMemQueue(capacity), newMemQueue(capacity)
	return &memConn{in: back, out: there}, &memConn{in: there, out: back}
}

// memQueue is one direction.
type memQueue struct {
	mu       sync.Mutex // guards what follows
	changed  *sync.Cond
	data     []byte
	capacity int
	err      error // what the reader gets after data: io.EOF, or a reset
	gone     error // what the writer gets
}

func newMemQueue(capacity int) *memQueue {
	q := &memQueue{capacity: capacity}
	q.changed = sync.NewCond(&q.mu)
	return q
}

func (q *memQueue) end(reader, writer error, drop bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if drop {
		q.data = nil
	}
	if q.err == nil || drop {
		q.err = reader
	}
	if q.gone == nil {
		q.gone = writer
	}
	q.changed.Broadcast()
}

type memConn struct{ in, out *memQueue }

func (c *memConn) Read(p []byte) (int, error) {
	q := c.in
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.data) == 0 && q.err == nil {
		q.changed.Wait()
	}
	if len(q.data) == 0 {
		return 0, q.err
	}
	n := copy(p, q.data)
	q.data = q.data[n:]
	q.changed.Broadcast()
	return n, nil
}

func (c *memConn) Write(p []byte) (n int, err error) {
	q := c.out
	q.mu.Lock()
	defer q.mu.Unlock()
	for n < len(p) {
		for len(q.data) >= q.capacity && q.gone == nil {
			q.changed.Wait()
		}
		if q.gone != nil {
			return n, q.gone
		}
		m := min(len(p)-n, q.capacity-len(q.data))
		q.data = append(q.data, p[n:n+m]...)
		n += m
		q.changed.Broadcast()
	}
	return n, nil
}

func (c *memConn) CloseWrite() error {
	c.out.end(io.EOF, net.ErrClosed, false)
	return nil
}

// Close is an orderly close, as of a socket that has nothing unread.
func (c *memConn) Close() error {
	c.out.end(io.EOF, net.ErrClosed, false)
	c.in.end(net.ErrClosed, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}, true)
	return nil
}

// reset is what a killed peer's system does.
func (c *memConn) reset() {
	reset := &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	c.out.end(reset, net.ErrClosed, true)
	c.in.end(net.ErrClosed, reset, true)
}

func (c *memConn) LocalAddr() net.Addr              { return memAddr }
func (c *memConn) RemoteAddr() net.Addr             { return memAddr }
func (c *memConn) SetDeadline(time.Time) error      { return nil }
func (c *memConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memConn) SetWriteDeadline(time.Time) error { return nil }

var memAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5222}

// memListener accepts what is dialled to it.
type memListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemListener() *memListener {
	return &memListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memListener) Addr() net.Addr { return memAddr }

// dial returns the other end of a connection that the listener accepts.
func (l *memListener) dial(capacity int) *memConn {
	a, b := memPipe(capacity)
	l.conns <- b
	return a
}

// authority is an authority in memory with the pool that trusts it.
func authority(t testing.TB) (*ca.Authority, *x509.CertPool) {
	t.Helper()
	a, err := ca.New()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.Root())
	return a, pool
}

func certificate(t testing.TB, a *ca.Authority, domain string) tls.Certificate {
	t.Helper()
	c, err := a.Certificate(domain)
	if err != nil {
		t.Fatal(err)
	}
	return *c
}
