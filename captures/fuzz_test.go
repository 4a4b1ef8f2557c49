package captures

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"xmppscope/xmpp/trace"
)

// seeds are a small capture, and pieces of it.
func seeds(f *testing.F) [][]byte {
	name := filepath.Join(f.TempDir(), "a.pcapng")
	note := &trace.Note{Topic: trace.TopicTLS, Text: "a\nb", Facts: []trace.Fact{{Key: "version", Value: "TLS 1.3"}}}
	part := spoken(5)
	part.Kind = trace.Unfinished
	whole := spoken(10)
	whole.Known = len(part.Frame.Raw)
	r, _ := recordTo(f, RecorderOptions{Name: name}, trace.Event{Time: epoch, Session: 1}, spoken(20), part, whole,
		trace.Event{Time: epoch, Session: 1, Kind: trace.Noted, Note: note})
	closeRecorder(f, r)
	b, err := os.ReadFile(name)
	if err != nil {
		f.Fatal(err)
	}
	// An event in two packets, smaller than those that are written so.
	flow := newFlow(0, netip.MustParseAddrPort("[::1]:1"), netip.MustParseAddrPort("[::1]:2"), 7)
	for i, comment := range []string{"seq=9\nsession=1\nlength=6", "seq=9\nsession=1\npart=2"} {
		data := []byte("<a/>b\n"[3*i:][:3])
		b = appendPacket(b, 0, 1, flow.header(nil, trace.FromReceiver, flagACK, data), data, []byte(comment))
	}
	return [][]byte{b, b[:len(b)-7], b[len(b)/2&^3:]}
}

// FuzzOpen: a file may hold anything; every row that is found can be asked
// for.
func FuzzOpen(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, content []byte) { lookAt(t, content) })
}

// FuzzNext is the reader without files and goroutines, so that many inputs
// can be tried: sizes never lead out of the input, and no event has more
// bytes than it.
func FuzzNext(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		var r record
		for len(p) > 0 {
			what, size, err := next(p, &r)
			if err != nil {
				if err == errShort && size <= len(p) {
					t.Fatalf("%d bytes are too short for %d", len(p), size)
				}
				return
			}
			if size <= 0 || size > len(p) || len(r.event.Frame.Raw) > len(p) {
				t.Fatalf("a block of %d bytes, a frame of %d, in %d", size, len(r.event.Frame.Raw), len(p))
			}
			if what == pieceSection {
				b, _ := nextBlock(p)
				parseSection(b.body)
			}
			if what == pieceEvent {
				again(t, r)
			}
			p = p[size:]
		}
	})
}

// again writes the comment of an event that was read, and reads it anew.
func again(t *testing.T, r record) {
	t.Helper()
	var second record
	text := r.comment(nil)
	if _, readable := parseComment(endOptions(appendComments(nil, text)), &second); !readable {
		t.Fatalf("%q cannot be read", text)
	}
	if third := second.comment(nil); !slices.Equal(third, text) {
		t.Fatalf("%q is read as %q", text, third)
	}
}
