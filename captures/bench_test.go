package captures

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// stanzaMix is what one session says: requests and replies, presence and
// messages, 460 bytes on average.
func stanzaMix(i int) (trace.Direction, string) {
	me, peer := fmt.Sprintf("romeo%d@montague.example/orchard", i/1000%20), fmt.Sprintf("juliet%d@capulet.example/balcony", i%50)
	switch i % 5 {
	case 0:
		return trace.FromInitiator, fmt.Sprintf("<iq type='get' id='q%d' to='conference.example'><query xmlns='http://jabber.org/protocol/disco#items' node='%0150d'/></iq>", i, i)
	case 1:
		return trace.FromReceiver, fmt.Sprintf("<iq type='result' id='q%d' from='conference.example' to='%s'><query xmlns='http://jabber.org/protocol/disco#items'>%s</query></iq>", i-1, me,
			bytes.Repeat([]byte("<item jid='room@conference.example' name='A room'/>"), 13))
	case 2:
		return trace.FromReceiver, fmt.Sprintf("<presence from='%s' to='%s'><show>dnd</show><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://example.org' ver='%040d'/><x xmlns='vcard-temp:x:update'><photo>%040d</photo></x></presence>", peer, me, i, i)
	default:
		return trace.Direction(i & 1), fmt.Sprintf("<message from='%s' to='%s' type='chat' id='m%d'><body>%s</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/></message>", peer, me, i,
			"But soft, what light through yonder window breaks? It is the east, and Juliet is the sun. Arise, fair sun, and kill the envious moon, who is already sick and pale with grief that thou her maid art far more fair than she.")
	}
}

const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='montague.example' version='1.0'>"

// generate records n stanzas of 20 sessions.
func generate(tb testing.TB, name string, n int) {
	tb.Helper()
	r, err := NewRecorder(RecorderOptions{Name: name})
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Store().Close()
	ctx := context.Background()
	put := func(events ...trace.Event) {
		if _, err := r.Record(ctx, events...); err != nil {
			tb.Fatal(err)
		}
	}
	const sessions = 20
	for id := trace.SessionID(1); id <= sessions; id++ {
		put(trace.Event{Time: epoch, Session: id, Kind: trace.Opened})
		for d := range trace.Direction(2) {
			put(trace.Event{Time: epoch, Session: id, Kind: trace.Framed, Dir: d, Frame: xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(header)}})
		}
	}
	var events []trace.Event
	for i := range n {
		dir, text := stanzaMix(i)
		events = append(events, trace.Event{
			Time: epoch.Add(time.Duration(i) * time.Microsecond), Session: trace.SessionID(i/5%sessions + 1), Kind: trace.Framed, Dir: dir,
			Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(text), Offset: int64(i) * 460},
		})
		if len(events) == 500 {
			put(events...)
			events = nil
		}
	}
	put(events...)
	if err := r.Close(ctx); err != nil {
		tb.Fatal(err)
	}
}

const million = 1_000_000

// bigCapture is a capture of a million stanzas.
func bigCapture(b *testing.B) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "million.pcapng")
	generate(b, name, million)
	debug.FreeOSMemory()
	return name
}

// BenchmarkIndex opens a capture of a million stanzas. Goals: the first rows
// within 0.2 s, all within 1 s, at most 80 MiB in all.
func BenchmarkIndex(b *testing.B) {
	name := bigCapture(b)
	for b.Loop() {
		start := time.Now()
		s, err := Open(context.Background(), []string{name}, OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Wait(context.Background(), 50); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), "s/first-rows")
		finish(b, s)
		b.ReportMetric(time.Since(start).Seconds()*million/float64(s.Len()), "s/million")
		s.Close()
	}
	b.ReportMetric(peak(b, name), "MiB-peak")
}

// peak is the most memory that a process takes which opens a capture and
// reads it to its end.
func peak(b *testing.B, name string) float64 {
	child := exec.Command(os.Args[0], "-test.run=^TestOpenAlone$")
	child.Env = append(os.Environ(), openAlone+"="+name)
	out, err := child.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var kib float64
	if _, after, found := strings.Cut(string(out), "VmHWM:"); found {
		fmt.Sscan(after, &kib)
	}
	return kib / 1024
}

const openAlone = "XMPPSCOPE_OPEN_ALONE"

// TestOpenAlone is the other process of peak.
func TestOpenAlone(t *testing.T) {
	name := os.Getenv(openAlone)
	if name == "" {
		t.Skip("run by BenchmarkIndex")
	}
	if s := open(t, name); s.Len() < million {
		t.Errorf("%d rows", s.Len())
	}
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		fmt.Printf("%s", status)
	}
}

// nowhere is a file that takes everything.
type nowhere struct{ memory }

func (*nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }

// BenchmarkWriter is what the writer's goroutine does with one stanza, without
// the system's part.
func BenchmarkWriter(b *testing.B) {
	w := &writer{encoder: newEncoder(), store: newStore()}
	w.use(opened{file: new(nowhere)})
	batch := []trace.Event{{Time: epoch, Session: 1, Kind: trace.Opened}}
	for d := range trace.Direction(2) {
		batch = append(batch, trace.Event{Time: epoch, Session: 1, Kind: trace.Framed, Dir: d, Frame: xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(header)}})
	}
	w.batch(batch)
	for i := 3; len(batch) < 100; i += 5 {
		_, text := stanzaMix(i % 1000)
		batch = append(batch, trace.Event{Time: epoch, Session: 1, Kind: trace.Framed, Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(text)}})
	}
	batch = batch[3:]
	stanzas := 0
	for b.Loop() {
		w.batch(batch)
		stanzas += len(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(stanzas), "ns/stanza")
}

// BenchmarkRecord writes stanzas one by one.
func BenchmarkRecord(b *testing.B) {
	r, err := NewRecorder(RecorderOptions{Name: filepath.Join(b.TempDir(), "c.pcapng")})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Store().Close()
	_, text := stanzaMix(3)
	frame := xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(text)}
	b.SetBytes(int64(len(text)))
	for i := 0; b.Loop(); i++ {
		if _, err := r.Record(context.Background(), trace.Event{Time: epoch, Session: 1, Kind: trace.Framed, Frame: frame}); err != nil {
			b.Fatal(err)
		}
	}
	closeRecorder(b, r)
}
