//go:build linux || darwin

package captures

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestPipeIsNotWaitedFor(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), []string{name}, OpenOptions{Follow: true}); err == nil || !strings.Contains(err.Error(), "a pipe") {
		t.Error(err)
	}
}
