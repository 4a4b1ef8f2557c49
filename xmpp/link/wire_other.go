//go:build !unix

package link

import (
	"net"
	"syscall"
)

// rawConn returns nil: here a socket is waited for with a buffer in hand.
func rawConn(net.Conn) syscall.RawConn { return nil }

// readNow is never called, since there is no raw connection.
func (w *wire) readNow(uintptr) bool { return true }
