package inspect

import (
	"context"
	"slices"
	"sync"

	"xmppscope/captures"
	"xmppscope/xmpp/filter"
)

// View is the rows of a capture that match a filter, in order. It grows while
// its own goroutine tests rows, first those that are there, then those that
// come; [View.Close] ends that goroutine and waits for it.
//
// A row is tested when it comes, and again only when its answer may have
// changed: a request, when its reply has come.
//
// Every method may be called from any goroutine and returns at once; none of
// them reads a file.
type View struct {
	store  *captures.Store
	filter *filter.Filter

	stop context.CancelFunc
	done chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex    // guards what follows; not held while rows are tested
	rows    []uint32      // that match, ascending; not used for the empty filter
	tested  int           // rows before this one have been tested
	err     error         // why testing ended too early
	changed chan struct{} // closed when a batch has been added; nil if nobody waits
}

// NewView begins to look for the rows of s that match f.
func NewView(s *captures.Store, f *filter.Filter) *View {
	ctx, stop := context.WithCancel(context.Background())
	v := &View{store: s, filter: f, stop: stop, done: make(chan struct{})}
	if f.Empty() {
		close(v.done)
		return v
	}
	go v.run(ctx)
	return v
}

// Close gives up what is not tested yet. What was found stays.
func (v *View) Close() {
	v.stop()
	<-v.done
}

// Filter is what the rows match.
func (v *View) Filter() *filter.Filter { return v.filter }

// Len is how many matching rows are known.
func (v *View) Len() int {
	if v.filter.Empty() {
		return v.store.Len()
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.rows)
}

// Row returns the number in the capture of the matching row i. Rows can leave
// a View whose filter asks for unanswered requests: where there is no row i
// any longer, it is the last one, and 0 if there is none.
func (v *View) Row(i int) int {
	if v.filter.Empty() {
		return i
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.rows) == 0 {
		return 0
	}
	return int(v.rows[min(i, len(v.rows)-1)])
}

// Index returns which matching row is row of the capture, or, if it does not
// match, the next one that does; Len if there is none so far. With it a
// selection keeps its place when the filter changes, and a paused list learns
// how many of its rows came before the pause.
func (v *View) Index(row int) (i int, matches bool) {
	if v.filter.Empty() {
		n := v.store.Len()
		return min(row, n), row < n
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.BinarySearch(v.rows, uint32(row))
}

// Progress is how many rows have been tested, of how many there are to test: a
// View that was closed or has failed tests no more than it has.
func (v *View) Progress() (tested, of int) {
	of = v.store.Len()
	if v.filter.Empty() {
		return of, of
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	select {
	case <-v.done:
		of = v.tested
	default:
	}
	return v.tested, of
}

// Err says why the View has ended before every row was tested, other than by
// Close: a file could not be read.
func (v *View) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

// Changed returns a channel that is closed when more than tested rows have
// been tested, and when the View will test no more.
func (v *View) Changed(tested int) <-chan struct{} {
	if v.filter.Empty() {
		return v.store.Changed(tested)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tested != tested {
		c := make(chan struct{})
		close(c)
		return c
	}
	select {
	case <-v.done:
		return v.done
	default:
	}
	if v.changed == nil {
		v.changed = make(chan struct{})
	}
	return v.changed
}
