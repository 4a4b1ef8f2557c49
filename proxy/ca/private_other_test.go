//go:build !windows

package ca

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "xmppscope")
	mustOpen(t, dir)
	for path, want := range map[string]os.FileMode{
		dir:                                 0o700,
		filepath.Join(dir, KeyFile):         0o600,
		filepath.Join(dir, CertificateFile): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestSharedKeyRefused(t *testing.T) {
	dir := t.TempDir()
	mustOpen(t, dir)
	key := filepath.Join(dir, KeyFile)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "open to other users") {
			t.Errorf("mode %04o: %v", mode, err)
		}
	}
	if err := os.Chmod(key, 0o400); err != nil {
		t.Fatal(err)
	}
	mustOpen(t, dir)
}
