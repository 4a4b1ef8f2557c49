package captures

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/pcapgo"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// tshark runs tshark on a capture. Without XMPPSCOPE_PEERS the test is
// skipped; with it, a missing tshark is a failure.
func tshark(t *testing.T, name string, args ...string) string {
	t.Helper()
	if os.Getenv("XMPPSCOPE_PEERS") == "" {
		t.Skip("XMPPSCOPE_PEERS is not set")
	}
	cmd := exec.Command("tshark", append([]string{"-r", name}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark %q: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

// play is a session to be recorded: what each side says, in order.
type play struct {
	id     trace.SessionID
	seq    []trace.Event
	offset [3][2]int64
}

func (p *play) event(ev trace.Event) *play {
	ev.Session = p.id
	p.seq = append(p.seq, ev)
	return p
}

func (p *play) open(client, server string) *play {
	p.event(trace.Event{Kind: trace.Opened, Addr: netip.MustParseAddrPort(client)})
	return p.event(trace.Event{Kind: trace.Connected, Addr: netip.MustParseAddrPort(server)})
}

func (p *play) says(dir trace.Direction, leg trace.Leg, kind xmpp.Kind, text string) *play {
	p.event(trace.Event{Kind: trace.Framed, Dir: dir, Leg: leg, Frame: xmpp.Frame{Kind: kind, Raw: []byte(text), Offset: p.offset[leg][dir]}})
	p.offset[leg][dir] += int64(len(text))
	return p
}

func (p *play) closes() *play {
	p.event(trace.Event{Kind: trace.Ended, Dir: trace.FromInitiator})
	p.event(trace.Event{Kind: trace.Ended, Dir: trace.FromReceiver})
	return p.event(trace.Event{Kind: trace.Closed})
}

// login is a session with STARTTLS, whose stream goes on decrypted, until the
// resource is bound.
func (p *play) login() *play {
	const out, in = trace.FromInitiator, trace.FromReceiver
	serverHeader := "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='montague.example' id='s1' version='1.0'>"
	p.says(out, 0, xmpp.KindHeader, header)
	p.says(in, 0, xmpp.KindHeader, serverHeader)
	p.says(in, 0, xmpp.KindElement, "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>")
	p.says(out, 0, xmpp.KindElement, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
	p.says(in, 0, xmpp.KindElement, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
	for _, leg := range []trace.Leg{trace.ClientLeg, trace.UpstreamLeg} {
		p.event(trace.Event{Kind: trace.Noted, Leg: leg, Note: &trace.Note{Topic: trace.TopicTLS, Text: "TLS is up", Facts: []trace.Fact{{Key: "version", Value: "TLS 1.3"}}}})
	}
	p.says(out, 0, xmpp.KindHeader, header)
	p.says(in, 0, xmpp.KindHeader, serverHeader)
	p.says(in, 0, xmpp.KindElement, "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>")
	p.says(out, 0, xmpp.KindElement, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AHJvbWVvAHNlY3JldA==</auth>")
	p.says(in, 0, xmpp.KindElement, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
	p.says(out, 0, xmpp.KindHeader, header)
	p.says(in, 0, xmpp.KindHeader, serverHeader)
	p.says(in, 0, xmpp.KindElement, "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>")
	p.says(out, 0, xmpp.KindElement, "<iq type='set' id='bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>orchard</resource></bind></iq>")
	return p.says(in, 0, xmpp.KindElement, "<iq type='result' id='bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>romeo@montague.example/orchard</jid></bind></iq>")
}

// stamp gives the events of plays, one after another, times.
func stamp(plays ...*play) []trace.Event {
	var all []trace.Event
	for _, p := range plays {
		all = append(all, p.seq...)
	}
	for i := range all {
		all[i].Time = epoch.Add(time.Duration(i) * time.Millisecond)
	}
	return all
}

func said(events []trace.Event, id trace.SessionID, leg trace.Leg, dir trace.Direction) []byte {
	var all []byte
	for _, ev := range events {
		if ev.Session == id && ev.Leg == leg && ev.Dir == dir {
			all = append(all, ev.Frame.Raw[ev.Known:]...)
		}
	}
	return all
}

// followed is what "Follow TCP stream" shows from each end of a stream.
func followed(t *testing.T, name string, stream int) (ends [2][]byte) {
	t.Helper()
	out := tshark(t, name, "-q", "-z", fmt.Sprintf("follow,tcp,raw,%d", stream))
	for line := range strings.Lines(out) {
		text, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "\t")
		b, err := hex.DecodeString(text)
		if err != nil || len(b) == 0 {
			continue
		}
		end := 0
		if indented {
			end = 1
		}
		ends[end] = append(ends[end], b...)
	}
	return ends
}

func TestTsharkStanzas(t *testing.T) {
	for _, addrs := range [][2]string{{"192.0.2.7:40001", "198.51.100.1:5269"}, {"[2001:db8::7]:40001", "[2001:db8::1]:5223"}, {"127.0.0.1:40001", "[::1]:5222"}} {
		t.Run(addrs[0]+" "+addrs[1], func(t *testing.T) {
			p := (&play{id: 1}).open(addrs[0], addrs[1]).login()
			want := []string{"bind1", "bind1"}
			for i := range 300 {
				dir := trace.Direction(i & 1)
				id := fmt.Sprintf("q%d", i)
				want = append(want, id)
				padding := strings.Repeat("x", 1+i*37%2000)
				if i%100 == 50 {
					padding = strings.Repeat("y", 150_000)
				}
				p.says(dir, 0, xmpp.KindElement, fmt.Sprintf("<iq type='get' id='%s' to='capulet.example'><query xmlns='jabber:iq:version' node='%s'/></iq>", id, padding))
				if i%7 == 0 {
					p.says(dir, 0, xmpp.KindSpace, " ")
				}
			}
			p.says(trace.FromInitiator, 0, xmpp.KindFooter, "</stream:stream>").says(trace.FromReceiver, 0, xmpp.KindFooter, "</stream:stream>").closes()
			name := filepath.Join(t.TempDir(), "c.pcapng")
			r, events := recordTo(t, RecorderOptions{Name: name}, stamp(p)...)
			closeRecorder(t, r)

			got := strings.Fields(tshark(t, name, "-Y", "xmpp.iq", "-T", "fields", "-E", "occurrence=f", "-e", "xmpp.id"))
			if !slices.Equal(got, want) {
				t.Errorf("tshark shows %d iqs, want %d: %q", len(got), len(want), got)
			}
			// What has no bytes looks like a repeated ACK; tshark calls every
			// </stream:stream> malformed, whoever captured it.
			if bad := tshark(t, name, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y", "_ws.malformed and not xmpp.stream_end or "+
				"tcp.checksum.status==0 or ip.checksum.status==0 or tcp.analysis.flags and not tcp.analysis.duplicate_ack"); bad != "" {
				t.Errorf("tshark complains:\n%.2000s", bad)
			}
			flow := streamOf(t, name, 0)
			ends := followed(t, name, flow)
			for dir := range trace.Direction(2) {
				if want := said(events, 1, trace.EndToEnd, dir); !bytes.Equal(ends[dir], want) {
					t.Errorf("%v: followed %d bytes, want %d", dir, len(ends[dir]), len(want))
				}
			}
		})
	}
}

// streamOf returns tshark's number of the first stream on an interface that
// has bytes.
func streamOf(t *testing.T, name string, iface int) int {
	t.Helper()
	out := strings.Fields(tshark(t, name, "-Y", fmt.Sprintf("frame.interface_id==%d and tcp.len>0", iface), "-T", "fields", "-e", "tcp.stream"))
	if len(out) == 0 {
		t.Fatalf("no stream on interface %d", iface)
	}
	var n int
	fmt.Sscan(out[0], &n)
	return n
}

// TestTsharkLegs: what one leg alone spoke is in flows of its own, and a
// later session from the same address is a stream of its own.
func TestTsharkLegs(t *testing.T) {
	const out, in = trace.FromInitiator, trace.FromReceiver
	first := (&play{id: 1}).open("127.0.0.1:40001", "127.0.0.2:5269").
		says(out, trace.UpstreamLeg, xmpp.KindHeader, header).
		says(in, trace.UpstreamLeg, xmpp.KindElement, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>").login().closes()
	second := (&play{id: 2}).open("127.0.0.1:40001", "127.0.0.2:5269").login().
		says(out, trace.ClientLeg, xmpp.KindElement, "<message><body>original</body></message>").
		says(out, trace.EndToEnd, xmpp.KindElement, "<message><body>edited</body></message>").closes()
	name := filepath.Join(t.TempDir(), "c.pcapng")
	r, events := recordTo(t, RecorderOptions{Name: name}, stamp(first, second)...)
	closeRecorder(t, r)
	found := map[string]bool{}
	for stream := range 8 {
		ends := followed(t, name, stream)
		found[string(ends[0])+"|"+string(ends[1])] = true
	}
	for id := range trace.SessionID(3) {
		for leg := range trace.Leg(3) {
			want := string(said(events, id, leg, out)) + "|" + string(said(events, id, leg, in))
			if !found[want] {
				t.Errorf("session %d, leg %v: no stream has %q", id, leg, want)
			}
		}
	}
}

// TestTsharkSections: a continued file, and one that was cut short between.
func TestTsharkSections(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c.pcapng")
	var want []string
	for run := range 3 {
		p := (&play{id: 1}).open("127.0.0.1:40001", "127.0.0.2:5222").login().
			says(trace.FromInitiator, 0, xmpp.KindElement, fmt.Sprintf("<iq type='get' id='run%d'/>", run)).closes()
		r, _ := recordTo(t, RecorderOptions{Name: name}, stamp(p)...)
		closeRecorder(t, r)
		if err := r.Store().Close(); err != nil {
			t.Fatal(err)
		}
		want = append(want, "bind1", "bind1", fmt.Sprintf("run%d", run))
		tear(t, name)
	}
	r, _ := recordTo(t, RecorderOptions{Name: name})
	closeRecorder(t, r)
	got := strings.Fields(tshark(t, name, "-Y", "xmpp.iq", "-T", "fields", "-e", "xmpp.id"))
	if !slices.Equal(got, want) {
		t.Errorf("tshark shows %q, want %q", got, want)
	}
}

// tear appends half a block, as a crash leaves it.
func tear(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	start := bytes.LastIndex(b, []byte{6, 0, 0, 0, 0x5c, 0, 0, 0})
	if start < 0 {
		start = 0
	}
	if err := os.WriteFile(name, append(b, b[start:start+30]...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPcapgo: gopacket's reader sees the same packets and comments.
func TestPcapgo(t *testing.T) {
	p := (&play{id: 1}).open("127.0.0.1:40001", "[::1]:5222").login().
		says(trace.FromInitiator, 0, xmpp.KindElement, "<message>"+strings.Repeat("z", 130_000)+"</message>").closes()
	name := filepath.Join(t.TempDir(), "c.pcapng")
	r, events := recordTo(t, RecorderOptions{Name: name}, stamp(p)...)
	closeRecorder(t, r)
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	reader, err := pcapgo.NewNgReader(file, pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	if got := reader.SectionInfo().Application; got != "xmppscope" {
		t.Errorf("application %q", got)
	}
	var carried []byte
	comments := 0
	for {
		data, ci, opts, err := reader.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if b, ok := payload(data); ok && ci.InterfaceIndex == 0 {
			carried = append(carried, b...)
		}
		for _, c := range opts.Comments {
			if !strings.Contains(c, "part=") {
				if !ci.Timestamp.Equal(events[comments].Time) {
					t.Errorf("packet of %v, want %v: %q", ci.Timestamp, events[comments].Time, c)
				}
				comments++
			}
		}
	}
	if comments != len(events) {
		t.Errorf("%d comments of %d events", comments, len(events))
	}
	var want []byte
	for _, ev := range events {
		want = append(want, ev.Frame.Raw...)
	}
	if !bytes.Equal(carried, want) {
		t.Errorf("%d bytes carried, want %d", len(carried), len(want))
	}
}
