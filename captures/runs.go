package captures

import "sort"

// runs maps rising numbers to rising rows, compactly where both go up by one.
type runs []run

type run struct {
	seq uint64
	row uint32
}

// add notes that seq stands in row. It is ignored where it would not rise.
func (r *runs) add(seq uint64, row int) {
	if n := len(*r); n > 0 {
		last := (*r)[n-1]
		if seq <= last.seq || seq == last.seq+uint64(row)-uint64(last.row) {
			return
		}
	}
	*r = append(*r, run{seq, uint32(row)})
}

// row returns where seq stands, if it does at all, and total rows exist.
func (r runs) row(seq uint64, total int) (int, bool) {
	i := sort.Search(len(r), func(i int) bool { return r[i].seq > seq }) - 1
	if i < 0 {
		return 0, false
	}
	if seq-r[i].seq >= uint64(total) {
		return 0, false
	}
	row := int(seq-r[i].seq) + int(r[i].row)
	end := total
	if i+1 < len(r) {
		end = int(r[i+1].row)
	}
	return row, row < end
}

// seq returns the number of a row.
func (r runs) seq(row int) uint64 {
	i := sort.Search(len(r), func(i int) bool { return int(r[i].row) > row }) - 1
	if i < 0 {
		return 0
	}
	return r[i].seq + uint64(row-int(r[i].row))
}
