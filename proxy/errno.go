package proxy

import (
	"errors"
	"syscall"
)

// Windows' sockets have error numbers of their own; package syscall's
// constants are not what they return.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaNotConnected    = syscall.Errno(10057)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused)
}

// isGone reports whether the end of what we send could not be said since the
// peer had gone already. All before it was handed to the system.
func isGone(err error) bool {
	return errors.Is(err, syscall.ENOTCONN) || errors.Is(err, wsaNotConnected)
}

func isUnreachable(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) ||
		errors.Is(err, wsaNetUnreachable) || errors.Is(err, wsaHostUnreachable)
}
