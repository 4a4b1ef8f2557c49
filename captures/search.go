package captures

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"sync"

	"xmppscope/xmpp/filter"
)

const (
	shardRows = 4096     // rows that one worker looks at in one go
	maxGap    = 64 << 10 // bytes that are rather read than skipped
	maxWindow = 4 << 20
)

// Search finds the rows from ≤ row < to that f matches. found is called, by
// the goroutine that called Search, with rising rows, some at a time, and
// with how far the search has come: every match below done was reported. The
// slice is found's own. Search returns early with ctx's error when ctx is
// done, and with an error when a file cannot be read.
//
// What the index cannot answer is looked for in the files, which are read in
// large pieces by as many goroutines as there are cores; they have ended when
// Search returns.
func (s *Store) Search(ctx context.Context, f *filter.Filter, from, to int, found func(rows []int, done int)) error {
	to = min(to, s.Len())
	if to-from <= shardRows {
		w := s.searcher(f)
		rows, err := w.shard(from, to)
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			found(rows, max(from, to))
		}
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop()
	type result struct {
		rows []int
		end  int
		err  error
	}
	n := runtime.GOMAXPROCS(0)
	lanes := make([]chan result, n) // shard k is done in lane k%n, so that results come in order
	for lane := range lanes {
		lanes[lane] = make(chan result, 2)
		workers.Go(func() {
			defer close(lanes[lane])
			w := s.searcher(f)
			for start := from + lane*shardRows; start < to; start += n * shardRows {
				end := min(start+shardRows, to)
				rows, err := w.shard(start, end)
				select {
				case lanes[lane] <- result{rows, end, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		})
	}
	for lane := 0; ; lane = (lane + 1) % n {
		r, ok := <-lanes[lane]
		if err := ctx.Err(); err != nil {
			return err
		}
		if !ok {
			return nil
		}
		if r.err != nil {
			return r.err
		}
		found(r.rows, r.end)
	}
}

// searcher is one goroutine's part of a search.
type searcher struct {
	store  *Store
	match  *filter.Matcher
	places *filter.Places // nil if every byte has to be looked at
	record Record
	maybe  []int  // rows of a shard that only their bytes can decide
	buf    []byte // of a window
	spans  []span // in it, of each row
}

func (s *Store) searcher(f *filter.Filter) *searcher {
	return &searcher{store: s, match: f.Matcher(), places: f.Places(), record: Record{store: s}}
}

// shard returns the matching rows of a shard, in order.
func (w *searcher) shard(from, to int) (rows []int, err error) {
	w.maybe = w.maybe[:0]
	for i := from; i < to; i++ {
		w.record.Move(i)
		switch w.match.Cheap(&w.record) {
		case filter.Yes:
			rows = append(rows, i)
		case filter.Maybe:
			w.maybe = append(w.maybe, i)
		}
	}
	if len(w.maybe) == 0 {
		return rows, nil
	}
	sure := rows
	rows = nil
	keep := func(i int) {
		for len(sure) > 0 && sure[0] < i {
			rows, sure = append(rows, sure[0]), sure[1:]
		}
		rows = append(rows, i)
	}
	for rest := w.maybe; len(rest) > 0; {
		n := w.window(rest)
		if err := w.look(rest[:n], keep); err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return append(rows, sure...), nil
}

// window returns how many of rows stand so close together in one file that
// they are best read at once.
func (w *searcher) window(rows []int) int {
	first := w.store.rows.at(rows[0])
	last := first
	for n, i := range rows[1:] {
		e := w.store.rows.at(i)
		if e.file() != first.file() || e.offset() < last.offset() ||
			e.offset()-last.offset() > int64(last.size)+maxGap || e.offset()-first.offset() > maxWindow {
			return n + 1
		}
		last = e
	}
	return len(rows)
}

// look decides rows, which are one window.
func (w *searcher) look(rows []int, keep func(int)) error {
	s := w.store
	first, last := s.rows.at(rows[0]), s.rows.at(rows[len(rows)-1])
	base := first.offset()
	if last.bits&manyBit != 0 {
		last.size = 0 // read on its own
	}
	p, err := w.read(first, int(last.offset()-base)+int(last.size)+2*packetSlack)
	if err != nil {
		return err
	}
	w.spans = w.spans[:0]
	for _, i := range rows {
		e := s.rows.at(i)
		at := int(e.offset() - base)
		raw, size, ok := wholeFrame(p, at, e)
		w.spans = append(w.spans, span{at, at + size, raw, !ok || w.places == nil})
	}
	w.mark(p)
	for k, i := range rows {
		x := w.spans[k]
		if !x.hit {
			continue
		}
		w.record.Move(i)
		if x.end > x.start {
			w.record.raw, w.record.have = x.raw, true
		}
		if w.match.Match(&w.record) {
			keep(i)
		}
	}
	return nil
}

// span is where a row's packet is in a window; empty if it has to be read on
// its own.
type span struct {
	start, end int
	raw        []byte
	hit        bool // it has to be looked at
}

// mark notes which spans have a place in them.
func (w *searcher) mark(p []byte) {
	if w.places == nil {
		return
	}
	k := 0
	for at := range w.places.All(p) {
		for k < len(w.spans) && w.spans[k].end <= at {
			k++
		}
		if k == len(w.spans) {
			return
		}
		if w.spans[k].start <= at {
			w.spans[k].hit = true
		}
	}
}

// packetSlack is more than what stands around the bytes of an ordinary packet.
const packetSlack = 1 << 10

// read reads n bytes from where e is, or fewer at the end of the file.
func (w *searcher) read(e Entry, n int) ([]byte, error) {
	if cap(w.buf) < n {
		w.buf = make([]byte, n+n/4)
	}
	for attempt := 0; ; attempt++ {
		got, err := w.store.volume(e).file.ReadAt(w.buf[:n], e.offset())
		if errors.Is(err, os.ErrClosed) && attempt == 0 { // it was replaced meanwhile, see retire
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		return w.buf[:got], nil
	}
}

// wholeFrame returns the frame whose block is at p[at:], and the block's size,
// if that one packet holds all of it and p does too.
func wholeFrame(p []byte, at int, e Entry) (raw []byte, size int, ok bool) {
	if !e.framed() || e.bits&(manyBit|continuedBit) != 0 || at > len(p) {
		return nil, 0, false
	}
	b, err := nextBlock(p[at:])
	if err != nil {
		return nil, 0, false
	}
	packet, ok := parsePacket(b.body)
	if !ok {
		return nil, 0, false
	}
	raw, ok = payload(packet.data)
	return raw, b.size, ok
}
