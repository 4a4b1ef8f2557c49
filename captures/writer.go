package captures

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"xmppscope/xmpp/trace"
)

const (
	writeSize  = 1 << 20 // bytes that are encoded before they are written
	keptBuffer = 4 << 20
	retryAfter = time.Second
)

// writer is the one goroutine that writes a capture and makes rows of what it
// wrote.
type writer struct {
	pattern string // of the file's name
	pass    bool
	open    func(name string) (opened, error)
	encoder *encoder
	store   *Store
	id      captureID
	abandon <-chan struct{}

	name   string
	second int64 // for which the name was expanded
	volume int
	file   writeFile
	size   int64 // of the file
	whole  int64 // of it, up to the last whole event

	buf     []byte // encoded, not yet written
	pending []row  // whose events end in buf
	gap     gap
	given   bool      // the last try, after the recorder was closed, was made
	retry   time.Time // when writing is tried again, if passing

	mu     sync.Mutex // guards status
	status Status
}

// row is an event that is encoded.
type row struct {
	record record
	end    int // in the buffer
}

// gap is what was lost since the last event that was written.
type gap struct {
	first, last   uint64
	events, bytes uint64
}

// run writes what the queue has until it is closed and empty.
func (w *writer) run(q *queue) {
	var events []trace.Event
	for {
		var ok bool
		if events, ok = q.take(events); !ok {
			break
		}
		w.batch(events)
	}
	w.complete()
}

// batch writes events.
func (w *writer) batch(events []trace.Event) {
	for i := range events {
		w.event(&events[i])
		if len(w.buf) >= writeSize {
			w.flush()
		}
	}
	w.flush()
}

// event encodes ev, in a new file if its time asks for one.
func (w *writer) event(ev *trace.Event) {
	if second := ev.Time.Unix(); hasTime(w.pattern) && second != w.second {
		w.second = second
		// The pattern was found good when the recorder was made.
		if name, err := fileName(w.pattern, ev.Time); err == nil && name != w.name {
			w.flush()
			w.rotate(name, ev.Time)
		}
	}
	w.pending = append(w.pending, row{})
	last := &w.pending[len(w.pending)-1]
	last.record.event = *ev
	start := 0
	w.buf, start = w.encoder.event(w.buf, &last.record)
	last.record.offset, last.end = int64(start), len(w.buf)
}

// flush writes the buffer. It returns when all is written, or lost and noted.
func (w *writer) flush() {
	if w.pass && w.gap.events > 0 {
		if time.Now().Before(w.retry) {
			w.drop(errors.New("not tried again yet"))
			return
		}
		w.prependGap()
	}
	base, done, failed := w.size, 0, false
	for {
		next := len(w.buf)
		if failed && len(w.pending) > 0 { // one by one, since some may still find room
			next = w.pending[0].end
		}
		n, err := w.file.WriteAt(w.buf[done:next], w.size)
		done += n
		w.size += int64(n)
		w.commit(base, done)
		if err == nil && done < next {
			err = io.ErrShortWrite
		}
		if err == nil && done == len(w.buf) {
			break
		}
		alone := failed || len(w.pending) < 2
		failed = failed || err != nil
		if err != nil && alone && !w.wait(err) {
			w.drop(err)
			return
		}
	}
	w.settle(nil)
	w.reset()
}

// reset empties the buffer.
func (w *writer) reset() {
	w.buf = w.buf[:0]
	if cap(w.buf) > keptBuffer {
		w.buf = nil
	}
	clear(w.pending)
	w.pending = w.pending[:0]
}

// commit makes rows of the events whose end is among the first done bytes of
// the buffer, which stands at base in the file.
func (w *writer) commit(base int64, done int) {
	n := 0
	for n < len(w.pending) && w.pending[n].end <= done {
		n++
	}
	if n == 0 {
		return
	}
	w.whole = base + int64(w.pending[n-1].end)
	s := w.store
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.index.capture(w.id)
	for i := range w.pending[:n] {
		r := &w.pending[i].record
		if w.isGap(&r.event) {
			w.gap = gap{}
		}
		r.offset += base
		r.place = place(w.volume, r.offset)
		s.index.add(c, r)
	}
	w.pending = slices.Delete(w.pending, 0, n)
	s.bytes.Store(w.whole)
	s.total.Store(w.whole)
	s.publish()
}

