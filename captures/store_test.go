package captures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

const out, in = trace.FromInitiator, trace.FromReceiver

// waitFor waits for more than n rows.
func waitFor(t *testing.T, s *Store, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Wait(ctx, n); err != nil {
		t.Fatalf("waiting for row %d: %v", n, err)
	}
}

func TestFollow(t *testing.T) {
	dir := t.TempDir()
	whole, growing := filepath.Join(dir, "whole.pcapng"), filepath.Join(dir, "growing.pcapng")
	r, events := recordTo(t, RecorderOptions{Name: whole}, spoken(10), spoken(200_000), spoken(30))
	closeRecorder(t, r)
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(growing)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, err := Open(context.Background(), []string{growing}, OpenOptions{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	// Each piece ends inside a block; a row is there once its last packet is.
	var ends []int
	for i := range events {
		off := int(r.Store().Entry(i).offset())
		ends = append(ends, off+30)
	}
	at := 0
	for i, end := range ends {
		file.Write(content[at:end])
		at = end
		if i > 0 {
			waitFor(t, s, i-1)
			if got, err := s.Event(i - 1); err != nil || !bytes.Equal(got.Frame.Raw, events[i-1].Frame.Raw) {
				t.Fatalf("row %d: %d bytes, %v", i-1, len(got.Frame.Raw), err)
			}
		}
		if s.Len() > i {
			t.Fatalf("%d rows, when only half of row %d is written", s.Len(), i)
		}
	}
	file.Write(content[at:])
	waitFor(t, s, len(events)-1)
	checkEvents(t, s, events)
	if p := s.Progress(); p.Ended || len(p.Remarks) > 0 {
		t.Errorf("%+v", p)
	}
}

func TestStream(t *testing.T) {
	var stream bytes.Buffer
	r, events := recordTo(t, RecorderOptions{Output: &stream}, stamp((&play{id: 1}).open("127.0.0.1:1", "127.0.0.1:2").login().closes())...)
	closeRecorder(t, r)
	checkEvents(t, r.Store(), events)
	name := filepath.Join(t.TempDir(), "c.pcapng")
	if err := os.WriteFile(name, stream.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	checkEvents(t, open(t, name), events)
}

// TestStreamHangs: nobody reads the pipe, and Close ends all the same.
func TestStreamHangs(t *testing.T) {
	reader, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	r, _ := recordTo(t, RecorderOptions{Output: pipe}, spoken(1<<20))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Close(ctx); err == nil || !strings.Contains(err.Error(), "could not be written to its stream") {
		t.Errorf("closed with: %v", err)
	}
}

// TestSnapshot: the second file of a recording can be read alone.
func TestSnapshot(t *testing.T) {
	dir := t.TempDir()
	p := (&play{id: 1}).open("127.0.0.1:40001", "127.0.0.2:5269").login().
		says(out, 0, xmpp.KindElement, "<enable xmlns='urn:xmpp:sm:3'/>").says(in, 0, xmpp.KindElement, "<enabled xmlns='urn:xmpp:sm:3'/>")
	half := (&play{id: 2}).open("127.0.0.1:40002", "127.0.0.2:5269").login()
	half.seq = half.seq[:slices.IndexFunc(half.seq, func(ev trace.Event) bool { return bytes.Contains(ev.Frame.Raw, []byte("<auth")) })+1]
	events := stamp(p, half)
	begun := trace.Event{Session: 1, Kind: trace.Unfinished, Frame: xmpp.Frame{Flaw: xmpp.FlawUnfinished, Raw: []byte("<message><bo")}}
	begun.Time = events[len(events)-1].Time
	events = append(events, begun)
	first := len(events)
	rest := trace.Event{Session: 1, Kind: trace.Framed, Known: len(begun.Frame.Raw), Frame: xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte("<message><body/></message>")}}
	torn := trace.Event{Session: 2, Kind: trace.Framed, Frame: xmpp.Frame{Flaw: xmpp.FlawTorn, Raw: []byte("<response>c2Vj")}}
	rest.Time, torn.Time = epoch.Add(time.Hour), epoch.Add(time.Hour)
	events = append(events, rest, torn)
	r, events := recordTo(t, RecorderOptions{Name: filepath.Join(dir, "%H.pcapng")}, events...)
	closeRecorder(t, r)
	checkEvents(t, r.Store(), events)
	names, _ := filepath.Glob(filepath.Join(dir, "*.pcapng"))
	var second *Store
	for _, name := range names { // the first may be empty: the hour in which the test runs
		if s := open(t, name); s.Len() == len(events)-first {
			second = s
			checkEvents(t, s, events[first:])
		}
	}
	if second == nil {
		t.Fatalf("no file among %q has the last rows", names)
	}
	want, _ := r.Store().Session(1)
	got, ok := second.Session(1)
	if !ok || got.JID != want.JID || got.Client != want.Client || got.Server != want.Server || got.Domain != want.Domain ||
		got.ClientTLS != want.ClientTLS || got.ServerTLS != want.ServerTLS || got.SM != want.SM || !got.Opened.Equal(want.Opened) {
		t.Errorf("the second file says %+v, the recording %+v", got, want)
	}
	if want.JID == "" || !want.SM || want.ClientTLS.Version == "" || want.ServerTLS.Version == "" || !want.Client.IsValid() {
		t.Errorf("the recording itself knows too little: %+v", want)
	}
	if e, ok := second.Element(0); !ok || e.Space() != "jabber:client" {
		t.Errorf("the namespace of an element is lost: %q", e.Space())
	}
	if !second.Entry(1).Sensitive() {
		t.Error("bytes of a login under way are not held to be sensitive")
	}
	if second.Entry(0).Sensitive() {
		t.Error("bytes after the login are held to be sensitive")
	}
}

// TestMerge: two captures as one are in the order of time, and what clashes
// gets other numbers.
func TestMerge(t *testing.T) {
	dir := t.TempDir()
	var names []string
	var all []trace.Event
	for k := range 2 {
		p := (&play{id: 1}).open(fmt.Sprintf("127.0.0.1:%d", 1000+k), "127.0.0.2:5222").login().
			says(out, trace.ClientLeg, xmpp.KindElement, fmt.Sprintf("<message id='original%d'/>", k)).
			says(out, trace.EndToEnd, xmpp.KindElement, fmt.Sprintf("<message id='edited%d'/>", k)).closes()
		events := stamp(p)
		for i := range events {
			events[i].Time = epoch.Add(time.Duration(2*i+k) * time.Second)
			if bytes.Contains(events[i].Frame.Raw, []byte("edited")) {
				events[i].Replaces = uint64(i)
			}
		}
		name := filepath.Join(dir, fmt.Sprintf("%d.pcapng", k))
		r, events := recordTo(t, RecorderOptions{Name: name}, events...)
		closeRecorder(t, r)
		names, all = append(names, name), append(all, events...)
	}
	s := open(t, names...)
	if s.Len() != len(all) {
		t.Fatalf("%d rows, want %d", s.Len(), len(all))
	}
	slices.SortFunc(all, func(a, b trace.Event) int { return a.Time.Compare(b.Time) })
	sessions := map[trace.SessionID]netip.AddrPort{}
	for i, want := range all {
		got, err := s.Event(i)
		if err != nil || !got.Time.Equal(want.Time) || !bytes.Equal(got.Frame.Raw, want.Frame.Raw) {
			t.Fatalf("row %d is of %v: %q, %v; want %v: %q", i, got.Time, got.Frame.Raw, err, want.Time, want.Frame.Raw)
		}
		if row, ok := s.Row(got.Seq); !ok || row != i {
			t.Errorf("number %d of row %d leads to row %d", got.Seq, i, row)
		}
		if want.Replaces != 0 {
			row, ok := s.Row(got.Replaces)
			if raw, _ := s.Raw(row); !ok || string(raw) != strings.Replace(string(got.Frame.Raw), "edited", "original", 1) {
				t.Errorf("row %d %q replaces row %d %q", i, got.Frame.Raw, row, raw)
			}
		}
		if got.Kind == trace.Opened {
			sessions[got.Session] = got.Addr
		}
	}
	if len(sessions) != 2 {
		t.Errorf("the two sessions are %v", sessions)
	}
	for id, addr := range sessions {
		if info, _ := s.Session(id); info.Client != addr || info.JID == "" {
			t.Errorf("session %d: %+v, want from %v", id, info, addr)
		}
	}
}

// TestPairs: which reply belongs to which request.
func TestPairs(t *testing.T) {
	p := &play{id: 1}
	say := func(dir trace.Direction, text string) { p.says(dir, 0, xmpp.KindElement, text) }
	say(out, "<iq type='get' id='a'/>")                                                                                                               // 0
	say(in, "<iq type='get' id='a' from='juliet@x/1' to='romeo@x/1'/>")                                                                               // 1: another one's request, with the same id
	say(in, "<iq type='get' id='a' from='nurse@x/1' to='romeo@x/1'/>")                                                                                // 2: and another
	say(out, "<iq type='result' id='a' to='nurse@x/1'/>")                                                                                             // 3
	say(in, "<iq type='error' id='a' to='romeo@x/1'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>") // 4
	say(out, "<iq type='result' id='a' to='juliet@x/1'/>")                                                                                            // 5
	say(in, "<iq type='result' id='a'/>")                                                                                                             // 6: answers nothing
	say(out, "<iq type='set' id='b'/>")                                                                                                               // 7: is never answered
	r, _ := recordTo(t, RecorderOptions{}, stamp(p)...)
	closeRecorder(t, r)
	s := r.Store()
	want := map[int]int{0: 4, 2: 3, 1: 5}
	for i := range s.Len() {
		e := s.Entry(i)
		reply, answered := e.Reply()
		if w, ok := want[i]; ok != answered || ok && w != reply {
			t.Errorf("row %d is answered by %d, %v", i, reply, answered)
		}
		if request, ok := e.Request(); ok && want[request] != i {
			t.Errorf("row %d answers %d", i, request)
		}
	}
	if e := s.Entry(4); !e.IsError() || s.Name(Symbol(e.cond)) != "item-not-found" {
		t.Errorf("the error's condition is %q", s.Name(Symbol(e.cond)))
	}
}

func TestForeign(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "foreign.pcapng")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pcapgo.NewNgWriter(file, layers.LinkTypeRaw)
	if err != nil {
		t.Fatal(err)
	}
	w.WritePacket(gopacket.CaptureInfo{Length: 4, CaptureLength: 4}, []byte{69, 0, 0, 4})
	w.Flush()
	file.Close()
	var foreign *ForeignError
	if _, err := Open(context.Background(), []string{name}, OpenOptions{}); !errors.As(err, &foreign) || !foreign.Pcapng {
		t.Errorf("another's pcapng: %v", err)
	}
	newer := appendSection(nil, strings.Replace(sectionComment(captureID{}), "format=1", "format=2", 1))
	os.WriteFile(name, newer, 0o600)
	var version *VersionError
	if _, err := Open(context.Background(), []string{name}, OpenOptions{}); !errors.As(err, &version) || version.Version != 2 {
		t.Errorf("a newer format: %v", err)
	}
	os.WriteFile(name, nil, 0o600)
	if _, err := Open(context.Background(), []string{name}, OpenOptions{}); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty file: %v", err)
	}
}

