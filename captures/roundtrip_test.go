package captures

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// record records events into name and returns what they became: numbered.
func recordTo(t testing.TB, opts RecorderOptions, events ...trace.Event) (*Recorder, []trace.Event) {
	t.Helper()
	r, err := NewRecorder(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.Background()); r.Store().Close() })
	first, err := r.Record(context.Background(), events...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range events {
		events[i].Seq = first + uint64(i)
	}
	return r, events
}

func closeRecorder(t testing.TB, r *Recorder) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := r.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// open opens files and waits until they are indexed.
func open(t testing.TB, names ...string) *Store {
	t.Helper()
	s, err := Open(context.Background(), names, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	finish(t, s)
	return s
}

func finish(t testing.TB, s *Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for n := 0; ; n = s.Len() {
		if err := s.Wait(ctx, n); err != nil {
			if ctx.Err() != nil {
				t.Fatal("indexing does not end")
			}
			return
		}
	}
}

// checkEvents compares all rows of s with what was recorded.
func checkEvents(t *testing.T, s *Store, want []trace.Event) {
	t.Helper()
	if s.Len() != len(want) {
		t.Fatalf("%d rows, want %d; %q", s.Len(), len(want), s.Progress().Remarks)
	}
	for i := range want {
		got, err := s.Event(i)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Frame.Raw, want[i].Frame.Raw) {
			t.Fatalf("row %d: %d bytes differ from the %d recorded (known %d)", i, len(got.Frame.Raw), len(want[i].Frame.Raw), got.Known)
		}
		if d := cmp.Diff(want[i], got, sameEvent()); d != "" {
			t.Fatalf("row %d (-recorded +read):\n%s", i, d)
		}
		e := s.Entry(i)
		if e.Size() != len(want[i].Frame.Raw) || e.Kind() != want[i].Kind || e.Dir() != want[i].Dir || e.Leg() != want[i].Leg ||
			e.Origin() != want[i].Origin || e.Frame() != want[i].Frame.Kind || e.Flaw() != want[i].Frame.Flaw {
			t.Fatalf("row %d: entry %+v of %+v", i, e, want[i])
		}
	}
}

func sameEvent() cmp.Option {
	return cmp.Options{
		cmpopts.IgnoreFields(xmpp.Frame{}, "Raw"),
		cmpopts.EquateComparable(netip.AddrPort{}),
		cmpopts.EquateEmpty(),
	}
}

// randomEvents is a plausible jumble: sessions come and go, frames of any
// kind and size on any leg, notes with odd text.
func randomEvents(rnd *rand.Rand, n int) []trace.Event {
	type open struct {
		id     trace.SessionID
		offset [3][2]int64
		known  [3][2][]byte
	}
	var alive []*open
	var events []trace.Event
	last := trace.SessionID(0)
	add := func(ev trace.Event) {
		ev.Time = epoch.Add(time.Duration(len(events)) * time.Microsecond)
		if rnd.IntN(8) == 0 {
			ev.Note = randomNote(rnd)
		}
		if len(events) > 0 && rnd.IntN(20) == 0 {
			ev.Replaces = uint64(rnd.IntN(len(events))) + 1
		}
		events = append(events, ev)
	}
	for len(events) < n {
		if len(alive) == 0 || rnd.IntN(20) == 0 {
			last++
			alive = append(alive, &open{id: last})
			add(trace.Event{Session: last, Kind: trace.Opened, Addr: randomAddr(rnd)})
			continue
		}
		k := rnd.IntN(len(alive))
		s := alive[k]
		ev := trace.Event{Session: s.id, Dir: trace.Direction(rnd.IntN(2)), Origin: trace.Origin(rnd.IntN(4)), Leg: trace.Leg(rnd.IntN(3))}
		switch rnd.IntN(20) {
		case 0:
			ev.Kind, ev.Addr = trace.Connected, randomAddr(rnd)
		case 1:
			ev.Kind, ev.Note = trace.Noted, randomNote(rnd)
		case 2:
			ev.Kind = trace.Ended
		case 3:
			ev.Kind = trace.Closed
			alive = append(alive[:k], alive[k+1:]...)
		default:
			known := s.known[ev.Leg][ev.Dir]
			ev.Kind = trace.Framed
			ev.Frame = randomFrame(rnd)
			ev.Frame.Raw = append(bytes.Clone(known), ev.Frame.Raw...)
			if len(known) > 0 && known[0] != '<' {
				ev.Frame.Kind = xmpp.KindRaw
			}
			ev.Frame.Offset = s.offset[ev.Leg][ev.Dir]
			ev.Known = len(known)
			s.known[ev.Leg][ev.Dir] = nil
			if rnd.IntN(6) > 0 {
				s.offset[ev.Leg][ev.Dir] += int64(len(ev.Frame.Raw))
				break
			}
			ev.Kind, ev.Frame.Kind, ev.Frame.Flaw = trace.Unfinished, xmpp.KindRaw, xmpp.FlawUnfinished
			s.known[ev.Leg][ev.Dir] = ev.Frame.Raw
		}
		add(ev)
	}
	return events
}

