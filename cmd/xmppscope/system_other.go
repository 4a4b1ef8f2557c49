//go:build !windows

package main

import (
	"errors"
	"os"
	"syscall"
)

// enableColour makes a terminal obey SGR sequences; here all do.
func enableColour(*os.File) bool { return true }

// readerGone reports whether a write failed since nobody reads any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
