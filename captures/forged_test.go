package captures

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"xmppscope/xmpp"
	"xmppscope/xmpp/filter"
	"xmppscope/xmpp/trace"
)

// forge makes a capture of packets with these comments and payloads, which
// nobody need have recorded.
func forge(packets ...string) []byte {
	out := appendSection(nil, sectionComment(captureID{1}))
	f := newFlow(0, synthetic(1, trace.EndToEnd, true), synthetic(2, trace.EndToEnd, true), 0)
	for i := 0; i+1 < len(packets); i += 2 {
		comment, data := packets[i], []byte(packets[i+1])
		data = data[:min(len(data), segmentSize)]
		comment = comment[:min(len(comment), maxOption)]
		out = appendPacket(out, 0, int64(i), f.header(nil, trace.FromInitiator, flagACK, data), data, []byte(comment))
	}
	return out
}

// lookAt reads a capture in every way that there is.
func lookAt(t *testing.T, content []byte) *Store {
	t.Helper()
	name := filepath.Join(t.TempDir(), "forged.pcapng")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), []string{name}, OpenOptions{})
	if err != nil {
		return nil
	}
	t.Cleanup(func() { s.Close() })
	finish(t, s)
	for i := range s.Len() {
		ev, err := s.Event(i)
		if err == nil && ev.Seq != s.Seq(i) {
			t.Errorf("row %d is %d and %d", i, ev.Seq, s.Seq(i))
		}
		if _, ok := s.Row(s.Seq(i)); !ok {
			t.Errorf("row %d has no row", i)
		}
		s.Summary(i)
		if e, ok := s.Element(i); ok {
			for c := range e.Children() {
				c.Text()
			}
		}
		xmpp.Check(ev.Frame, s.Scope(i), func(xmpp.Fault) {})
		e := s.Entry(i)
		_ = s.Name(e.From()) + s.Name(e.To()) + s.Name(e.Name())
		s.Session(e.Session())
	}
	s.Row(math.MaxUint64)
	f, err := filter.Parse("error or body contains x or rtt > 1 or jid.domain == example.org")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Search(context.Background(), f, 0, s.Len(), func([]int, int) {}); err != nil {
		t.Error(err)
	}
	if o, err := openFile(name); err == nil { // to go on with it
		o.file.Close()
	}
	return s
}

func TestForged(t *testing.T) {
	for name, c := range map[string]struct {
		packets []string
		rows    int
		kind    xmpp.Kind // of the last row
	}{
		"element without bytes":    {[]string{"seq=1\nsession=1", ""}, 1, xmpp.KindRaw},
		"element that is text":     {[]string{"seq=1\nsession=1", "&lt;"}, 1, xmpp.KindRaw},
		"header that is text":      {[]string{"seq=1\nsession=1\nframe=header", "x"}, 1, xmpp.KindRaw},
		"footer without bytes":     {[]string{"seq=1\nsession=1\nframe=footer", ""}, 1, xmpp.KindRaw},
		"declaration of one byte":  {[]string{"seq=1\nsession=1\nframe=declaration", "<"}, 1, xmpp.KindDeclaration},
		"element of one byte":      {[]string{"seq=1\nsession=1", "<"}, 1, xmpp.KindElement},
		"header of one byte":       {[]string{"seq=1\nsession=1\nframe=header", "<", "seq=2\nsession=1", "<x"}, 2, xmpp.KindElement},
		"leg of no connection":     {[]string{"seq=1\nsession=1\nleg=3", "<r/>"}, 0, 0},
		"direction of nobody":      {[]string{"seq=1\nsession=1\ndir=up", "<r/>"}, 0, 0},
		"kind of no event":         {[]string{"seq=1\nsession=1\nevent=9", "<r/>"}, 0, 0},
		"frame of no kind":         {[]string{"seq=1\nsession=1\nframe=7", "<r/>"}, 0, 0},
		"continues what is not":    {[]string{"seq=1\nsession=1", "<r/>", "seq=9999999999999999999\nsession=1\ncontinues=9999999999999999998\nknown=4", "tail"}, 2, xmpp.KindRaw},
		"continues itself":         {[]string{"seq=1\nsession=1\ncontinues=1\nknown=4", "tail"}, 1, xmpp.KindRaw},
		"replaces what is not":     {[]string{"seq=1\nsession=1\nreplaces=9999999999999999999", "<r/>"}, 1, xmpp.KindElement},
		"longer than the file":     {[]string{"seq=1\nsession=1\nlength=1073741824", "<r/>"}, 0, 0},
		"snapshot of odd facts":    {[]string{"seq=0\nsession=1\nevent=snapshot\ntopic=session\nfact.header.in=<\nfact.header.out=x\nfact.opened=y", "", "seq=1\nsession=1", "<a:b/>"}, 1, xmpp.KindElement},
		"snapshot without a note":  {[]string{"seq=0\nsession=1\nevent=snapshot", ""}, 0, 0},
		"numbers that do not rise": {[]string{"seq=7\nsession=1", "<r/>", "seq=7\nsession=1", "<r/>", "seq=3\nsession=1", "<r/>"}, 3, xmpp.KindElement},
		"highest session":          {[]string{"seq=1\nsession=4294967295", "<r/>"}, 1, xmpp.KindElement},
	} {
		t.Run(name, func(t *testing.T) {
			s := lookAt(t, forge(c.packets...))
			if s.Len() != c.rows {
				t.Fatalf("%d rows, want %d; %q", s.Len(), c.rows, s.Progress().Remarks)
			}
			if c.rows > 0 && s.Entry(c.rows-1).Frame() != c.kind {
				t.Errorf("a frame of kind %v, want %v", s.Entry(c.rows-1).Frame(), c.kind)
			}
		})
	}
}

// FuzzForged: whatever a file says of its packets, it is read.
func FuzzForged(f *testing.F) {
	f.Add("seq=1\nsession=1\nframe=header\ndir=in", header, "seq=2\nsession=1\nleg=client", "<r/>")
	f.Add("seq=1\nsession=1\nevent=unfinished", "<message><bo", "seq=2\nsession=1\ncontinues=1\nknown=12", "dy/></message>")
	f.Add("seq=0\nsession=1\nevent=snapshot\ntopic=session\nfact.header.in="+header, "", "seq=1\nsession=1\nlength=9", "<r/>")
	f.Add("seq=4\nsession=1\nevent=closed\ntopic=tls\nfact.version=1\nfact.version+=2", "", "seq=5\nsession=1\nreplaces=4", "<iq type='error'><error/></iq>")
	f.Fuzz(func(t *testing.T, comment1, data1, comment2, data2 string) {
		lookAt(t, forge(comment1, data1, comment2, data2, "seq=9\nsession=1\nlength=8", "<r/>", "seq=9\nsession=1\npart=2", "<r/>"))
	})
}
