package captures

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The pcapng block layer, as far as our files need it: little endian, one
// link type, times in any decimal resolution.
//
// gopacket's pcapgo writes and reads the same blocks, but its reader gives no
// offsets, which an index is made of, and copies each packet and allocates
// each comment; its writer takes a packet in one piece. The tests use it, and
// tshark, as judges.

// Numbers of draft-ietf-opsawg-pcapng.
const (
	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockPacket    = 6

	byteOrderMagic = 0x1A2B3C4D
	linkRaw        = 101 // LINKTYPE_RAW: an IPv4 or IPv6 header comes first

	optEnd         = 0
	optComment     = 1
	optUserAppl    = 4 // of a section
	optIfName      = 2 // of an interface
	optIfDescr     = 3
	optIfResol     = 9
	blockOverhead  = 12
	packetOverhead = 20
	maxBlock       = 16 << 20 // longer ones are not ours, or damaged
)

var le = binary.LittleEndian

// openBlock begins a block; closeBlock fills in its length, given where it began.
func openBlock(out []byte, kind uint32) []byte {
	out = le.AppendUint32(out, kind)
	return le.AppendUint32(out, 0)
}

func closeBlock(out []byte, start int) []byte {
	n := uint32(len(out) - start + 4)
	le.PutUint32(out[start+4:], n)
	return le.AppendUint32(out, n)
}

func appendOption(out []byte, code uint16, value []byte) []byte {
	out = le.AppendUint16(out, code)
	out = le.AppendUint16(out, uint16(len(value)))
	pad := -len(value) & 3
	out = append(out, value...)
	return append(out, make([]byte, pad)...)
}

func endOptions(out []byte) []byte { return le.AppendUint32(out, optEnd) }

// appendSection appends a section header and our two interfaces.
func appendSection(out []byte, comment string) []byte {
	start := len(out)
	out = openBlock(out, blockSection)
	out = le.AppendUint32(out, byteOrderMagic)
	out = le.AppendUint16(out, 1)
	out = le.AppendUint16(out, 0)
	out = le.AppendUint64(out, 1<<64-1) // length of the section: not given
	out = appendOption(out, optComment, []byte(comment))
	out = appendOption(out, optUserAppl, []byte("xmppscope"))
	out = closeBlock(endOptions(out), start)
	out = appendInterface(out, "end-to-end", "what the receiver got")
	return appendInterface(out, "one-leg", "what one connection alone carried, with synthetic client addresses")
}

func appendInterface(out []byte, name, descr string) []byte {
	start := len(out)
	out = openBlock(out, blockInterface)
	out = le.AppendUint16(out, linkRaw)
	out = le.AppendUint16(out, 0)
	out = le.AppendUint32(out, 0) // no snap length
	out = appendOption(out, optIfName, []byte(name))
	out = appendOption(out, optIfDescr, []byte(descr))
	out = appendOption(out, optIfResol, []byte{9})
	return closeBlock(endOptions(out), start)
}

// appendPacket appends an enhanced packet block: header and payload are the
// packet, comments its comment options (see appendComments).
func appendPacket(out []byte, iface uint32, nanos int64, header, payload, comment []byte) []byte {
	start := len(out)
	out = openBlock(out, blockPacket)
	out = le.AppendUint32(out, iface)
	out = le.AppendUint32(out, uint32(uint64(nanos)>>32))
	out = le.AppendUint32(out, uint32(nanos))
	n := uint32(len(header) + len(payload))
	out = le.AppendUint32(out, n)
	out = le.AppendUint32(out, n)
	out = append(out, header...)
	out = append(out, payload...)
	out = append(out, make([]byte, -n&3)...)
	if len(comment) > 0 {
		out = endOptions(appendComments(out, comment))
	}
	return closeBlock(out, start)
}

// appendComments appends lines as comment options, as many as their length
// asks for. No line is longer than maxLine, and none is split.
func appendComments(out, lines []byte) []byte {
	for len(lines) > maxOption {
		cut := bytes.LastIndexByte(lines[:maxOption], '\n')
		out = appendOption(out, optComment, lines[:cut])
		lines = lines[cut+1:]
	}
	return appendOption(out, optComment, lines)
}

const maxOption = 60_000

// Errors of the block layer. errShort says that the bytes end inside a block.
var (
	errShort   = errors.New("ends inside a block")
	errDamaged = errors.New("not a pcapng block")
	errForeign = errors.New("not written by xmppscope")
)

// block is one block, aliasing the buffer that it was read from.
type block struct {
	kind uint32
	body []byte
	size int // with type and both lengths
}

// nextBlock reads the block at the start of p. With errShort, size is how
// many bytes it needs, as far as known.
func nextBlock(p []byte) (block, error) {
	if len(p) < 8 {
		return block{size: blockOverhead}, errShort
	}
	b := block{kind: le.Uint32(p), size: int(le.Uint32(p[4:]))}
	if b.size < blockOverhead || b.size%4 != 0 || b.size > maxBlock {
		return b, errDamaged
	}
	if len(p) < b.size {
		return b, errShort
	}
	if int(le.Uint32(p[b.size-4:])) != b.size {
		return b, errDamaged
	}
	b.body = p[8 : b.size-4]
	return b, nil
}

// eachOption calls visit for every option in p until visit returns false.
// What is malformed ends the list.
func eachOption(p []byte, visit func(code uint16, value []byte) bool) {
	for len(p) >= 4 {
		code, n := le.Uint16(p), int(le.Uint16(p[2:]))
		end := 4 + n + (-n & 3)
		if code == optEnd || end > len(p) || !visit(code, p[4:4+n]) {
			return
		}
		p = p[end:]
	}
}

// packetBlock is the content of an enhanced packet block.
type packetBlock struct {
	iface   uint32
	stamp   uint64
	data    []byte
	options []byte
}

func parsePacket(body []byte) (packetBlock, bool) {
	if len(body) < packetOverhead {
		return packetBlock{}, false
	}
	n := int(le.Uint32(body[12:]))
	end := packetOverhead + n + (-n & 3)
	if n < 0 || end < 0 || end > len(body) {
		return packetBlock{}, false
	}
	return packetBlock{
		iface:   le.Uint32(body),
		stamp:   uint64(le.Uint32(body[4:]))<<32 | uint64(le.Uint32(body[8:])),
		data:    body[packetOverhead : packetOverhead+n],
		options: body[end:],
	}, true
}

// payload returns what follows the IP and TCP headers of a raw IP packet.
func payload(p []byte) ([]byte, bool) {
	if len(p) == 0 {
		return nil, false
	}
	tcp, proto := 40, byte(0)
	switch {
	case p[0]>>4 == 4 && len(p) >= 20:
		tcp, proto = int(p[0]&15)*4, p[9]
	case p[0]>>4 == 6 && len(p) >= 40:
		proto = p[6]
	}
	if proto != protoTCP || tcp < 20 || len(p) < tcp+20 {
		return nil, false
	}
	data := tcp + int(p[tcp+12]>>4)*4
	if data < tcp+20 || data > len(p) {
		return nil, false
	}
	return p[data:], true
}
