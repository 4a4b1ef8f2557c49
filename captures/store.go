package captures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// Store is a capture, live or opened, with its index: rows 0 … Len()-1, which
// only grow. Every method may be called from any goroutine. What it returns
// is immutable and may be kept.
//
// Reading rows and names takes no lock. A Store holds 48 bytes a row, the
// strings that rows share, a little for each session, and a few megabytes of
// the files' pages.
type Store struct {
	rows    index
	symbols *symbols
	pages   pages

	mu       sync.Mutex // guards what follows, and the indexer; never held across I/O
	sessions map[trace.SessionID]*session
	volumes  []volume
	numbers  runs // the rows' numbers, see Seq
	remarks  []string
	changed  chan struct{} // closed when something was added; nil if nobody waits
	ended    bool          // no row will be added

	index *indexer
	bytes atomic.Int64 // of the files that are indexed
	total atomic.Int64 // of the files
	live  bool         // a Recorder writes it

	stop  context.CancelFunc // ends indexing; nil if live
	tasks sync.WaitGroup
}

// volume is one file of a Store.
type volume struct {
	name     string
	file     readFile
	sections []section
}

type readFile interface {
	io.ReaderAt
	io.Closer
}

// section is a part of a file with one header, from an offset on.
type section struct {
	start   int64
	capture *capture
}

func newStore() *Store {
	s := &Store{symbols: newSymbols(), sessions: make(map[trace.SessionID]*session)}
	s.index = newIndexer(s)
	return s
}

// Len is how many rows there are.
func (s *Store) Len() int { return s.rows.len() }

// Entry returns what the index knows of row i, which must be below Len.
func (s *Store) Entry(i int) Entry {
	if i >= s.Len() {
		panic(fmt.Sprintf("captures: row %d of %d", i, s.Len()))
	}
	return s.rows.at(i)
}

// Name returns the string that a symbol of an Entry stands for.
func (s *Store) Name(id Symbol) string { return s.symbols.name(id) }

// Seq returns the number of row i as people see it, and as Event has it: the
// number that the Sink gave, or, where captures were put together, a rising
// one.
func (s *Store) Seq(i int) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numbers.seq(i)
}

// Row returns the row with a number as Seq gives it.
func (s *Store) Row(seq uint64) (row int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.numbers.row(seq, s.Len())
}

// Event reads row i with all its bytes. An error says that the file cannot be
// read, or is damaged there.
func (s *Store) Event(i int) (trace.Event, error) {
	e := s.Entry(i)
	r, v, err := s.read(e)
	if err == nil {
		err = r.fill(func(seq uint64) (record, error) { return s.find(v, e, seq) })
	}
	if err != nil {
		return trace.Event{}, fmt.Errorf("row %d: %w", i, err)
	}
	ev := r.event
	ev.Time, ev.Session = e.Time(), e.Session()
	s.mu.Lock()
	defer s.mu.Unlock()
	ev.Seq = s.numbers.seq(i)
	if ev.Replaces != 0 {
		row, ok := v.at(e.offset()).rows.row(ev.Replaces, s.Len())
		ev.Replaces = 0
		if ok {
			ev.Replaces = s.numbers.seq(row)
		}
	}
	return ev, nil
}

// Raw reads the bytes of row i's frame.
func (s *Store) Raw(i int) ([]byte, error) {
	ev, err := s.Event(i)
	return ev.Frame.Raw, err
}

// Element returns the element or header of row i in the scope of its stream,
// if the row is one and can be read.
func (s *Store) Element(i int) (xmpp.Element, bool) { return s.Record(i).Element() }

// Summary returns what a list shows of row i.
func (s *Store) Summary(i int) (xmpp.Summary, error) {
	ev, err := s.Event(i)
	return xmpp.Summarize(ev.Frame, s.Scope(i)), err
}

// Scope returns the namespace declarations of the stream header that row i
// stands under.
func (s *Store) Scope(i int) *xmpp.Scope {
	e := s.Entry(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.sessions[e.Session()]; t != nil {
		return t.scope(e.Dir(), e.Leg(), i)
	}
	return nil
}

// Session returns what is known of a session by now.
func (s *Store) Session(id trace.SessionID) (SessionInfo, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.sessions[id]; t != nil {
		return t.info, true
	}
	return SessionInfo{}, false
}

// Sessions returns what is known of every session, by number.
func (s *Store) Sessions() []SessionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]SessionInfo, 0, len(s.sessions))
	for _, t := range s.sessions {
		all = append(all, t.info)
	}
	slices.SortFunc(all, func(a, b SessionInfo) int { return int(a.ID) - int(b.ID) })
	return all
}

