package captures

import (
	"errors"
	"io"
)

// errMiddle says that a file is cut short where it does not end.
var errMiddle = errors.New("a block is cut short, and yet events follow")

const (
	seekSize  = 256 << 10
	plainSize = 128 << 10 // of a packet block, with all but the longest notes
	maxDoubts = 1000
)

// eventBehind reports whether a whole event of ours begins between from and
// to: then what comes before it is damaged rather than a torn end, which is
// the beginning of one event. A file with very much that only looks like one
// counts as such.
func eventBehind(file io.ReaderAt, from, to int64) (bool, error) {
	buf := make([]byte, seekSize)
	doubts := 0
	for to-from >= packetOverhead+blockOverhead {
		n, err := file.ReadAt(buf[:min(seekSize, to-from)], from)
		if err != nil && !errors.Is(err, io.EOF) || n < 8 {
			return false, err
		}
		for i := 0; i+8 <= n; i += 4 { // blocks stand at multiples of four
			size := int64(le.Uint32(buf[i+4:]))
			if le.Uint32(buf[i:]) != blockPacket || size > min(plainSize, to-from-int64(i)) {
				continue
			}
			block := make([]byte, size)
			if _, err := file.ReadAt(block, from+int64(i)); err != nil {
				return false, err
			}
			var r record
			what, _, err := next(block, &r)
			if doubts++; err == nil && what == pieceEvent || r.many || doubts == maxDoubts {
				return true, nil
			}
		}
		from += int64(n-4) &^ 3
	}
	return false, nil
}
