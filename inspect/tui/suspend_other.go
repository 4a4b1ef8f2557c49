//go:build !unix

package tui

import "errors"

// stop says that this system has no job control.
func stop() error {
	return errors.New("this system cannot suspend a program; open a second terminal instead")
}