// wait waits a second before writing is tried again, or until the recorder is
// closed, when it is tried once more; it returns false if it is not to be
// tried again now.
func (w *writer) wait(err error) bool {
	if w.pass {
		return false
	}
	w.settle(err)
	timer := time.NewTimer(retryAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.abandon:
		again := !w.given
		w.given = true
		return again
	}
}

// drop gives up what is in the buffer and not written, and cuts the file
// where its last whole event ends.
func (w *writer) drop(err error) {
	// Even where nothing seems to be written something may be: os.File tells
	// of no byte of a write that failed halfway.
	if w.file.Truncate(w.whole) == nil {
		w.size = w.whole
	}
	s := w.store
	s.mu.Lock()
	c := s.index.capture(w.id)
	for i := range w.pending {
		ev := &w.pending[i].record.event
		if w.isGap(ev) {
			continue
		}
		if w.gap.events == 0 {
			w.gap.first = ev.Seq
		}
		w.gap.last = ev.Seq
		w.gap.events++
		w.gap.bytes += uint64(len(ev.Frame.Raw))
		s.index.miss(c, ev)
		w.count(ev)
	}
	s.mu.Unlock()
	w.encoder.forget()
	w.reset()
	if now := time.Now(); !now.Before(w.retry) {
		w.retry = now.Add(retryAfter)
		w.settle(err)
	}
}

// isGap reports whether ev is the note of what was lost.
func (w *writer) isGap(ev *trace.Event) bool {
	return w.gap.events > 0 && ev.Seq == w.gap.last
}

func (w *writer) count(ev *trace.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.LostEvents++
	w.status.LostBytes += uint64(len(ev.Frame.Raw))
}

// prependGap puts a note of what was lost before what is in the buffer. It
// takes the number of the last event that was lost.
func (w *writer) prependGap() {
	at := time.Now()
	if len(w.pending) > 0 {
		at = w.pending[0].record.event.Time
	}
	g := w.gap
	note := &trace.Note{
		Topic:    trace.TopicRecord,
		Severity: trace.Failure,
		Text:     fmt.Sprintf("%d events with %d bytes were not recorded, since nothing could be written; they passed all the same", g.events, g.bytes),
		Facts: []trace.Fact{
			{Key: "first", Value: fmt.Sprint(g.first)}, {Key: "last", Value: fmt.Sprint(g.last)},
			{Key: "events", Value: fmt.Sprint(g.events)}, {Key: "bytes", Value: fmt.Sprint(g.bytes)},
		},
	}
	r := record{event: trace.Event{Seq: g.last, Time: at, Kind: trace.Noted, Origin: trace.Tool, Note: note}}
	head, start := w.encoder.event(nil, &r)
	r.offset = int64(start)
	for i := range w.pending {
		w.pending[i].end += len(head)
		w.pending[i].record.offset += int64(len(head))
	}
	w.pending = slices.Insert(w.pending, 0, row{record: r, end: len(head)})
	w.buf = append(head, w.buf...)
}

// settle notes how writing goes.
func (w *writer) settle(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.Err = err
	switch {
	case err == nil:
		w.status.State = Recording
	case w.pass:
		w.status.State = Passing
	default:
		w.status.State = Full
	}
}

func (w *writer) snapshotStatus() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	st := w.status
	st.Remarks = slices.Clone(st.Remarks)
	return st
}

// complete ends the flows that are open and says what was lost at last.
func (w *writer) complete() {
	now := time.Now().UnixNano()
	for _, x := range w.encoder.sessions {
		w.buf = w.encoder.finish(w.buf, x, now)
	}
	w.retry = time.Time{}
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status.State = Closed
}

// loss returns what could not be written, as an error.
func (w *writer) loss() error {
	st := w.snapshotStatus()
	if t, ok := w.file.(*tee); ok && len(t.behind) > 0 {
		return fmt.Errorf("%d bytes of the capture could not be written to its stream: %w", len(t.behind), st.Err)
	}
	if st.LostEvents == 0 {
		return nil
	}
	if st.Err == nil {
		return fmt.Errorf("%d events with %d bytes are missing from the recording, which notes the gap", st.LostEvents, st.LostBytes)
	}
	return fmt.Errorf("%d events with %d bytes could not be recorded: %w", st.LostEvents, st.LostBytes, st.Err)
}

// interrupt ends a write to a stream that hangs.
func (w *writer) interrupt() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t, ok := w.file.(*tee); ok {
		if c, ok := t.out.(io.Closer); ok {
			c.Close()
		}
	}
}
