package captures

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"xmppscope/xmpp/trace"
)

const (
	firstRead = 64 << 10
	bulkRead  = 256 << 10
	maxReused = 4 << 20 // larger buffers are not kept

	pollInterval  = 100 * time.Millisecond
	maxUnfinished = 1 << 16
)

// feed reads one file from its beginning and cuts it into records, ahead of
// the goroutine that makes rows of them.
type feed struct {
	store   *Store
	number  int // of the volume
	name    string
	file    *os.File
	follow  bool
	batches chan *batch // closed at the end of the file as it is now
	free    chan *batch

	offset     int64            // of the next block
	unfinished map[uint64]int64 // offsets of Unfinished events, by number
	odd        int
}

// batch is some records in a row, with the bytes that they alias.
type batch struct {
	feed    *feed
	buf     []byte
	records []record
	size    int64 // bytes of the file
}

func newFeed(s *Store, number int, name string, file *os.File, follow bool) *feed {
	f := &feed{
		store: s, number: number, name: name, file: file, follow: follow,
		batches:    make(chan *batch, 2),
		free:       make(chan *batch, 3),
		unfinished: make(map[uint64]int64),
	}
	for range cap(f.free) {
		f.free <- &batch{feed: f}
	}
	return f
}

// done gives a batch back to be filled again.
func (f *feed) done(b *batch) {
	if cap(b.buf) > maxReused {
		b.buf = nil
	}
	clear(b.records)
	b.records, b.size = b.records[:0], 0
	f.free <- b
}

// run reads until the file's end, and then, if it follows, sends what is
// appended to late; nil at last. It returns early when ctx is done.
func (f *feed) run(ctx context.Context, late chan<- *batch) {
	err := f.read(ctx, f.batches)
	close(f.batches)
	if !f.follow || ctx.Err() != nil {
		f.conclude(err)
		return
	}
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for err == nil || errors.Is(err, errShort) {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
		err = f.read(ctx, late)
	}
	f.conclude(err)
	select {
	case late <- nil:
	case <-ctx.Done():
	}
}

// conclude says what was wrong with the file, if anything.
func (f *feed) conclude(err error) {
	if f.odd > 0 {
		f.store.remark("%s: %d events could not be read and are left out", f.name, f.odd)
	}
	switch {
	case err == nil || errors.Is(err, context.Canceled):
	case errors.Is(err, errShort):
		f.store.remark("%s: the end is torn off at byte %d (the recording was cut short); what follows is left out", f.name, f.offset)
	default:
		f.store.remark("%s: damaged at byte %d (%v); what follows is left out", f.name, f.offset, err)
	}
}

// read sends what the file has by now. errShort says that it ends inside a
// block.
func (f *feed) read(ctx context.Context, out chan<- *batch) error {
	want := firstRead
	for {
		var b *batch
		select {
		case b = <-f.free:
		case <-ctx.Done():
			return ctx.Err()
		}
		again, err := f.fill(b, want)
		switch {
		case len(b.records) > 0 || b.size > 0:
			select {
			case out <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
			want = bulkRead
		default:
			f.done(b)
		}
		if err != nil || again == 0 {
			return err
		}
		want = max(want, again)
	}
}

// fill reads want bytes into b and cuts them. again is how many bytes to read
// next time at least, 0 at the end of the file.
func (f *feed) fill(b *batch, want int) (again int, err error) {
	if cap(b.buf) < want {
		b.buf = make([]byte, want)
	}
	n, err := f.file.ReadAt(b.buf[:want], f.offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	atEnd := n < want
	p := b.buf[:n]
	for len(p) > 0 {
		b.records = append(b.records, record{})
		r := &b.records[len(b.records)-1]
		what, size, err := f.next(p, r)
		if err != nil || what != pieceEvent && what != pieceSection {
			b.records = b.records[:len(b.records)-1]
		}
		if errors.Is(err, errShort) && !atEnd {
			if b.size > 0 {
				return bulkRead, nil
			}
			return max(size, 2*want), nil
		}
		if err != nil {
			return 0, err
		}
		f.offset += int64(size)
		b.size += int64(size)
		p = p[size:]
	}
	if atEnd {
		return 0, nil
	}
	return bulkRead, nil
}

// next is the function next, with what only the whole file tells.
func (f *feed) next(p []byte, r *record) (piece, int, error) {
	what, size, err := next(p, r)
	if err != nil {
		return what, size, err
	}
	if f.offset == 0 && what != pieceSection {
		return what, size, errForeign
	}
	r.offset = f.offset
	switch what {
	case pieceSection:
		b, _ := nextBlock(p)
		id, err := parseSection(b.body)
		if err != nil {
			return what, size, err
		}
		r.section = &id
	case pieceOdd:
		f.odd++
	case pieceEvent:
		switch {
		case r.event.Kind == trace.Unfinished && len(f.unfinished) < maxUnfinished:
			f.unfinished[r.event.Seq] = f.offset
		case r.event.Kind == trace.Framed && r.missing > 0:
			if r.fill(f.find) != nil { // it is a row, but not one to be understood
				r.doubt()
			}
		}
	}
	return what, size, nil
}

// find reads an Unfinished event that was read before.
func (f *feed) find(seq uint64) (record, error) {
	off, ok := f.unfinished[seq]
	if !ok {
		return record{}, errParts
	}
	delete(f.unfinished, seq)
	return f.store.readAt(f.number, f.file, off, 0)
}
