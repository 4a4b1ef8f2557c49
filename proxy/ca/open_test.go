package ca

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func mustOpen(t testing.TB, dir string) *Authority {
	t.Helper()
	a, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestOpenMakesFilesOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "xmppscope")
	first := mustOpen(t, dir)
	if want := filepath.Join(dir, "ca.pem"); first.Path() != want {
		t.Errorf("Path is %s, want %s", first.Path(), want)
	}
	if again := mustOpen(t, dir); !again.Root().Equal(first.Root()) {
		t.Error("opened again, it is another authority")
	}
	onDisk, err := os.ReadFile(first.Path())
	if err != nil || !bytes.Equal(onDisk, first.PEM()) {
		t.Errorf("ca.pem holds %s, %v", onDisk, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("the directory holds %v, %v; want the two files only", entries, err)
	}
}

// TestOpenTogether lets many begin in the same empty directory, as two
// processes would: through nothing but the file system.
func TestOpenTogether(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		var wait sync.WaitGroup
		got := make([]*Authority, 8)
		for i := range got {
			wait.Go(func() {
				a, err := Open(dir)
				if err != nil {
					t.Error(err)
				}
				got[i] = a
			})
		}
		wait.Wait()
		for _, a := range got {
			if a == nil || !a.Root().Equal(got[0].Root()) {
				t.Fatal("two authorities came out of one directory")
			}
		}
	}
}

func TestOpenMissingCertificate(t *testing.T) {
	dir := t.TempDir()
	before := mustOpen(t, dir)
	if err := os.Remove(before.Path()); err != nil {
		t.Fatal(err)
	}
	after := mustOpen(t, dir)
	if !bytes.Equal(after.Root().RawSubject, before.Root().RawSubject) ||
		!bytes.Equal(after.Root().RawSubjectPublicKeyInfo, before.Root().RawSubjectPublicKeyInfo) {
		t.Error("the key's certificate was not made again")
	}
}

func TestOpenRefuses(t *testing.T) {
	other := newTestAuthority(t)
	for _, tc := range []struct {
		name string
		harm func(t *testing.T, cert, key string)
		want string
	}{
		{"key gone", func(t *testing.T, _, key string) { os.Remove(key) }, "bring the key back"},
		{"empty key", func(t *testing.T, _, key string) { writeFile(t, key, nil) }, "holds no private key in PEM"},
		{"broken key", func(t *testing.T, _, key string) {
			writeFile(t, key, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
		}, "cannot be read"},
		{"key under a passphrase", func(t *testing.T, _, key string) {
			writeFile(t, key, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"))
		}, "passphrase"},
		{"empty certificate", func(t *testing.T, cert, _ string) { writeFile(t, cert, nil) }, "holds no certificate in PEM"},
		{"another's certificate", func(t *testing.T, cert, _ string) { writeFile(t, cert, other.PEM()) }, "do not belong together"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			mustOpen(t, dir)
			tc.harm(t, filepath.Join(dir, CertificateFile), filepath.Join(dir, KeyFile))
			if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open says %v, want %q and the path", err, tc.want)
			}
		})
	}
}

func TestOpenWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, nil)
	if _, err := Open(filepath.Join(file, "dir")); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("Open says %v, want the path", err)
	}
}

func TestCreateUnlinked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := createUnlinked(path, []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := createUnlinked(path, []byte("second")); err == nil || !os.IsExist(err) {
		t.Errorf("a second writer got %v, want %v", err, fs.ErrExist)
	}
	if got, err := os.ReadFile(path); string(got) != "first" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}
