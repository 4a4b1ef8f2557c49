package captures

import (
	"os"
	"runtime"
)

// temporary is a file of mode 0600 that no name leads to, or, on systems that
// keep open files' names, none once it is closed.
type temporary struct {
	*os.File
	named bool
}

func newTemporary() (*temporary, error) {
	file, err := os.CreateTemp("", "xmppscope-*.pcapng")
	if err != nil {
		return nil, err
	}
	t := &temporary{File: file}
	if runtime.GOOS == "windows" || os.Remove(file.Name()) != nil {
		t.named = true
	}
	return t, nil
}

func (t *temporary) Close() error {
	err := t.File.Close()
	if t.named {
		os.Remove(t.Name())
	}
	return err
}
