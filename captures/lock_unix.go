//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package captures

import (
	"errors"
	"os"
	"syscall"
)

// lock keeps other recorders from file until it is closed. It does nothing on
// a file system without locks.
func lock(file *os.File) error {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return err
	}
	return nil
}