// TestQueueIsBounded: Record blocks while the disk is full and the queue is
// too, says so, and gives up with its context.
func TestQueueIsBounded(t *testing.T) {
	opts, disk := onSmallDisk(filepath.Join(t.TempDir(), "a.pcapng"), 10_000, Wait)
	r, _ := recordTo(t, opts, spoken(50_000))
	<-disk.full
	if r.Status().State != Full && !r.Slow() {
		t.Errorf("status %+v", r.Status())
	}
	if _, err := r.Record(context.Background(), spoken(queueBytes)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := r.Record(ctx, spoken(1))
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("a full queue took an event: %v", err)
	}
	if r.Status().Queued != 1 {
		t.Errorf("status %+v", r.Status())
	}
	disk.grow(1 << 30)
	closeRecorder(t, r)
	if _, err := r.Record(context.Background(), spoken(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed recorder took an event: %v", err)
	}
	if r.Store().Len() != 2 {
		t.Errorf("%d rows, want 2", r.Store().Len())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := new(memory)
	piece := bytes.Repeat([]byte("0123456789"), 1<<20)
	var size int64
	for {
		n, err := m.WriteAt(piece, size)
		size += int64(n)
		if err != nil {
			break
		}
	}
	if size != memoryLimit {
		t.Errorf("memory took %d bytes", size)
	}
	m.Truncate(1_000_003)
	m.WriteAt([]byte("end"), 1_000_003)
	got := make([]byte, 10)
	if n, _ := m.ReadAt(got, 999_999); string(got[:n]) != "9012end" {
		t.Errorf("memory holds %q", got[:n])
	}
}

func TestFileName(t *testing.T) {
	at := time.Date(2026, 3, 7, 8, 9, 5, 0, time.Local)
	for pattern, want := range map[string]string{
		"plain": "plain", "f-%Y%m%d-%H%M.pcapng": "f-20260307-0809.pcapng", "%%%j%S": "%06605", "%F %T %I%p %a": "2026-03-07 08:09:05 08AM Sat",
	} {
		if got, err := fileName(pattern, at); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{"100%", "%Q"} {
		if got, err := fileName(pattern, at); err == nil {
			t.Errorf("%q: %q", pattern, got)
		}
	}
}

// TestScopes: each row is read in the declarations of its own header, and
// what headers share is kept once.
func TestScopes(t *testing.T) {
	const server = `<stream:stream xmlns="jabber:server" xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' id='%d'>`
	p := &play{id: 1}
	p.says(out, trace.EndToEnd, xmpp.KindHeader, header)
	p.says(out, trace.EndToEnd, xmpp.KindElement, "<message/>")
	p.says(out, trace.UpstreamLeg, xmpp.KindHeader, fmt.Sprintf(server, 0))
	p.says(out, trace.UpstreamLeg, xmpp.KindElement, "<db:result/>")
	p.says(out, trace.EndToEnd, xmpp.KindElement, "<message/>")
	p.says(out, trace.EndToEnd, xmpp.KindHeader, fmt.Sprintf(server, 1))
	p.says(out, trace.EndToEnd, xmpp.KindElement, "<message/>")
	p.says(out, trace.EndToEnd, xmpp.KindHeader, fmt.Sprintf(server, 2))
	p.says(out, trace.ClientLeg, xmpp.KindElement, "<message/>")
	r, _ := recordTo(t, RecorderOptions{}, stamp(p)...)
	closeRecorder(t, r)
	s := r.Store()
	for row, want := range map[int]string{1: "jabber:client", 3: "jabber:server:dialback", 4: "jabber:client", 6: "jabber:server", 8: "jabber:server"} {
		if e, ok := s.Element(row); !ok || e.Space() != want {
			t.Errorf("row %d is in %q, want %q", row, e.Space(), want)
		}
	}
	if s.Scope(3) != s.Scope(8) {
		t.Error("the same declarations are kept twice")
	}
}
