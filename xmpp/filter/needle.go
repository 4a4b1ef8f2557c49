package filter

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"
)

// needle is text to be found regardless of case: each letter as its small or
// its capital one. A letter whose capital has another length in UTF-8, or that is
// of a third case, is sought as written.
//
// Two of its bytes, the rarest in XMPP, are looked for in eight places at a
// time, so that the time does not depend on how common its letters are.
type needle struct {
	low, high []byte // in small letters and in capitals, of one length
	a, b      anchor // b only if the needle has more than one byte
}

// anchor is a byte of the needle at offset at: c|mask == value in both cases.
type anchor struct {
	at          int
	mask, value byte
	wide, want  uint64 // mask and value, eight times
}

const everyByte = 0x0101010101010101

func newNeedle(text string) needle {
	var n needle
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		low, high := []byte(text[:size]), []byte(text[:size])
		if l, h := unicode.ToLower(r), unicode.ToUpper(r); (r == l || r == h) && utf8.RuneLen(l) == size && utf8.RuneLen(h) == size {
			low, high = utf8.AppendRune(nil, l), utf8.AppendRune(nil, h)
		}
		n.low, n.high = append(n.low, low...), append(n.high, high...)
		text = text[size:]
	}
	first := n.rarest(-1)
	n.a = n.anchor(first)
	n.b = n.anchor(n.rarest(first))
	return n
}

// rarest returns the offset of the byte that XMPP holds least of, but for one.
func (n *needle) rarest(but int) int {
	best := max(but, 0)
	for i, c := range n.low {
		if i != but && (best == but || rarity(c) > rarity(n.low[best])) {
			best = i
		}
	}
	return best
}

func (n *needle) anchor(at int) anchor {
	if len(n.low) == 0 {
		return anchor{}
	}
	mask := n.low[at] ^ n.high[at]
	value := n.low[at] | mask
	return anchor{at, mask, value, uint64(mask) * everyByte, uint64(value) * everyByte}
}

// rarity grades bytes by how seldom they stand in XMPP.
func rarity(c byte) int {
	switch {
	case bytes.IndexByte([]byte(" esnatirom/<>='\""), c) >= 0:
		return 0
	case bytes.IndexByte([]byte("clpdhubjg.:-"), c) >= 0:
		return 1
	case c >= 'a' && c <= 'z':
		return 2
	}
	return 3
}

// index returns where in p, not before from, the needle first stands, or -1.
func (n *needle) index(p []byte, from int) int {
	if len(n.low) == 0 {
		return from
	}
	last := len(p) - len(n.low) // the last place where it may begin
	i := from
	for ; i+7 <= last; i += 8 {
		x := (binary.LittleEndian.Uint64(p[i+n.a.at:]) | n.a.wide) ^ n.a.want
		y := (binary.LittleEndian.Uint64(p[i+n.b.at:]) | n.b.wide) ^ n.b.want
		x |= y // a byte is zero where both anchors stand
		for hits := (x - everyByte) &^ x & (everyByte << 7); hits != 0; hits &= hits - 1 {
			if at := i + bits.TrailingZeros64(hits)/8; n.begins(p[at:]) {
				return at
			}
		}
	}
	for ; i <= last; i++ {
		if n.begins(p[i:]) {
			return i
		}
	}
	return -1
}

// begins reports whether p begins with the needle.
func (n *needle) begins(p []byte) bool {
	if len(p) < len(n.low) {
		return false
	}
	for i := 0; i < len(n.low); i++ {
		if p[i] == n.low[i] {
			if n.low[i] < utf8.RuneSelf {
				continue
			}
		} else if p[i] != n.high[i] {
			return false
		}
		if n.low[i] < utf8.RuneSelf {
			continue
		}
		// Both bytes of a letter must be of one case.
		size := letterSize(n.low[i:])
		if !bytes.Equal(p[i:i+size], n.low[i:i+size]) && !bytes.Equal(p[i:i+size], n.high[i:i+size]) {
			return false
		}
		i += size - 1
	}
	return true
}

// letterSize is the length of the letter at the start of p: 1 if it is none.
func letterSize(p []byte) int {
	_, size := utf8.DecodeRune(p)
	return size
}
