package inspect

import (
	"slices"

	"xmppscope/captures"
	"xmppscope/xmpp/filter"
)

// Rows tested between two looks at whether to go on, and between two times
// that what was found is shown: few where each needs the file.
const (
	viewBatch = 8192
	viewReads = 256
)

// run tests rows until there will be no more, or the View is closed. It is
// the View's goroutine.
func (v *View) run() {
	defer v.finish()
	scan := scan{view: v, matcher: v.filter.Matcher(), retest: v.filter.Uses(filter.FieldUnanswered)}
	for next := 0; ; {
		for n := v.store.Len(); next < n; {
			next = scan.batch(next, n)
			if v.stopped() {
				return
			}
		}
		changed := v.store.Changed(next)
		if v.store.Progress().Ended && v.store.Len() == next {
			return
		}
		select {
		case <-changed:
		case <-v.stop:
			return
		}
	}
}

func (v *View) stopped() bool {
	select {
	case <-v.stop:
		return true
	default:
		return false
	}
}

// scan is what the goroutine of a View works with.
type scan struct {
	view    *View
	record  *captures.Record
	matcher *filter.Matcher
	retest  bool     // an answer may change when a reply comes
	found   []uint32 // in this batch
}

// batch tests rows from next on, as many as should be shown at once, and
// returns the row after them.
func (s *scan) batch(next, n int) int {
	s.found = s.found[:0]
	var again []int
	reads := 0
	start := next
	for ; next < n && next-start < viewBatch && reads < viewReads; next++ {
		s.move(next)
		verdict := s.matcher.Cheap(s.record)
		if verdict == filter.Maybe {
			reads++
			if s.matcher.Match(s.record) {
				verdict = filter.Yes
			}
		}
		if verdict == filter.Yes {
			s.found = append(s.found, uint32(next))
		}
		if !s.retest {
			continue
		}
		if request, ok := s.record.Entry().Request(); ok {
			again = append(again, request)
		}
	}
	news := make(map[int]bool, len(again))
	for _, row := range again {
		s.move(row)
		news[row] = s.matcher.Match(s.record)
	}
	s.view.add(s.found, news, next)
	return next
}

// move makes the record stand for a row.
func (s *scan) move(row int) {
	if s.record == nil {
		s.record = s.view.store.Record(row)
		return
	}
	s.record.Move(row)
}

// add takes up the rows found in a batch that ends before row next, and new
// answers about single rows.
func (v *View) add(found []uint32, news map[int]bool, next int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.rows = append(v.rows, found...)
	for row, matches := range news {
		v.set(row, matches)
	}
	v.tested = next
	v.wake()
}

// set says whether a row that has been tested matches. The caller holds mu.
func (v *View) set(row int, matches bool) {
	i, was := slices.BinarySearch(v.rows, uint32(row))
	switch {
	case matches && !was:
		v.rows = slices.Insert(v.rows, i, uint32(row))
	case !matches && was:
		v.rows = slices.Delete(v.rows, i, i+1)
	}
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
