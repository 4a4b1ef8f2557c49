package link

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// memConn is one end of a connection in memory that, unlike net.Pipe, holds
// bytes on the way, can be closed by halves and can be reset. It blocks only
// on a sync.Cond, so that synctest sees it wait.
type memConn struct {
	in, out *memFlow
	taps    *memTaps
}

// memTaps is what tests look at or change.
type memTaps struct {
	mu     sync.Mutex
	writes [][]byte // copies of what each Write was given
	reads  int      // how often Read was called
	drip   bool     // Read gives one byte at a time
}

// memPipe returns two connected ends; each direction holds up to size bytes.
func memPipe(size int) (a, b *memConn) {
	ab, ba := newFlow(size), newFlow(size)
	return &memConn{in: ba, out: ab, taps: new(memTaps)}, &memConn{in: ab, out: ba, taps: new(memTaps)}
}

func (c *memConn) Read(p []byte) (int, error) {
	c.taps.mu.Lock()
	c.taps.reads++
	if c.taps.drip {
		p = p[:1]
	}
	c.taps.mu.Unlock()
	return c.in.read(p)
}

func (c *memConn) Write(p []byte) (int, error) {
	c.taps.mu.Lock()
	c.taps.writes = append(c.taps.writes, append([]byte(nil), p...))
	c.taps.mu.Unlock()
	return c.out.write(p)
}

// writes returns what was written since it was last called.
func (c *memConn) writes() [][]byte {
	c.taps.mu.Lock()
	defer c.taps.mu.Unlock()
	writes := c.taps.writes
	c.taps.writes = nil
	return writes
}

func (c *memConn) reads() int {
	c.taps.mu.Lock()
	defer c.taps.mu.Unlock()
	return c.taps.reads
}

func (c *memConn) CloseWrite() error { c.out.end(io.EOF, io.ErrClosedPipe); return nil }

func (c *memConn) Close() error {
	c.in.end(net.ErrClosed, syscall.EPIPE)
	c.out.end(io.EOF, net.ErrClosed)
	return nil
}

// reset ends both directions as an RST does.
func (c *memConn) reset() {
	c.in.end(net.ErrClosed, syscall.ECONNRESET)
	c.out.end(syscall.ECONNRESET, net.ErrClosed)
}

func (c *memConn) LocalAddr() net.Addr              { return memAddr{} }
func (c *memConn) RemoteAddr() net.Addr             { return memAddr{} }
func (c *memConn) SetDeadline(time.Time) error      { return nil }
func (c *memConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memConn) SetWriteDeadline(time.Time) error { return nil }

type memAddr struct{}

func (memAddr) Network() string { return "memory" }
func (memAddr) String() string  { return "memory" }

// memFlow is one direction.
type memFlow struct {
	mu                sync.Mutex
	changed           *sync.Cond
	held              []byte
	size              int
	readErr, writeErr error // nil while the direction is open
}

func newFlow(size int) *memFlow {
	f := &memFlow{size: size}
	f.changed = sync.NewCond(&f.mu)
	return f
}

func (f *memFlow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.held) == 0 && f.readErr == nil {
		f.changed.Wait()
	}
	if len(f.held) == 0 || f.readErr != nil && f.readErr != io.EOF {
		return 0, f.readErr
	}
	n := copy(p, f.held)
	f.held = f.held[n:]
	f.changed.Broadcast()
	return n, nil
}

func (f *memFlow) write(p []byte) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		if f.writeErr != nil {
			return n, f.writeErr
		}
		room := min(f.size-len(f.held), len(p)-n)
		f.held = append(f.held, p[n:n+room]...)
		n += room
		f.changed.Broadcast()
		if n == len(p) {
			return n, nil
		}
		f.changed.Wait()
	}
}

// end gives both sides of the direction their errors, if it has none yet.
func (f *memFlow) end(readErr, writeErr error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.readErr == nil {
		f.readErr = readErr
	}
	if f.writeErr == nil {
		f.writeErr = writeErr
	}
	f.changed.Broadcast()
}
