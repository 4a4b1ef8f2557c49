package inspect

import (
	"context"
	"slices"

	"xmppscope/captures"
	"xmppscope/xmpp/filter"
)

// run tests rows until there will be no more, or the View is closed. It is
// the View's goroutine.
func (v *View) run(ctx context.Context) {
	defer v.finish()
	scan := scan{view: v, record: nil, matcher: v.filter.Matcher(), retest: v.filter.Uses(filter.FieldUnanswered)}
	for {
		if n := v.store.Len(); scan.next < n {
			if err := v.store.Search(ctx, v.filter, scan.next, n, scan.take); err != nil {
				if ctx.Err() == nil {
					v.fail(err)
				}
				return
			}
		}
		changed := v.store.Changed(scan.next)
		if v.store.Progress().Ended && v.store.Len() == scan.next {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

// scan is what the goroutine of a View works with.
type scan struct {
	view    *View
	next    int  // the first row that is not tested
	retest  bool // an answer may change when a reply comes
	matcher *filter.Matcher
	record  *captures.Record
}

// take takes up the matching rows of those before row done.
func (s *scan) take(rows []int, done int) {
	var news []answer
	for row := s.next; s.retest && row < done; row++ {
		if request, ok := s.view.store.Entry(row).Request(); ok {
			news = append(news, answer{request, s.matches(request)})
		}
	}
	s.next = done
	s.view.add(rows, news, done)
}

// answer is whether a row matches.
type answer struct {
	row     int
	matches bool
}

func (s *scan) matches(row int) bool {
	if s.record == nil {
		s.record = s.view.store.Record(row)
	}
	s.record.Move(row)
	return s.matcher.Match(s.record)
}

// add takes up the rows found among those before row next, and new answers
// about single rows.
func (v *View) add(found []int, news []answer, next int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, row := range found {
		v.rows = append(v.rows, uint32(row))
	}
	for _, n := range news {
		v.set(n)
	}
	v.tested = next
	v.wake()
}

// set corrects whether a row that has been tested matches. The caller holds mu.
func (v *View) set(n answer) {
	i, was := slices.BinarySearch(v.rows, uint32(n.row))
	switch {
	case n.matches && !was:
		v.rows = slices.Insert(v.rows, i, uint32(n.row))
	case !n.matches && was:
		v.rows = slices.Delete(v.rows, i, i+1)
	}
}

// fail keeps why testing ends too early.
func (v *View) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
}

// wake tells who waits that something changed. The caller holds mu.
func (v *View) wake() {
	if v.changed != nil {
		close(v.changed)
		v.changed = nil
	}
}

// finish says that no row will be tested any more.
func (v *View) finish() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wake()
	close(v.done)
}
