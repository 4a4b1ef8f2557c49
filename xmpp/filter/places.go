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

// All yields the places in ascending order: where one of the texts begins
// that the filter needs, or a reference, which may hide one. The consumer
// that knows that a place's whole frame is settled may pass over more bytes
// by starting anew behind it.
func (p *Places) All(block []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		var next [9]int // of each needle and of "&": -1 for none
		for i := range p.needles {
			next[i] = p.needles[i].index(block, 0)
		}
		amp := len(p.needles)
		next[amp] = bytes.IndexByte(block, '&')
		for {
			first := -1
			for i := range amp + 1 {
				if next[i] >= 0 && (first < 0 || next[i] < next[first]) {
					first = i
				}
			}
			if first < 0 || !yield(next[first]) {
				return
			}
			from := next[first] + 1
			if first < amp {
				next[first] = p.needles[first].index(block, from)
			} else if next[amp] = bytes.IndexByte(block[from:], '&'); next[amp] >= 0 {
				next[amp] += from
			}
		}
	}
}
