package tui

import (
	"context"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"xmppscope/captures"
	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // goldens show times of day
	os.Exit(m.Run())
}

// scene records sessions for tests: what is said takes 40 ms, and names and
// places are Shakespeare's.
type scene struct {
	t        testing.TB
	recorder *captures.Recorder
	now      time.Time
	scanners map[trace.SessionID]*[2]*xmpp.Scanner
}

func newScene(t testing.TB) *scene {
	t.Helper()
	recorder, err := captures.NewRecorder(captures.RecorderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := recorder.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := recorder.Store().Close(); err != nil {
			t.Error(err)
		}
	})
	return newSceneIn(t, recorder)
}

// newSceneIn records into a recorder that the caller closes.
func newSceneIn(t testing.TB, recorder *captures.Recorder) *scene {
	return &scene{t: t, recorder: recorder, now: time.Date(2026, 6, 21, 20, 30, 0, 0, time.UTC),
		scanners: map[trace.SessionID]*[2]*xmpp.Scanner{}}
}

// record records events and waits until the Store has them.
func (s *scene) record(events ...trace.Event) {
	s.t.Helper()
	for i := range events {
		s.now = s.now.Add(40 * time.Millisecond)
		events[i].Time = s.now
	}
	want := s.recorder.Store().Len() + len(events)
	if _, err := s.recorder.Record(context.Background(), events...); err != nil {
		s.t.Fatal(err)
	}
	s.await(want)
}

// await waits until the Store has so many rows.
func (s *scene) await(want int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for have := s.recorder.Store().Len(); have < want; have = s.recorder.Store().Len() {
		if err := s.recorder.Store().Wait(ctx, have); err != nil {
			s.t.Fatal(err)
		}
	}
}

// open begins a session.
func (s *scene) open(id trace.SessionID) {
	s.scanners[id] = &[2]*xmpp.Scanner{xmpp.NewScanner(xmpp.Limits{}), xmpp.NewScanner(xmpp.Limits{})}
	s.record(
		trace.Event{Kind: trace.Opened, Session: id, Addr: netip.MustParseAddrPort("127.0.0.1:51816")},
		trace.Event{Kind: trace.Connected, Session: id, Addr: netip.MustParseAddrPort("127.0.0.1:5222")},
	)
}

// say records what one end of a session sends.
func (s *scene) say(id trace.SessionID, d trace.Direction, xml string) {
	s.t.Helper()
	scanner := s.scanners[id][d]
	scanner.Feed([]byte(xml))
	for f, ok := scanner.Next(); ok; f, ok = scanner.Next() {
		s.record(trace.Event{Kind: trace.Framed, Session: id, Dir: d, Frame: f})
	}
}

// note records a note.
func (s *scene) note(id trace.SessionID, severity trace.Severity, topic trace.Topic, text string, facts ...trace.Fact) {
	s.t.Helper()
	s.record(trace.Event{Kind: trace.Noted, Session: id, Note: &trace.Note{Topic: topic, Severity: severity, Text: text, Facts: facts}})
}

const (
	streamOut = `<?xml version='1.0'?><stream:stream to='montague.example' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
	streamIn  = `<?xml version='1.0'?><stream:stream from='montague.example' id='7c1f' version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
)

// login records Romeo's way into session 1.
func (s *scene) login() {
	out, in := trace.FromInitiator, trace.FromReceiver
	s.open(1)
	s.say(1, out, streamOut)
	s.say(1, in, streamIn+`<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>`)
	s.say(1, out, `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
	s.say(1, in, `<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`)
	s.note(1, trace.Info, trace.TopicTLS, "TLS with the client: TLS 1.3, TLS_AES_128_GCM_SHA256.",
		trace.Fact{Key: "leg", Value: "client"}, trace.Fact{Key: "version", Value: "TLS 1.3"}, trace.Fact{Key: "cipher", Value: "TLS_AES_128_GCM_SHA256"})
	s.scanners[1] = &[2]*xmpp.Scanner{xmpp.NewScanner(xmpp.Limits{}), xmpp.NewScanner(xmpp.Limits{})}
	s.say(1, out, streamOut)
	s.say(1, in, streamIn+`<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms></stream:features>`)
	s.say(1, out, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHJvbWVvAHN0YXItY3Jvc3NlZA==</auth>`)
	s.say(1, in, `<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`)
	s.scanners[1] = &[2]*xmpp.Scanner{xmpp.NewScanner(xmpp.Limits{}), xmpp.NewScanner(xmpp.Limits{})}
	s.say(1, out, streamOut)
	s.say(1, in, streamIn+`<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>`)
	s.say(1, out, `<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>orchard</resource></bind></iq>`)
	s.say(1, in, `<iq type='result' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@montague.example/orchard</jid></bind></iq>`)
	s.say(1, out, `<enable xmlns='urn:xmpp:sm:3' resume='true'/>`)
	s.say(1, in, `<enabled xmlns='urn:xmpp:sm:3' id='r7' resume='true'/>`)
}

// balcony records what passes once Romeo is in: a bit of everything.
func (s *scene) balcony() {
	out, in := trace.FromInitiator, trace.FromReceiver
	s.say(1, out, `<presence><priority>5</priority></presence>`)
	s.say(1, out, `<iq type='get' id='d1' to='conference.example'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`)
	s.say(1, in, `<iq type='result' id='d1' from='conference.example' to='romeo@montague.example/orchard'><query xmlns='http://jabber.org/protocol/disco#items'><item jid='verona@conference.example' name='Verona'/></query></iq>`)
	s.say(1, out, `<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m44'><body>Shall I hear more, or shall I speak at this?</body><request xmlns='urn:xmpp:receipts'/></message>`)
	s.say(1, in, `<message from='juliet@capulet.example/balcony' to='romeo@montague.example/orchard' type='chat' id='m45'><body>What man art thou that thus bescreen’d in night &amp; 漢字</body></message>`)
	s.say(1, in, `<presence from='juliet@capulet.example/balcony' to='romeo@montague.example/orchard'><show>dnd</show><status>wherefore?</status></presence>`)
	s.say(1, out, `<iq type='get' id='p1' to='pubsub.example'><query xmlns='http://jabber.org/protocol/disco#info' node='letters'/></iq>`)
	s.say(1, in, `<iq type='error' id='p1' from='pubsub.example' to='romeo@montague.example/orchard'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`)
	s.say(1, out, `<r xmlns='urn:xmpp:sm:3'/>`)
	s.say(1, in, `<a xmlns='urn:xmpp:sm:3' h='4'/>`)
	s.say(1, in, `<message from='tybalt@capulet.example' to='romeo@montague.example/orchard'><body>evil [red]tag[-] `+"\u202e"+` [:::https://evil.example]click`+"\u009b31m"+`</body></message>`)
	s.open(2)
	s.say(2, out, strings.ReplaceAll(streamOut, "montague", "capulet"))
	s.note(2, trace.Failure, trace.TopicTLS, "The client does not trust our certificate; run “xmppscope ca” to see how to trust it.",
		trace.Fact{Key: "leg", Value: "client"}, trace.Fact{Key: "error", Value: "unknown certificate authority"})
	s.record(trace.Event{Kind: trace.Closed, Session: 2})
	s.say(1, out, `<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m46'><body>Lady, by yonder blessed moon I swear</body></message>`)
}

func theScene(t testing.TB) *scene {
	s := newScene(t)
	s.login()
	s.balcony()
	return s
}
