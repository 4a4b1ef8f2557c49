package link

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
)

// Posted is what a Link tells its owner: a [Received], [Drained] or [Upgraded].
type Posted interface{ posted() }

// Received is what one credit brought.
//
// Chunk is not empty unless Err is set; it belongs to the receiver and is
// never written to again by the link. Err, if set, is the end of what this
// link receives, and may come together with the last bytes:
//
//   - io.EOF: a clean end, a TCP FIN or, under TLS, a close_notify.
//   - [ErrNoCloseNotify]: a TCP FIN between two TLS records without the
//     close_notify that RFC 8446 §6.1 asks for. As good as clean, see [Clean].
//   - an error wrapping io.ErrUnexpectedEOF: a TCP FIN inside a TLS record.
//   - an error for which [IsReset] is true: the peer reset the connection.
//   - anything else as the system or crypto/tls gave it, or a [PanicError].
type Received struct {
	Link  *Link
	Chunk []byte
	Err   error
	At    time.Time // when the read returned
}

// Drained tells about the queue of what is to be written.
//
// With Err nil and Closed false, the queue fell below Config.Budget after
// [Link.Write] had reported that it was full. With Closed, all that was queued
// before [Link.CloseWrite], and the close itself, were handed to the system.
// With Err, writing failed: what was queued is lost, and nothing more will be
// written; reading goes on.
type Drained struct {
	Link   *Link
	Closed bool
	Err    error
}

// Upgraded tells that the handshake begun by [Link.StartTLS] is done, or that
// it failed and why. Err keeps the types of crypto/tls and crypto/x509.
type Upgraded struct {
	Link  *Link
	State *tls.ConnectionState // nil if it failed
	Hello *HelloFacts          // what the client asked for, when we were its server; nil if no ClientHello was understood
	Space []byte               // white space that came before the client's handshake
	Err   error
}

func (Received) posted() {}
func (Drained) posted()  {}
func (Upgraded) posted() {}

// HelloFacts is what a ClientHello says (RFC 8446 §4.1.2).
type HelloFacts struct {
	SNI      string   // server name (RFC 6066 §3); empty if the client named none
	ALPN     []string // protocols offered (RFC 7301); nil if none
	Versions []uint16 // TLS versions offered, as in tls.VersionTLS13
}

// ErrNoCloseNotify is the error of a TLS connection that ended with a TCP FIN
// between two records, without close_notify. It wraps io.ErrUnexpectedEOF.
var ErrNoCloseNotify = fmt.Errorf("link: the connection ended without TLS close_notify: %w", io.ErrUnexpectedEOF)

// Clean reports whether err is an orderly end of what the peer sends, with or
// without TLS close_notify.
func Clean(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, ErrNoCloseNotify)
}

// IsReset reports whether err says that the peer, or something on the way,
// reset the connection or no longer takes what we send (RST).
func IsReset(err error) bool {
	// Package syscall's ECONNRESET is not what Windows' sockets return.
	const wsaConnAborted, wsaConnReset = syscall.Errno(10053), syscall.Errno(10054)
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	switch errno {
	case syscall.ECONNRESET, syscall.EPIPE, wsaConnReset, wsaConnAborted:
		return true
	}
	return false
}

// PanicError is a panic in one of the link's goroutines, told as an error.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns what was panicked with, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("link: internal error: %v", e.Value) }
