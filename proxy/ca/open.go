package ca

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
)

// The names of the files in the authority's directory.
const (
	CertificateFile = "ca.pem"
	KeyFile         = "ca-key.pem"
)

// maxFile is far more than any key or chain needs.
const maxFile = 1 << 20

// DefaultDir returns the directory of the authority where none is given:
// xmppscope under the XDG data home (on Windows %LOCALAPPDATA%, on macOS
// ~/Library/Application Support).
func DefaultDir() string { return filepath.Join(xdg.DataHome, "xmppscope") }

// Open loads the authority from ca.pem and ca-key.pem in dir, and makes what
// is missing: the directory (mode 0700), the key and the certificate (0600).
// Processes that do this at the same time end up with the same authority.
//
// A key that other users may read is refused, except on Windows, where files
// have no mode. Errors of the file system are wrapped.
func Open(dir string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	a, err := open(filepath.Join(dir, CertificateFile), filepath.Join(dir, KeyFile))
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	return a, nil
}

func open(certPath, keyPath string) (*Authority, error) {
	_, certErr := os.Lstat(certPath) // first: the key is made before it
	key, err := readKey(keyPath)
	if errors.Is(err, fs.ErrNotExist) {
		if certErr == nil {
			return nil, fmt.Errorf("%s is there but %s is not: bring the key back, or remove the certificate to begin a new authority",
				certPath, keyPath)
		}
		key, err = createKey(keyPath)
	}
	if err != nil {
		return nil, err
	}
	root, err := readCertificate(certPath)
	if errors.Is(err, fs.ErrNotExist) {
		root, err = createCertificate(certPath, key)
	}
	if err != nil {
		return nil, err
	}
	a, err := newAuthority(root, key, certPath)
	if err != nil {
		return nil, fmt.Errorf("%s and %s: %w", certPath, keyPath, err)
	}
	return a, nil
}

// createKey makes the key, unless another process was faster: then its key
// counts.
func createKey(path string) (crypto.Signer, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	switch err := createFile(path, data); {
	case errors.Is(err, fs.ErrExist):
		return readKey(path)
	case err != nil:
		return nil, err
	}
	return key, nil
}

// createCertificate makes the certificate for the key, unless another process
// was faster: then its certificate counts. It is for the same key.
func createCertificate(path string, key crypto.Signer) (*x509.Certificate, error) {
	root, err := newRoot(key)
	if err != nil {
		return nil, err
	}
	switch err := createFile(path, encodeCertificate(root)); {
	case errors.Is(err, fs.ErrExist):
		return readCertificate(path)
	case err != nil:
		return nil, err
	}
	return root, nil
}

// createFile makes a file of mode 0600 that is whole from its first moment:
// written under another name, then linked, which fails if the file exists. A
// rename would replace what another process has just made.
func createFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return createUnlinked(path, data)
}

// createUnlinked is createFile for file systems without hard links (FAT,
// Android). Another process may see the file while it is still empty and then
// says so; asked again it succeeds.
func createUnlinked(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(path)
	}
	return err
}

func readKey(path string) (crypto.Signer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkPrivate(path, info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, err
	}
	key, err := parseFirstKey(data)
	if err != nil {
		return nil, fmt.Errorf("%s %w", path, err)
	}
	return key, nil
}

func readCertificate(path string) (*x509.Certificate, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s: holds no certificate in PEM", path)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cert, nil
}
