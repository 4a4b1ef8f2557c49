//go:build !windows

package ca

import (
	"fmt"
	"io/fs"
)

// checkPrivate refuses a key that its owner shares.
func checkPrivate(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s is open to other users (mode %04o): whoever reads it can deceive your clients; run chmod 600 on it if nobody has",
			path, mode)
	}
	return nil
}
