package captures

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xmppscope/xmpp"
)

// FormatVersion is the version of the capture format that this package
// writes, and the newest that it reads; see docs/capture-format.md.
const FormatVersion = 1

// captureID tells captures apart: the files of one recording, and the
// sections that later recordings appended to them, have the same.
type captureID [8]byte

// sectionComment is what our section headers say of themselves.
func sectionComment(id captureID) string {
	return fmt.Sprintf("xmppscope-format=%d\ncapture=%x", FormatVersion, id)
}

// parseSection reads a section header's body.
func parseSection(body []byte) (id captureID, err error) {
	if len(body) < 16 {
		return id, errDamaged
	}
	switch le.Uint32(body) {
	case byteOrderMagic:
	case 0x4D3C2B1A:
		return id, errForeign // big endian, which we never write
	default:
		return id, errDamaged
	}
	err = errForeign
	eachOption(body[16:], func(code uint16, text []byte) bool {
		if code != optComment {
			return true
		}
		for line := range bytes.SplitSeq(text, []byte{'\n'}) {
			key, v, _ := bytes.Cut(line, []byte{'='})
			switch string(key) {
			case "xmppscope-format":
				version, e := strconv.Atoi(string(v))
				switch {
				case e != nil || version < 1:
					err = errDamaged
				case version > FormatVersion:
					err = &VersionError{Version: version}
				default:
					err = nil
				}
			case "capture":
				if len(v) != 2*len(id) {
					return true
				}
				hex.Decode(id[:], v)
			}
		}
		return err != nil
	})
	return id, err
}

// VersionError says that a capture was written by a newer xmppscope.
type VersionError struct{ Version int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("written in format %d, newer than format %d that this xmppscope reads", e.Version, FormatVersion)
}

// piece is what next found at the start of a buffer.
type piece uint8

const (
	pieceOther   piece = iota // a block that holds no event of ours
	pieceSection              // a section header
	pieceEvent
	pieceOdd // an event of ours that cannot be read: its comment is damaged, or parts are missing
)

// next reads the block at the start of p, and those after it that belong to
// the same event, into r. r.event.Frame.Raw aliases p, unless several packets
// had to be joined, and holds only what these packets carry. size is how many
// bytes of p that was; with errShort, how many it takes at least.
func next(p []byte, r *record) (what piece, size int, err error) {
	b, err := nextBlock(p)
	if err != nil {
		return pieceOther, b.size, err
	}
	switch b.kind {
	case blockSection:
		return pieceSection, b.size, nil
	case blockPacket:
	default:
		return pieceOther, b.size, nil
	}
	packet, ok := parsePacket(b.body)
	if !ok {
		return pieceOther, b.size, errDamaged
	}
	ours, readable := parseComment(packet.options, r)
	r.event.Time = time.Unix(0, int64(packet.stamp)).UTC()
	if !ours || r.part > 0 {
		return pieceOther, b.size, nil
	}
	data, ok := payload(packet.data)
	if !ok || !readable {
		return pieceOdd, b.size, nil
	}
	r.event.Frame.Raw = data
	if r.continues != 0 {
		r.missing = r.event.Known
	}
	size = b.size
	if r.many {
		size, err = join(p, b.size, r)
	} else {
		r.length = len(data)
	}
	if errors.Is(err, errParts) {
		return pieceOdd, b.size, nil
	}
	if err == nil && r.missing == 0 {
		r.doubt()
	}
	return pieceEvent, size, err
}

// doubt makes a frame raw that cannot be what its comment calls it: a file may
// have been made by anyone, and who reads markup relies on its first byte.
func (r *record) doubt() {
	f := &r.event.Frame
	if f.Kind != xmpp.KindSpace && !bytes.HasPrefix(f.Raw, []byte("<")) {
		f.Kind = xmpp.KindRaw
	}
}

var errParts = errors.New("parts of an event are missing")

// join adds the payloads of the packets that follow at p[size:] until the
// event has the length that its first packet gives.
func join(p []byte, size int, r *record) (int, error) {
	need := size + r.length - len(r.event.Frame.Raw)
	if len(p) < need {
		return need, errShort
	}
	whole := make([]byte, 0, r.length)
	whole = append(whole, r.event.Frame.Raw...)
	var more record
	for part := 2; len(whole) < r.length; part++ {
		b, err := nextBlock(p[size:])
		if err != nil {
			return size + b.size, err
		}
		if b.kind != blockPacket {
			return size, errParts
		}
		packet, ok := parsePacket(b.body)
		if !ok {
			return size, errDamaged
		}
		_, readable := parseComment(packet.options, &more)
		data, ok := payload(packet.data)
		if !ok || !readable || more.part != part || more.event.Seq != r.event.Seq || len(whole)+len(data) > r.length {
			return size, errParts
		}
		whole = append(whole, data...)
		size += b.size
	}
	r.event.Frame.Raw = whole
	return size, nil
}

// maxChain bounds the Unfinished events that one frame may be spread over.
const maxChain = 10_000

// fill gives r the leading bytes that it lacks. find reads the event of a
// number, as next does.
func (r *record) fill(find func(seq uint64) (record, error)) error {
	if r.missing == 0 {
		return nil
	}
	parts := [][]byte{r.event.Frame.Raw}
	size, at := len(r.event.Frame.Raw), *r
	for len(parts) < maxChain && at.missing > 0 {
		if at.continues >= at.event.Seq {
			return errParts
		}
		before, err := find(at.continues)
		if err != nil {
			return err
		}
		if before.missing+len(before.event.Frame.Raw) != at.missing || before.event.Session != at.event.Session {
			return errParts
		}
		at = before
		parts = append(parts, at.event.Frame.Raw)
		size += len(at.event.Frame.Raw)
	}
	if at.missing > 0 {
		return errParts
	}
	whole := make([]byte, 0, size)
	for _, p := range slices.Backward(parts) {
		whole = append(whole, p...)
	}
	r.event.Frame.Raw, r.missing = whole, 0
	r.doubt()
	return nil
}
