package captures

import (
	"context"
	"errors"
	"sync"
	"time"

	"xmppscope/xmpp/trace"
)

// ErrClosed is what Record returns once the Recorder is being closed.
var ErrClosed = errors.New("the recorder is closed")

const (
	queueEvents = 8_192 // the writer may have as many in hand
	queueBytes  = 8 << 20

	// Under load the writer takes events at most once in this time, as long
	// as fewer than this wait: each of its turns has a cost of its own, the
	// more so where it has to be woken.
	batchPause  = 2 * time.Millisecond
	batchEvents = 1_024
	batchBytes  = 512 << 10
)

// queue holds events between those who record and the writer. It is full when
// it has queueEvents or queueBytes; what is added at once is not divided.
type queue struct {
	mu      sync.Mutex // guards what follows
	events  []trace.Event
	bytes   int
	taken   time.Time // when the writer took events last
	next    uint64    // number of the next event
	waiting int       // callers of put that wait for room
	closed  bool
	room    chan struct{} // closed when some was made; nil if nobody waits

	some chan struct{} // holds a token when the first event waits, or the queue was closed
	many chan struct{} // holds a token when a batch waits, or the queue was closed
}

func newQueue(first uint64) *queue {
	return &queue{next: first, some: make(chan struct{}, 1), many: make(chan struct{}, 1)}
}

// put numbers events and adds them, waiting for room.
func (q *queue) put(ctx context.Context, events []trace.Event) (first uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	for {
		q.mu.Lock()
		if q.closed {
			q.mu.Unlock()
			return 0, ErrClosed
		}
		if len(q.events) < queueEvents && q.bytes < queueBytes {
			break
		}
		if q.room == nil {
			q.room = make(chan struct{})
		}
		room := q.room
		q.waiting++
		q.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			err = ctx.Err()
		}
		q.mu.Lock()
		q.waiting--
		q.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
	defer q.mu.Unlock()
	first = q.next
	empty := len(q.events) == 0
	start := len(q.events)
	q.events = append(q.events, events...)
	for i := range q.events[start:] {
		ev := &q.events[start+i]
		ev.Seq = q.next
		q.next++
		q.bytes += len(ev.Frame.Raw)
	}
	if empty {
		wake(q.some)
	}
	if q.batch() {
		wake(q.many)
	}
	return first, nil
}

// batch reports whether so much waits that the writer is not to pause.
func (q *queue) batch() bool { return len(q.events) >= batchEvents || q.bytes >= batchBytes }

// take returns what waits and makes room; ok is false when the queue is closed
// and empty. done, which the caller gives up, is what take returned before.
func (q *queue) take(done []trace.Event) (events []trace.Event, ok bool) {
	clear(done)
	if cap(done) > 2*queueEvents {
		done = nil
	}
	for {
		q.mu.Lock()
		rest := batchPause - time.Since(q.taken)
		if n := len(q.events); n > 0 && (rest <= 0 || q.closed || q.batch()) {
			events, q.events, q.bytes, q.taken = q.events, done[:0], 0, time.Now()
			q.release()
			q.mu.Unlock()
			return events, true
		} else if n == 0 && q.closed {
			q.mu.Unlock()
			return nil, false
		} else if n == 0 {
			rest = 0
		}
		q.mu.Unlock()
		q.await(rest)
	}
}

// await returns when the first event is there, or, given a pause, when that is
// over or a batch is there.
func (q *queue) await(pause time.Duration) {
	if pause <= 0 {
		<-q.some
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-q.many:
	case <-timer.C:
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// release lets those who wait for room look again. The caller holds mu.
func (q *queue) release() {
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
}

// close lets take end, and put fail.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.release()
	wake(q.some)
	wake(q.many)
}

// load returns what waits, and how many callers wait to add.
func (q *queue) load() (events, bytes, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.events), q.bytes, q.waiting
}
