//go:build !windows

package main

import (
	"errors"
	"os"
	"syscall"
)

// enableColour makes a terminal obey SGR sequences; here all do.
func enableColour(*os.File) bool { return true }

// shared reports whether others than its owner may open a file.
func shared(info os.FileInfo) bool { return info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 }

// readerGone reports whether a write failed since nobody reads any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
