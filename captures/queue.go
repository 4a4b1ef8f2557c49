package captures

import (
	"context"
	"errors"
	"sync"

	"xmppscope/xmpp/trace"
)

// ErrClosed is what Record returns once the Recorder is being closed.
var ErrClosed = errors.New("the recorder is closed")

const (
	queueEvents = 16_384
	queueBytes  = 16 << 20
	batchEvents = 2_048
)

// queue holds events between those who record and the writer. It is full when
// it has queueEvents or queueBytes; what is added at once is not divided.
type queue struct {
	mu      sync.Mutex // guards what follows
	events  []trace.Event
	bytes   int
	next    uint64 // number of the next event
	waiting int    // callers of put that wait for room
	closed  bool
	room    chan struct{} // closed when some was made; nil if nobody waits

	ready chan struct{} // holds one token while there may be events
}

func newQueue(first uint64) *queue { return &queue{next: first, ready: make(chan struct{}, 1)} }

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
	for i := range events {
		ev := events[i]
		ev.Seq = q.next
		q.next++
		q.bytes += len(ev.Frame.Raw)
		q.events = append(q.events, ev)
	}
	q.wake()
	return first, nil
}

// take moves what waits into buf[:0] and makes room; ok is false when the
// queue is closed and empty.
func (q *queue) take(buf []trace.Event) (events []trace.Event, ok bool) {
	for {
		q.mu.Lock()
		if n := min(len(q.events), batchEvents); n > 0 {
			events = append(buf[:0], q.events[:n]...)
			q.remove(n)
			q.mu.Unlock()
			return events, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, false
		}
		<-q.ready
	}
}

// remove drops the first n events. The caller holds mu.
func (q *queue) remove(n int) {
	for i := range q.events[:n] {
		q.bytes -= len(q.events[i].Frame.Raw)
	}
	kept := copy(q.events, q.events[n:])
	clear(q.events[kept:])
	q.events = q.events[:kept]
	if kept == 0 && cap(q.events) > queueEvents {
		q.events = nil
	}
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	if kept > 0 {
		q.wake()
	}
}

func (q *queue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// close lets take end, and put fail.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	if q.room != nil {
		close(q.room)
		q.room = nil
	}
	q.wake()
}

// load returns what waits, and how many callers wait to add.
func (q *queue) load() (events, bytes, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.events), q.bytes, q.waiting
}
