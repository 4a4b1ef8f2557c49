package tui

import (
	"context"
	"fmt"
	"testing"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// fill records n messages at once.
func (s *scene) fill(n int) {
	s.t.Helper()
	const batch = 1000
	want := s.recorder.Store().Len() + n
	events := make([]trace.Event, 0, batch)
	for i := range n {
		raw := fmt.Appendf(nil, `<message from='juliet@capulet.example/balcony' to='romeo@montague.example/orchard' type='chat' id='f%d'>`+
			`<body>What man art thou that thus bescreen’d in night so stumblest on my counsel?</body></message>`, i)
		s.now = s.now.Add(time.Millisecond)
		events = append(events, trace.Event{Kind: trace.Framed, Session: 1, Dir: trace.FromReceiver, Time: s.now,
			Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: raw}})
		if len(events) < batch && i < n-1 {
			continue
		}
		if _, err := s.recorder.Record(context.Background(), events...); err != nil {
			s.t.Fatal(err)
		}
		events = make([]trace.Event, 0, batch)
	}
	s.await(want)
}

// BenchmarkFrame draws whole frames of the live screen, list and panes, over a
// capture of 100,000 rows at 160x45: all rows new each time, one row further,
// and nothing new.
func BenchmarkFrame(b *testing.B) {
	s := theScene(b)
	s.fill(100_000)
	for _, step := range []int{22, 1, 0} {
		b.Run(fmt.Sprint("move ", step), func(b *testing.B) {
			u := newUI(Options{Store: s.recorder.Store(), Live: true}, ansiTheme())
			defer u.live.close()
			screen, tty := newTTYScreen(b, 160, 45)
			u.screen = screen
			u.draw()
			u.moveEnd(-1)
			sent := 0
			b.ReportAllocs()
			for b.Loop() {
				u.move(step)
				u.draw()
				sent += len(tty.take())
				if u.live.list.selected+step >= u.data.Len() {
					u.moveEnd(-1)
				}
			}
			b.ReportMetric(float64(sent)/float64(b.N), "B/frame")
		})
	}
}
