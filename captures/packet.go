package captures

import (
	"encoding/binary"
	"math/bits"
	"net/netip"

	"xmppscope/xmpp/trace"
)

const (
	protoTCP    = 6
	serverPort  = 5222   // the only one whose packets Wireshark decodes as XMPP
	segmentSize = 60_000 // bytes of one packet at most: both IP versions hold 65,535

	flagFIN = 1 << 0
	flagSYN = 1 << 1
	flagRST = 1 << 2
	flagPSH = 1 << 3
	flagACK = 1 << 4
)

// flow is one synthetic TCP connection of the capture.
type flow struct {
	iface uint32
	ends  [2]netip.AddrPort // initiator, receiver; of one IP version
	next  [2]uint32         // sequence number of the next byte from each end
	ended [2]bool           // FIN or RST sent
	id    uint16            // of the next IPv4 packet
}

// newFlow returns a flow from client to server on port 5222. An address that
// is not valid is replaced by the synthetic one; an IPv4 address that meets
// an IPv6 one is mapped. isn seeds the sequence numbers.
func newFlow(iface uint32, client, server netip.AddrPort, isn uint64) *flow {
	c, s := client.Addr().Unmap(), server.Addr().Unmap()
	if c.Is6() != s.Is6() {
		c, s = netip.AddrFrom16(c.As16()), netip.AddrFrom16(s.As16())
	}
	return &flow{
		iface: iface,
		ends:  [2]netip.AddrPort{netip.AddrPortFrom(c, client.Port()), netip.AddrPortFrom(s, serverPort)},
		next:  [2]uint32{uint32(isn), uint32(isn >> 32)},
	}
}

// header appends the IP and TCP headers of a packet that carries payload.
func (f *flow) header(out []byte, dir trace.Direction, flags byte, payload []byte) []byte {
	src, dst := f.ends[dir], f.ends[1-dir]
	tcp := 20
	if flags&flagSYN != 0 {
		tcp += len(synOptions())
	}
	size := tcp + len(payload)
	var sum uint64
	if src.Addr().Is4() {
		out = f.header4(out, src.Addr().As4(), dst.Addr().As4(), size)
		sum = addWords(0, out[len(out)-8:])
	} else {
		out = header6(out, src.Addr().As16(), dst.Addr().As16(), size)
		sum = addWords(0, out[len(out)-32:])
	}
	start := len(out)
	be := binary.BigEndian
	out = be.AppendUint16(out, src.Port())
	out = be.AppendUint16(out, dst.Port())
	out = be.AppendUint32(out, f.next[dir])
	if flags&flagACK != 0 {
		out = be.AppendUint32(out, f.next[1-dir])
	} else {
		out = be.AppendUint32(out, 0)
	}
	out = append(out, byte(tcp/4)<<4, flags)
	out = be.AppendUint16(out, 65535)
	out = be.AppendUint32(out, 0) // checksum, urgent pointer
	if flags&flagSYN != 0 {
		out = append(out, synOptions()...)
	}
	sum = addWords(sum, out[start:])
	pseudo := [4]byte{0, protoTCP, byte(size >> 8), byte(size)}
	sum = addWords(addWords(sum, pseudo[:]), payload)
	be.PutUint16(out[start+16:], checksum(sum))
	return out
}

// synOptions: maximum segment size, no-operation, window scale 14, lest
// Wireshark warn of full windows.
func synOptions() []byte { return []byte{2, 4, segmentSize >> 8, segmentSize & 255, 1, 3, 3, 14} }

func (f *flow) header4(out []byte, src, dst [4]byte, size int) []byte {
	start := len(out)
	be := binary.BigEndian
	out = append(out, 4<<4|5, 0)
	out = be.AppendUint16(out, uint16(20+size))
	out = be.AppendUint16(out, f.id)
	f.id++
	out = append(out, 0x40, 0, 64, protoTCP, 0, 0) // do not fragment; 64 hops
	out = append(out, src[:]...)
	out = append(out, dst[:]...)
	be.PutUint16(out[start+10:], checksum(addWords(0, out[start:])))
	return out
}

func header6(out []byte, src, dst [16]byte, size int) []byte {
	out = append(out, 6<<4, 0, 0, 0)
	out = binary.BigEndian.AppendUint16(out, uint16(size))
	out = append(out, protoTCP, 64)
	out = append(out, src[:]...)
	return append(out, dst[:]...)
}

// advance counts what a packet with these flags and n bytes used up of the
// sequence numbers.
func (f *flow) advance(dir trace.Direction, flags byte, n int) {
	f.next[dir] += uint32(n)
	if flags&(flagSYN|flagFIN) != 0 {
		f.next[dir]++
	}
	if flags&(flagFIN|flagRST) != 0 {
		f.ended[dir] = true
	}
}

// addWords adds p, as big-endian 16-bit words, to a sum of the Internet
// checksum (RFC 1071), eight bytes at a time: words of any width may be
// added, as long as carries come round.
func addWords(sum uint64, p []byte) uint64 {
	var carry uint64
	for ; len(p) >= 64; p = p[64:] { // one chain of additions with carry
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[0:8]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[8:16]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[16:24]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[24:32]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[32:40]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[40:48]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[48:56]), carry)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p[56:64]), carry)
	}
	for ; len(p) >= 8; p = p[8:] {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p), carry)
	}
	if len(p) > 0 {
		var rest [8]byte
		copy(rest[:], p)
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(rest[:]), carry)
	}
	sum, carry = bits.Add64(sum, 0, carry)
	return sum + carry
}

// checksum folds a sum into the 16 bits that a header holds.
func checksum(sum uint64) uint16 {
	for sum>>16 != 0 {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
