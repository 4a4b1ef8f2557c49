package captures

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"xmppscope/xmpp/trace"
)

// OnFull says what happens when nothing can be written: the disk is full, or
// gone. The zero value is Wait.
type OnFull uint8

const (
	Wait OnFull = iota // traffic waits until writing works again
	Pass               // traffic goes on unrecorded; the gap is recorded when writing works again
)

// RecorderOptions say where to record. The zero value records into a
// temporary file that vanishes with the Store.
type RecorderOptions struct {
	// Name is the file's name. A % in it begins a field of the local time as
	// in strftime; a new file is begun when the expanded name changes. An
	// existing capture is continued. "" is a temporary file, which is held in
	// memory, up to 64 MiB, if none can be made.
	Name string

	// Output, if not nil, gets the capture as a stream, and Name must be "".
	// It is closed, if it is an io.Closer, when Close has to interrupt a
	// write that hangs.
	Output io.Writer

	// OnFull is what to do when nothing can be written. Pass needs a Name.
	OnFull OnFull

	// open stands for openFile in tests.
	open func(name string) (opened, error)
}

// Recorder is a [trace.Sink] that writes a capture. Record may be called from
// any goroutine, as may every other method; one goroutine of its own writes,
// and Close waits for it.
type Recorder struct {
	queue  *queue
	writer *writer
	first  trace.SessionID

	abandon chan struct{} // closed when what cannot be written is to be given up
	give    sync.Once
	done    chan struct{} // closed when the writer has ended
}

var _ trace.Sink = (*Recorder)(nil)

// State is how recording goes.
type State uint8

const (
	Recording State = iota
	Slow            // traffic waits, since more arrives than can be written
	Full            // traffic waits, since nothing can be written; each second it is tried again
	Passing         // traffic goes on unrecorded, since nothing can be written
	Closed
)

// String returns the state as the status line shows it; "" if all is well.
func (s State) String() string {
	return [...]string{"", "RECORDING SLOW", "DISK FULL", "NOT RECORDING", "CLOSED"}[min(s, Closed)]
}

// Status is how recording goes.
type Status struct {
	State      State
	Err        error  // why, if Full or Passing, or what could not be written
	Name       string // of the file being written, "" if it has none
	Queued     int    // events that wait to be written
	LostEvents uint64 // in gaps
	LostBytes  uint64
	Remarks    []string // what was found when the file was opened
}

// NewRecorder opens the file and starts the writer. The caller ends it with
// Close, and then closes its Store.
func NewRecorder(opts RecorderOptions) (*Recorder, error) {
	if opts.open == nil {
		opts.open = openFile
	}
	if opts.Output != nil && opts.Name != "" {
		return nil, errors.New("a recording goes to a file or to a stream, not to both")
	}
	if opts.OnFull == Pass && opts.Name == "" {
		return nil, errors.New("to pass traffic on when the disk is full, name a file to record into")
	}
	r := &Recorder{abandon: make(chan struct{}), done: make(chan struct{})}
	w := &writer{
		pattern: opts.Name,
		pass:    opts.OnFull == Pass,
		open:    opts.open,
		encoder: newEncoder(),
		store:   newStore(),
		abandon: r.abandon,
	}
	w.store.live = true
	rand.Read(w.id[:])
	o, err := w.start(opts.Output, time.Now())
	if err != nil {
		return nil, err
	}
	r.writer, r.first = w, o.session+1
	r.queue = newQueue(o.last + 1)
	go func() {
		defer close(r.done)
		w.run(r.queue)
	}()
	return r, nil
}

// start opens the first file and writes its header.
func (w *writer) start(out io.Writer, now time.Time) (o opened, err error) {
	if w.pattern == "" {
		o.file = temporaryOrMemory(w)
		if out != nil {
			o.file = &tee{writeFile: o.file, out: out}
		}
	} else {
		w.name, err = fileName(w.pattern, now)
		if err != nil {
			return o, err
		}
		if o, err = w.open(w.name); err != nil {
			return o, err
		}
	}
	w.use(o)
	w.buf = appendSection(w.buf[:0], sectionComment(w.id))
	for done := 0; done < len(w.buf); {
		n, err := w.file.WriteAt(w.buf[done:], w.size)
		w.size += int64(n)
		if done += n; err != nil {
			return o, errors.Join(err, w.file.Truncate(o.size), w.file.Close())
		}
	}
	w.whole = w.size
	return o, nil
}

func temporaryOrMemory(w *writer) writeFile {
	file, err := newTemporary()
	if err == nil {
		return file
	}
	w.status.Remarks = append(w.status.Remarks, fmt.Sprintf(
		"no temporary file in %s (%v): up to 64 MiB are recorded in memory; use -w FILE, or set TMPDIR", os.TempDir(), err))
	return new(memory)
}

// Record implements [trace.Sink]. It blocks while 8,192 events or 8 MiB
// wait to be written.
func (r *Recorder) Record(ctx context.Context, events ...trace.Event) (first uint64, err error) {
	return r.queue.put(ctx, events)
}

// Store is the capture in the making. It has a row as soon as its event is
// written.
func (r *Recorder) Store() *Store { return r.writer.store }

// FirstSession is the lowest session number that the file does not have yet.
// Sessions numbered from there keep their numbers when the file is opened.
func (r *Recorder) FirstSession() trace.SessionID { return r.first }

// Status returns how recording goes.
func (r *Recorder) Status() Status {
	st := r.writer.snapshotStatus()
	events, _, waiting := r.queue.load()
	st.Queued = events
	if st.State == Recording && waiting > 0 {
		st.State = Slow
	}
	return st
}

// Slow reports that traffic waits for the recording.
func (r *Recorder) Slow() bool {
	s := r.Status().State
	return s == Slow || s == Full
}

// Close lets no more events in, writes those that wait, ends the flows of
// sessions that are still open, and returns when the file is complete. When
// ctx is done before, what cannot be written is given up, and the error says
// how much that is. The Store stays readable.
func (r *Recorder) Close(ctx context.Context) error {
	r.queue.close()
	select {
	case <-r.done:
	case <-ctx.Done():
		r.give.Do(func() { close(r.abandon) })
		r.writer.interrupt()
		select {
		case <-r.done:
		case <-time.After(time.Second):
			return fmt.Errorf("the recording hangs in a write: %w", ctx.Err())
		}
	}
	r.writer.store.end()
	return r.writer.loss()
}

// hasTime reports whether a file name changes with time.
func hasTime(pattern string) bool { return strings.Contains(pattern, "%") }
