package inspect

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"xmppscope/captures"
	"xmppscope/xmpp"
	"xmppscope/xmpp/filter"
	"xmppscope/xmpp/trace"
)

// recording is a capture in the making.
type recording struct {
	t   testing.TB
	rec *captures.Recorder
	at  time.Time
}

func newRecording(t testing.TB, name string) *recording {
	rec, err := captures.NewRecorder(captures.RecorderOptions{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	r := &recording{t, rec, time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)}
	r.record(trace.Event{Kind: trace.Opened})
	return r
}

func (r *recording) record(events ...trace.Event) {
	for i := range events {
		events[i].Session, events[i].Time = 1, r.at
	}
	r.at = r.at.Add(time.Millisecond)
	if _, err := r.rec.Record(context.Background(), events...); err != nil {
		r.t.Fatal(err)
	}
}

// send records one element.
func (r *recording) send(dir trace.Direction, raw string) {
	r.record(trace.Event{Kind: trace.Framed, Dir: dir, Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(raw)}})
}

func (r *recording) close() {
	if err := r.rec.Close(context.Background()); err != nil {
		r.t.Error(err)
	}
	if err := r.rec.Store().Close(); err != nil {
		r.t.Error(err)
	}
}

// rowsOf waits until v has tested n rows and returns those that match.
func rowsOf(t testing.TB, v *View, n int) []int {
	t.Helper()
	for {
		tested, _ := v.Progress()
		if tested >= n {
			break
		}
		<-v.Changed(tested)
		if now, _ := v.Progress(); now == tested {
			t.Fatalf("the view ended after %d rows of %d", tested, n)
		}
	}
	rows := make([]int, v.Len())
	for i := range rows {
		rows[i] = v.Row(i)
	}
	return rows
}

func view(t testing.TB, s *captures.Store, expression string) *View {
	f, err := filter.Parse(expression)
	if err != nil {
		t.Fatal(err)
	}
	v := NewView(s, f)
	t.Cleanup(v.Close)
	return v
}

const (
	out = trace.FromInitiator
	in  = trace.FromReceiver
)

func TestViewFollowsACapture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecording(t, "")
		defer r.close()
		store := r.rec.Store()
		messages, all, body := view(t, store, "message"), view(t, store, ""), view(t, store, "body == two")
		r.send(out, "<message><body>one</body></message>")
		r.send(out, "<presence/>")
		r.send(in, "<message><body>two</body></message>")
		synctest.Wait()
		if got := rowsOf(t, messages, 4); !slices.Equal(got, []int{1, 3}) {
			t.Errorf("messages are %v", got)
		}
		if got := rowsOf(t, body, 4); !slices.Equal(got, []int{3}) {
			t.Errorf("by body: %v", got)
		}
		r.send(in, "<message/>")
		synctest.Wait()
		if got := rowsOf(t, messages, 5); !slices.Equal(got, []int{1, 3, 4}) {
			t.Errorf("after one more, messages are %v", got)
		}
		if all.Len() != 5 || all.Row(4) != 4 {
			t.Errorf("without a filter there are %d rows", all.Len())
		}
		for _, tc := range []struct {
			row, index int
			matches    bool
		}{{0, 0, false}, {1, 0, true}, {2, 1, false}, {3, 1, true}, {9, 3, false}} {
			if i, ok := messages.Index(tc.row); i != tc.index || ok != tc.matches {
				t.Errorf("row %d is kept as %d, %v", tc.row, i, ok)
			}
		}
	})
}

func TestViewLearnsOfReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecording(t, "")
		defer r.close()
		waiting := view(t, r.rec.Store(), "unanswered")
		answered := view(t, r.rec.Store(), "iq and get and not unanswered")
		r.send(out, "<iq type='get' id='a'><ping xmlns='urn:xmpp:ping'/></iq>")
		r.send(out, "<iq type='get' id='b'><ping xmlns='urn:xmpp:ping'/></iq>")
		synctest.Wait()
		if a, b := rowsOf(t, waiting, 3), rowsOf(t, answered, 3); !slices.Equal(a, []int{1, 2}) || len(b) > 0 {
			t.Errorf("before the reply: waiting %v, answered %v", a, b)
		}
		r.send(in, "<iq type='result' id='a'/>")
		synctest.Wait()
		if a, b := rowsOf(t, waiting, 4), rowsOf(t, answered, 4); !slices.Equal(a, []int{2}) || !slices.Equal(b, []int{1}) {
			t.Errorf("after the reply: waiting %v, answered %v", a, b)
		}
		if waiting.Row(1) != 2 {
			t.Error("a row that has left is not replaced by the last")
		}
	})
}

func TestViewEndsWithTheCapture(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	r := newRecording(t, name)
	for i := range 20_000 {
		r.send(out, fmt.Sprintf("<message id='m%d'><body>%d</body></message>", i, i%7))
	}
	r.close()
	store, err := captures.Open(context.Background(), []string{name}, captures.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	v := view(t, store, "body == 3 and not id == m3")
	<-v.done
	if tested, of := v.Progress(); tested != of || of < 20_000 {
		t.Errorf("the view ended after %d rows of %d", tested, of)
	}
	if v.Len() != 2856 || v.Row(0) != 11 {
		t.Errorf("%d rows match, from %d on", v.Len(), v.Row(0))
	}
	<-v.Changed(v.store.Len()) // is closed already
}

func TestViewFailsWithTheFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.pcapng")
	r := newRecording(t, name)
	r.send(out, "<message><body>one</body></message>")
	r.close()
	store, err := captures.Open(context.Background(), []string{name}, captures.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; store.Wait(context.Background(), n) == nil; n = store.Len() {
	}
	store.Close()
	v := view(t, store, "body == one")
	<-v.done
	if tested, of := v.Progress(); v.Err() == nil || tested != of {
		t.Errorf("after %d rows of %d, which cannot be read: %v", tested, of, v.Err())
	}
}

func TestViewIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecording(t, "")
		defer r.close()
		v := view(t, r.rec.Store(), "message")
		r.send(out, "<message/>")
		for tested, _ := v.Progress(); tested < 2; tested, _ = v.Progress() {
			<-v.Changed(tested)
		}
		v.Close()
		v.Close()
		r.send(out, "<message/>")
		synctest.Wait()
		if got := v.Len(); got != 1 {
			t.Errorf("%d rows after it was closed", got)
		}
		if tested, of := v.Progress(); tested != 2 || of != 2 {
			t.Errorf("a closed view has tested %d of %d", tested, of)
		}
	})
}

// millionRows is the size of the benchmarks' capture.
const millionRows = 1_000_000

func BenchmarkView(b *testing.B) {
	name := filepath.Join(b.TempDir(), "million.pcapng")
	r := newRecording(b, name)
	var batch []trace.Event
	for i := range millionRows {
		raw := fmt.Sprintf("<message from='user%d@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m%d'>"+
			"<body>Shall I hear more, or shall I speak at this? %0250d</body><request xmlns='urn:xmpp:receipts'/></message>", i%1000, i, i)
		batch = append(batch, trace.Event{Kind: trace.Framed, Dir: trace.Direction(i & 1), Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(raw)}})
		if len(batch) == 1000 {
			r.record(batch...)
			batch = nil
		}
	}
	r.close()
	store, err := captures.Open(context.Background(), []string{name}, captures.OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	for n := 0; store.Wait(context.Background(), n) == nil; n = store.Len() {
	}
	for _, expression := range []string{
		"message and dir == in", "from.local == user7 and size > 300", "jid.domain != montague.example or rtt > 5s",
		"id == m777777", "nowhere", "'shall i hear'", "body contains 777777", "ns == urn:xmpp:ping",
	} {
		b.Run(expression, func(b *testing.B) {
			for b.Loop() {
				v := view(b, store, expression)
				<-v.done
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/million")
		})
	}
}
