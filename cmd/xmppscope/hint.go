package main

import (
	"errors"
	"io/fs"
	"syscall"
)

// hintFor says what to do about an error, or "" where the error says so itself.
func hintFor(err error) string {
	var listen *listenError
	var authority *authorityError
	switch {
	case errors.As(err, &authority) && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)):
		return "Keep the authority where you may write, as in --ca-dir DIR."
	case errors.As(err, &listen) && errors.Is(err, syscall.EADDRINUSE):
		return "Another program listens there, perhaps the server itself: choose another address, as in -l 127.0.0.1:5333."
	case errors.As(err, &listen) && errors.Is(err, fs.ErrPermission):
		return "Ports below 1024 are for the administrator: choose a higher one, as in -l 127.0.0.1:5222."
	case errors.As(err, &listen) && errors.Is(err, syscall.EADDRNOTAVAIL):
		return "This computer does not have that address: use one of its own, or 127.0.0.1."
	}
	return ""
}
