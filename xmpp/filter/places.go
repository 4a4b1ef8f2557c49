package filter

import (
	"bytes"
	"iter"
)

// Places finds the places in a run of bytes around which a frame may match. A
// frame that contains none of them cannot, unless [Matcher.Cheap] says Yes;
// what stands in several pieces or is no frame (a note) must be looked at by
// itself. Places is immutable and may be used from any goroutine.
type Places struct{ needles []needle }

// newPlaces returns nil for no texts, and for so many that looking for them
// would not pay.
func newPlaces(texts []string) *Places {
	if len(texts) == 0 || len(texts) > 8 {
		return nil
	}
	p := new(Places)
	for _, t := range texts {
		p.needles = append(p.needles, newNeedle(t))
	}
	return p
}

// All yields the places of block in ascending order: where one of the texts
// begins that the filter needs, or a reference, which may hide one. The block
// is read once for each text, however many places there are.
func (p *Places) All(block []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		f := &finder{places: p, block: block, next: make([]int, len(p.needles)+1)}
		for i := range f.next {
			f.next[i] = -1
		}
		for at := f.after(0); at < len(block) && yield(at); {
			at = f.after(at + 1)
		}
	}
}

// finder finds the places of one run of bytes, from the front to the back.
type finder struct {
	places *Places
	block  []byte
	next   []int // where each needle, and "&" at last, stands next; -1: not looked for
}

// after returns the first place not before from: where one of the texts that
// the filter needs begins, or a reference. It is the block's length if there
// is none. Calls with rising from read each byte once for each text.
func (f *finder) after(from int) int {
	first := len(f.block)
	for i, at := range f.next {
		if at < from {
			at = f.find(i, from)
			f.next[i] = at
		}
		first = min(first, at)
	}
	return first
}

// find returns where needle i stands first from a place on, or the length of
// the block.
func (f *finder) find(i, from int) int {
	if from >= len(f.block) {
		return len(f.block)
	}
	at := -1
	if i < len(f.places.needles) {
		at = f.places.needles[i].index(f.block, from)
	} else if at = bytes.IndexByte(f.block[from:], '&'); at >= 0 {
		at += from
	}
	if at < 0 {
		return len(f.block)
	}
	return at
}
