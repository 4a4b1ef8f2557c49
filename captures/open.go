package captures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

// OpenOptions say how to open a capture. The zero value reads what is there.
type OpenOptions struct {
	// Follow waits for what another process appends, until the Store is
	// closed. Without it the Store ends with what the files hold.
	Follow bool
}

// ErrEmpty says that a file has nothing in it.
var ErrEmpty = errors.New("the file is empty: nothing was recorded into it yet")

// ForeignError says that a file is no capture of ours.
type ForeignError struct {
	Name   string
	Pcapng bool // it is a pcapng file, written by something else
}

func (e *ForeignError) Error() string {
	if e.Pcapng {
		return e.Name + ": a pcapng file that xmppscope did not write; importing is not offered"
	}
	return e.Name + ": not a capture of xmppscope (which is a pcapng file)"
}

// Open opens files as one capture: rows in the order of their times, sessions
// that the files share joined, others renumbered where their numbers clash.
// It returns once the files are known to be ours; rows appear while indexing
// goes on. The caller closes the Store; ctx is for opening alone.
func Open(ctx context.Context, names []string, opts OpenOptions) (*Store, error) {
	if len(names) == 0 || len(names) > maxVolumes {
		return nil, fmt.Errorf("a capture is 1 to %d files, not %d", maxVolumes, len(names))
	}
	s := newStore()
	var feeds []*feed
	for i, name := range names {
		f, err := openFeed(ctx, s, i, name, opts)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		feeds = append(feeds, f)
	}
	run, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.tasks.Go(func() { s.merge(run, feeds) })
	return s, nil
}

func openFeed(ctx context.Context, s *Store, number int, name string, opts OpenOptions) (*feed, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// Before it is opened: that would wait for whoever writes into a pipe.
	if info, err := os.Stat(name); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		return nil, fmt.Errorf("%s: a pipe; a capture is read from a file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	s.volumes = append(s.volumes, volume{name: name, file: file})
	size, err := checkFile(file, name)
	if err != nil && !(opts.Follow && errors.Is(err, ErrEmpty)) {
		return nil, err
	}
	s.total.Add(size)
	return newFeed(s, number, name, file, opts.Follow), nil
}

// checkFile reports whether file begins as a capture of ours, and its size.
func checkFile(file *os.File, name string) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	if info.IsDir() {
		return 0, fmt.Errorf("%s: a directory, not a capture", name)
	}
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	if n < 8 || le.Uint32(head) != blockSection {
		return 0, &ForeignError{Name: name}
	}
	b, err := nextBlock(head[:n])
	if errors.Is(err, errShort) && b.size > n && n < len(head) {
		return 0, fmt.Errorf("%s: %w", name, ErrEmpty) // torn inside its first header
	}
	if err != nil {
		return 0, &ForeignError{Name: name, Pcapng: true}
	}
	_, err = parseSection(b.body)
	var newer *VersionError
	if errors.As(err, &newer) {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if err != nil {
		return 0, &ForeignError{Name: name, Pcapng: true}
	}
	return info.Size(), nil
}

// merge makes rows of what the feeds read, in the order of time. It owns the
// feeds' goroutines and returns when they have.
func (s *Store) merge(ctx context.Context, feeds []*feed) {
	defer s.end()
	ctx, stop := context.WithCancel(ctx)
	var readers sync.WaitGroup
	defer readers.Wait()
	defer stop()
	late := make(chan *batch)
	for _, f := range feeds {
		readers.Go(func() { f.run(ctx, late) })
	}
	if len(feeds) == 1 {
		for b := range feeds[0].batches {
			s.takeAll(b)
			feeds[0].done(b)
		}
	} else {
		s.mergeByTime(feeds)
	}
	following := 0
	for _, f := range feeds {
		if f.follow {
			following++
		}
	}
	for following > 0 {
		select {
		case b := <-late:
			if b == nil { // a reader has given up
				following--
				continue
			}
			s.takeAll(b)
			b.feed.done(b)
		case <-ctx.Done():
			return
		}
	}
}

// takeAll makes rows of a batch.
func (s *Store) takeAll(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.records {
		s.take(b, i)
	}
	s.bytes.Add(b.size)
	s.publish()
}

// take makes a row of one record, or follows a new section. The caller holds
// mu.
func (s *Store) take(b *batch, i int) {
	r := &b.records[i]
	v := &s.volumes[b.feed.number]
	if r.section != nil {
		v.sections = append(v.sections, section{r.offset, s.index.capture(*r.section)})
		return
	}
	r.place = place(b.feed.number, r.offset)
	s.index.add(v.sections[len(v.sections)-1].capture, r)
}

// mergeByTime takes, of all feeds' next records, always the earliest.
func (s *Store) mergeByTime(feeds []*feed) {
	heads := make([]head, len(feeds))
	for k := range heads {
		heads[k].feed = feeds[k]
		heads[k].next(s)
	}
	for {
		k, limit := earliest(heads)
		if k < 0 {
			return
		}
		h := &heads[k]
		s.mu.Lock()
		for first := true; h.i < len(h.batch.records) && (first || h.time() <= limit); first = false {
			s.take(h.batch, h.i)
			h.i++
		}
		s.publish()
		s.mu.Unlock()
		if h.i == len(h.batch.records) {
			h.next(s)
		}
	}
}

// head is the next record of one feed.
type head struct {
	feed  *feed
	batch *batch // nil when the feed has come to its end
	i     int
}

// next waits for the next batch with a record in it.
func (h *head) next(s *Store) {
	for {
		if h.batch != nil {
			s.bytes.Add(h.batch.size)
			h.feed.done(h.batch)
		}
		h.i = 0
		if h.batch = <-h.feed.batches; h.batch == nil || len(h.batch.records) > 0 {
			return
		}
	}
}

func (h *head) time() int64 {
	if r := &h.batch.records[h.i]; r.section == nil {
		return r.event.Time.UnixNano()
	}
	return math.MinInt64
}

// earliest returns which head is to be taken, and until what time; -1 if none
// is left.
func earliest(heads []head) (k int, limit int64) {
	k, limit = -1, math.MaxInt64
	var least int64
	for i := range heads {
		if heads[i].batch == nil {
			continue
		}
		switch t := heads[i].time(); {
		case k < 0:
			k, least = i, t
		case t < least:
			k, least, limit = i, t, least
		default:
			limit = min(limit, t)
		}
	}
	return k, limit
}
