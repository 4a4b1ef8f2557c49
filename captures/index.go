package captures

import "sync/atomic"

const blockRows = 4096

// index is a growing list of entries in fixed blocks of 48 bytes a row. One
// goroutine appends; any number read without a lock what has been published.
type index struct {
	blocks    atomic.Pointer[[]*rows]
	published atomic.Int64
	next      int // rows appended, published or not; the appender's own
}

// rows is one block. What never changes once published is apart from what
// does: a request learns its reply's row later.
type rows struct {
	fixed [blockRows]fixed
	bits  [blockRows]uint32
	peers [blockRows]atomic.Uint32
}

type fixed struct {
	time    int64
	where   uint64 // see place
	session uint32
	size    uint32
	from    Symbol
	to      Symbol
	name    Symbol
	typ     Word
	cond    Word
}

// len is how many rows may be read.
func (x *index) len() int { return int(x.published.Load()) }

// at returns row i, which must be below len.
func (x *index) at(i int) Entry {
	b := (*x.blocks.Load())[i/blockRows]
	k := i % blockRows
	return Entry{fixed: b.fixed[k], bits: b.bits[k], peer: b.peers[k].Load()}
}

// add appends one row; publish makes it visible. It returns the row's number.
func (x *index) add(e Entry) int {
	row := x.next
	if row%blockRows == 0 {
		var old []*rows
		if p := x.blocks.Load(); p != nil {
			old = *p
		}
		// Readers keep the slice header that they loaded: its elements up to
		// the published length never change, so growing in place is safe.
		grown := append(old, new(rows))
		x.blocks.Store(&grown)
	}
	b := (*x.blocks.Load())[row/blockRows]
	k := row % blockRows
	b.fixed[k], b.bits[k] = e.fixed, e.bits
	if e.peer != 0 { // it is, in a new block
		b.peers[k].Store(e.peer)
	}
	x.next++
	return row
}

// pair tells a request, already added, the row of its reply.
func (x *index) pair(request, reply int) {
	(*x.blocks.Load())[request/blockRows].peers[request%blockRows].Store(uint32(reply + 1))
}

// publish lets readers see every row that was added.
func (x *index) publish() { x.published.Store(int64(x.next)) }