func randomFrame(rnd *rand.Rand) xmpp.Frame {
	switch rnd.IntN(6) {
	case 0:
		f := xmpp.Frame{Kind: xmpp.Kind(rnd.IntN(6)), Raw: []byte("<a/>")}
		if f.Kind == xmpp.KindRaw {
			f.Flaw = xmpp.Flaw(rnd.IntN(int(xmpp.FlawBOM) + 1))
		}
		return f
	case 1:
		raw := make([]byte, rnd.IntN(200_000))
		for i := range raw {
			raw[i] = byte(rnd.Uint32())
		}
		return xmpp.Frame{Kind: xmpp.KindRaw, Flaw: xmpp.FlawOversized, Raw: raw}
	case 2:
		return xmpp.Frame{Kind: xmpp.KindRaw}
	}
	text := fmt.Sprintf("<message to='u%d@example.org' id='%d'><body>%x</body></message>", rnd.IntN(50), rnd.IntN(1000), make([]byte, rnd.IntN(300)))
	return xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(text)}
}

func randomNote(rnd *rand.Rand) *trace.Note {
	n := &trace.Note{Topic: trace.Topic(oddText(rnd)), Severity: trace.Severity(rnd.IntN(3)), Text: oddText(rnd)}
	for range rnd.IntN(4) {
		n.Facts = append(n.Facts, trace.Fact{Key: oddText(rnd), Value: oddText(rnd)})
	}
	for i := range n.Facts {
		n.Facts[i].Key = n.Facts[i].Key[:min(len(n.Facts[i].Key), maxKey)]
	}
	return n
}

func oddText(rnd *rand.Rand) string {
	odd := []string{"", "plain words", "two\nlines\r\n", `back\slash \n \x41 \`, "a=b+=c", "\x00\xff\xfe\xc3\x28", "žluťoučký 🐎\u2028", "+", "\xed\xa0\x80"}
	s := odd[rnd.IntN(len(odd))] + odd[rnd.IntN(len(odd))]
	if rnd.IntN(40) == 0 {
		s = string(bytes.Repeat([]byte(s), 1+100_000/(len(s)+1)))
	}
	return s
}

func randomAddr(rnd *rand.Rand) netip.AddrPort {
	addrs := []string{"127.0.0.1", "::1", "2001:db8::7", "fe80::1%eth0", "::ffff:10.0.0.1", "192.0.2.55"}
	if rnd.IntN(6) == 0 {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(netip.MustParseAddr(addrs[rnd.IntN(len(addrs))]), uint16(rnd.Uint32()))
}

func TestRoundTrip(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			name := filepath.Join(t.TempDir(), "c.pcapng")
			r, events := recordTo(t, RecorderOptions{Name: name}, randomEvents(rnd, 400)...)
			closeRecorder(t, r)
			checkEvents(t, r.Store(), events)
			opened := open(t, name)
			checkEvents(t, opened, events)
			if remarks := opened.Progress().Remarks; len(remarks) > 0 {
				t.Error(remarks)
			}
			for i := range events {
				if a, b := r.Store().Entry(i), opened.Entry(i); a != b {
					t.Fatalf("row %d: live %+v, opened %+v", i, a, b)
				}
			}
			if d := cmp.Diff(r.Store().Sessions(), opened.Sessions(), cmpopts.EquateComparable(netip.AddrPort{}, xmpp.Login{})); d != "" {
				t.Error(d)
			}
			info, err := os.Stat(name)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestHugeFrame(t *testing.T) {
	raw := []byte("<message><body>" + strings.Repeat("0123456789", 64<<20/10) + "</body></message>")
	ev := trace.Event{Time: epoch, Session: 1, Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: raw}, Kind: trace.Framed}
	after := trace.Event{Time: epoch, Session: 1, Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte("<r/>"), Offset: int64(len(raw))}, Kind: trace.Framed}
	name := filepath.Join(t.TempDir(), "c.pcapng")
	r, events := recordTo(t, RecorderOptions{Name: name}, ev, after)
	closeRecorder(t, r)
	checkEvents(t, r.Store(), events)
	checkEvents(t, open(t, name), events)
}