// Changed returns a channel that is closed as soon as Len() is not n, or the
// Store has ended; at once if that is so already.
func (s *Store) Changed(n int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Len() != n || s.ended {
		c := make(chan struct{})
		close(c)
		return c
	}
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// Wait returns nil when there are more than n rows, io.EOF when there are not
// and no row will be added, or the context's error.
func (s *Store) Wait(ctx context.Context, n int) error {
	for {
		if s.Len() > n {
			return nil
		}
		c := s.Changed(n)
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
		if s.Progress().Ended && s.Len() <= n { // in this order: rows come before the end
			return io.EOF
		}
	}
}

// Progress is how far indexing has come.
type Progress struct {
	Bytes, Total int64    // of the files
	Ended        bool     // every row is there, and none will be added
	Remarks      []string // what was found wrong with the files: sentences for people
}

// Progress returns how far indexing has come.
func (s *Store) Progress() Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Progress{Bytes: s.bytes.Load(), Total: s.total.Load(), Ended: s.ended, Remarks: slices.Clone(s.remarks)}
}

// Close ends indexing and closes the files of an opened Store. Rows can then
// no longer be read. A live Store is closed by its Recorder's owner, after the
// Recorder.
func (s *Store) Close() error {
	if s.stop != nil {
		s.stop()
	}
	s.tasks.Wait()
	s.mu.Lock()
	volumes := s.volumes
	s.mu.Unlock()
	s.end()
	var errs []error
	for _, v := range volumes {
		errs = append(errs, v.file.Close())
	}
	return errors.Join(errs...)
}

// number notes the number of a row. The caller holds mu.
func (s *Store) number(seq uint64, row int) {
	if n := len(s.numbers); n > 0 {
		last := s.numbers[n-1]
		if before := last.seq + uint64(row-1) - uint64(last.row); seq <= before {
			seq = before + 1
		}
	}
	s.numbers.add(seq, row)
}

// publish shows what was added to readers and wakes who waits. The caller
// holds mu.
func (s *Store) publish() {
	s.rows.publish()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// end says that no row will be added.
func (s *Store) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.publish()
}

func (s *Store) remark(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remarks = append(s.remarks, fmt.Sprintf(format, args...))
}

// volume returns the file that e is in.
func (s *Store) volume(e Entry) volume {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.volumes[e.file()]
}

// read reads the packets of one row.
func (s *Store) read(e Entry) (record, volume, error) {
	v := s.volume(e)
	r, err := s.readAt(e.file(), v.file, e.offset(), int(e.size))
	if errors.Is(err, os.ErrClosed) { // it was replaced meanwhile, see retire
		v = s.volume(e)
		r, err = s.readAt(e.file(), v.file, e.offset(), int(e.size))
	}
	return r, v, err
}

// readAt reads the event at off. size is what its frame is thought to have.
func (s *Store) readAt(volume int, file io.ReaderAt, off int64, size int) (r record, err error) {
	want := size + size/16 + 1024
	for {
		p, err := s.pages.view(volume, file, off, want)
		if err != nil && !errors.Is(err, io.EOF) {
			return r, err
		}
		what, n, e := next(p, &r)
		switch {
		case e == nil && what == pieceEvent:
			return r, nil
		case e == nil:
			return r, errDamaged
		case !errors.Is(e, errShort) || err != nil || n > 2*maxEvent:
			return r, e
		}
		want = max(2*want, n)
	}
}

// find reads the event that another one, e, says goes before it.
func (s *Store) find(v volume, e Entry, seq uint64) (record, error) {
	s.mu.Lock()
	row, ok := v.at(e.offset()).rows.row(seq, s.Len())
	s.mu.Unlock()
	if !ok {
		return record{}, errParts
	}
	before := s.Entry(row)
	r, _, err := s.read(before)
	return r, err
}

// at returns the capture that the section around off belongs to. The caller
// holds the Store's mu.
func (v volume) at(off int64) *capture {
	i := len(v.sections) - 1
	for i > 0 && v.sections[i].start > off {
		i--
	}
	return v.sections[i].capture
}
