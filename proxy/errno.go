package proxy

import (
	"errors"
	"syscall"
)

// Windows' sockets have error numbers of their own; package syscall's
// constants are not what they return.
const (
	wsaNetUnreachable  = syscall.Errno(10051)
	wsaRefused         = syscall.Errno(10061)
	wsaHostUnreachable = syscall.Errno(10065)
)

func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaRefused)
}

func isUnreachable(err error) bool {
	return errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EHOSTUNREACH) ||
		errors.Is(err, wsaNetUnreachable) || errors.Is(err, wsaHostUnreachable)
}
