package captures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"xmppscope/xmpp/trace"
)

// writeFile is what a recording is written to, always at its end.
type writeFile interface {
	io.WriterAt
	io.ReaderAt
	io.Closer
	Truncate(size int64) error
}

// LockedError says that another process records into a file.
type LockedError struct{ Name string }

func (e *LockedError) Error() string {
	return e.Name + ": another xmppscope records into it; choose another file"
}

// opened is a file that is ready to be continued.
type opened struct {
	file    writeFile
	size    int64
	last    uint64          // highest event number in it
	session trace.SessionID // highest session number in it
	remark  string          // what was cut off its end
}

// openFile opens or creates a capture file of mode 0600, locked against other
// writers. A torn tail is cut. A file that is not ours, or damaged elsewhere
// than at its end, is an error, and left as it is.
func openFile(name string) (_ opened, err error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return opened{}, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	info, err := file.Stat()
	if err != nil {
		return opened{}, err
	}
	if !info.Mode().IsRegular() {
		return opened{}, fmt.Errorf("%s: not a regular file; to write into a pipe, use -w -", name)
	}
	if err := lock(file); err != nil {
		return opened{}, &LockedError{Name: name}
	}
	if info, err = file.Stat(); err != nil || info.Size() == 0 {
		return opened{file: file}, err
	}
	o, err := survey(file, name, info.Size())
	if err != nil {
		return opened{}, err
	}
	if cut := info.Size() - o.size; cut > 0 {
		if err := file.Truncate(o.size); err != nil {
			return opened{}, err
		}
		o.remark = fmt.Sprintf("%s: the last recording was cut short; the %d bytes of its torn end were removed", name, cut)
	}
	return o, nil
}

// survey reads a capture to learn where it ends and which numbers are taken.
func survey(file *os.File, name string, size int64) (opened, error) {
	_, err := checkFile(file, name)
	if errors.Is(err, ErrEmpty) {
		return opened{file: file}, nil // torn inside its first header
	}
	if err != nil {
		return opened{}, err
	}
	s := newStore()
	s.volumes = []volume{{name: name, file: file}}
	f := newFeed(s, 0, name, file, false)
	o := opened{file: file}
	read := make(chan error, 1)
	go func() {
		read <- f.read(context.Background(), f.batches)
		close(f.batches)
	}()
	for b := range f.batches {
		for i := range b.records {
			o.last = max(o.last, b.records[i].event.Seq)
			o.session = max(o.session, b.records[i].event.Session)
		}
		f.done(b)
	}
	err = <-read
	o.size = f.offset
	if errors.Is(err, errShort) {
		behind, e := eventBehind(file, o.size+4, size)
		if err = e; behind {
			err = errMiddle
		}
	}
	if err == nil {
		return o, nil
	}
	if blank, e := onlyZeros(file, f.offset, size); e == nil && blank {
		return o, nil // a crash of the system leaves such a tail
	}
	return opened{}, fmt.Errorf("%s: damaged at byte %d (%w), so that it cannot be continued; choose another file", name, f.offset, err)
}

func onlyZeros(file io.ReaderAt, from, to int64) (bool, error) {
	buf := make([]byte, 64<<10)
	for from < to {
		n, err := file.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		for _, c := range buf[:n] {
			if c != 0 {
				return false, nil
			}
		}
		if err != nil && !errors.Is(err, io.EOF) || n == 0 {
			return false, err
		}
		from += int64(n)
	}
	return true, nil
}

// tee is a file whose bytes also go to a stream that cannot be read back.
type tee struct {
	writeFile
	out    io.Writer
	behind []byte // written to the file, not yet to the stream
}

// WriteAt may be called with nothing, to go on with the stream.
func (t *tee) WriteAt(p []byte, off int64) (int, error) {
	n := 0
	if len(p) > 0 && len(t.behind) == 0 {
		var err error
		n, err = t.writeFile.WriteAt(p, off)
		t.behind = append(t.behind, p[:n]...)
		if err != nil {
			return n, err
		}
	}
	m, err := t.out.Write(t.behind)
	t.behind = t.behind[:copy(t.behind, t.behind[m:])]
	return n, err
}
