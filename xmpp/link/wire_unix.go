//go:build unix

package link

import (
	"io"
	"net"
	"os"
	"syscall"
)

// rawConn returns conn's socket, which can be waited for without a buffer in
// hand, or nil if it has none.
func rawConn(conn net.Conn) syscall.RawConn {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// readNow reads what the socket holds into the large buffer, and gives the
// buffer back and returns false if it holds nothing yet.
func (w *wire) readNow(fd uintptr) bool {
	w.borrow()
	for {
		n, err := syscall.Read(int(fd), w.store[len(w.buf):])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			w.release()
			return false
		case err != nil:
			w.err = &net.OpError{
				Op: "read", Net: w.conn.LocalAddr().Network(), Source: w.conn.LocalAddr(), Addr: w.conn.RemoteAddr(),
				Err: os.NewSyscallError("read", err),
			}
		case n == 0:
			w.err = io.EOF
		default:
			w.buf = w.store[:len(w.buf)+n]
		}
		return true
	}
}
