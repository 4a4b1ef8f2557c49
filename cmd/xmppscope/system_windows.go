package main

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// enableColour makes a console obey SGR sequences, and reports whether it can.
func enableColour(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// shared reports whether others than its owner may open a file; the mode that
// is made up here does not tell.
func shared(os.FileInfo) bool { return false }

// readerGone reports whether a write failed since nobody reads any more.
func readerGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
