package xmpp

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// frames feeds input in pieces of the given size and returns what comes out,
// the torn rest included.
func frames(t testing.TB, input string, size int, l Limits) []Frame {
	t.Helper()
	s := NewScanner(l)
	var all []Frame
	drain := func() {
		for f, ok := s.Next(); ok; f, ok = s.Next() {
			if len(f.Raw) == 0 {
				t.Fatalf("empty frame at %d", f.Offset)
			}
			all = append(all, f)
		}
	}
	for i := 0; i < len(input); i += size {
		s.Feed([]byte(input[i:min(i+size, len(input))]))
		drain()
	}
	s.Close()
	drain()
	var joined []byte
	for _, f := range all {
		if f.Offset != int64(len(joined)) {
			t.Fatalf("frame %q stands at %d, says %d", f.Raw, len(joined), f.Offset)
		}
		joined = append(joined, f.Raw...)
	}
	if string(joined) != input {
		t.Fatalf("frames joined differ from input:\n got %q\nwant %q", joined, input)
	}
	return all
}

// list writes frames as "kind(flaw) bytes", white space runs joined since
// they are given out as they come.
func list(all []Frame) []string {
	var out []string
	for i, f := range all {
		text := f.Kind.String()
		if f.Flaw != FlawNone {
			text += "(" + f.Flaw.String() + ")"
		}
		if i > 0 && f.Kind == KindSpace && all[i-1].Kind == KindSpace {
			out[len(out)-1] += string(f.Raw)
			continue
		}
		out = append(out, text+" "+string(f.Raw))
	}
	return out
}

func TestScanner(t *testing.T) {
	for _, test := range []struct {
		name  string
		input []string // frames, as list writes them
	}{
		{"a session", []string{
			"declaration <?xml version='1.0'?>",
			"header <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a' version='1.0'>",
			"element <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>",
			"element <iq/>", "space \n \t", "element <message><body>a > b</body></message>",
			"footer </stream:stream>",
		}},
		{"restart without footer", []string{
			"header <stream:stream>", "element <success/>", "declaration <?xml version=\"1.0\" ?>", "header <stream:stream >", "footer </stream:stream >",
		}},
		{"other prefix", []string{"header <flash:stream a='>'>", "element <flash:features/>", "footer </flash:stream>"}},
		{"default namespace", []string{"header <stream xmlns='http://etherx.jabber.org/streams'>", "element <message xmlns='jabber:client'/>", "footer </stream>"}},
		{"closed header", []string{"header <stream:stream xmlns:stream='http://etherx.jabber.org/streams'/>", "element <a/>"}},
		{"an element called stream", []string{"element <stream xmlns='urn:example'/>", "element <upstream></upstream>", "element <a><stream></stream></a>"}},
		{"websocket", []string{
			"header <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='a'/>", "element <open/>",
			"footer <close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"></close>", "element <open xmlns='urn:example'/>",
		}},
		{"quotes", []string{
			`element <a b='>"/>' c=">'<">x</a>`, `element <a b="it's"/>`, `element <a b='say "hi>"' c='"'/>`, `element <a b=">"><c d='/'></c></a>`,
		}},
		{"cdata, comments, instructions inside", []string{
			"element <a><![CDATA[</a>]]]]><!-- </a> -- ' --><?p </a> ?>]]></a>", "element <a><!--></a>--></a>", "element <a><![CDATA[]]></a>",
		}},
		{"the same between frames", []string{
			"raw(comment) <!-- <a> -->", "raw(processing instruction) <?xml-stylesheet a='>'?>", "raw(processing instruction) <?xmlx?>",
			"raw(stray text) <![CDATA[<a>]]>", "element <a/>",
		}},
		{"doctype", []string{
			"raw(DOCTYPE) <!DOCTYPE a [ <!ENTITY b \"]>\"> <!-- don't ]> --> <?x ]> ' ?> <!ELEMENT c EMPTY> ]>", "element <a>&b;</a>",
			"raw(DOCTYPE) <!DOCTYPE html>", "raw(DOCTYPE) <!x>",
		}},
		{"stray text", []string{"raw(stray text) hello > world ", "element <a/>", "raw(stray text) \xff\x00&lt;< b <<1>", "element <a/>", "raw(broken markup) <<<1 ", "element <a/>"}},
		{"stray end", []string{"raw(stray end tag) </a>", "element <b/>", "footer </x:stream>"}},
		{"byte order mark", []string{"raw(byte order mark) \xef\xbb\xbf", "declaration <?xml version='1.0'?>"}},
		{"no byte order mark", []string{"raw(stray text) \xef\xbb", "element <a/>"}},
		{"depth, not names", []string{"element <a><b></a></b>", "element <a></c>"}},
		{"broken inside", []string{"element <a>< <1 <! <b/></a>", "element <a b=c d></a>"}},
		{"torn", []string{"element <a/>", "raw(torn off) <a b='/>"}},
		{"damaged to the end", []string{"raw(misnested) <a><b><c>d</a>", "footer </stream:stream>"}},
		{"torn comment", []string{"raw(torn off) <!--"}},
		{"trailing text", []string{"raw(stray text) abc"}},
		{"non-ASCII names", []string{"element <é:π>ß</é:π>"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var input strings.Builder
			for _, frame := range test.input {
				_, raw, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(frame,
					"(stray text)", ""), "(processing instruction)", ""), "(broken markup)", ""), "(byte order mark)", ""), " ")
				for _, flaw := range []string{"(torn off)", "(misnested)", "(stray end tag)", "(DOCTYPE)", "(comment)"} {
					if strings.HasPrefix(frame, "raw"+flaw) {
						raw = strings.TrimPrefix(frame, "raw"+flaw+" ")
					}
				}
				input.WriteString(raw)
			}
			for _, size := range []int{1, 2, 3, 5, 7, 1 << 20} {
				if diff := cmp.Diff(test.input, list(frames(t, input.String(), size, Limits{}))); diff != "" {
					t.Errorf("pieces of %d bytes: (-want +got)\n%s", size, diff)
				}
			}
		})
	}
}

func TestScannerLimits(t *testing.T) {
	limits := Limits{FrameSize: 100, Depth: 5}
	long := "<a b='" + strings.Repeat("x", 300) + "'><c/></a>"
	deep := strings.Repeat("<a>", 50) + strings.Repeat("</a>", 50)
	comment := "<a><!--" + strings.Repeat("-", 300) + "--></a>"
	for _, test := range []struct {
		name, input string
		flaw        Flaw
	}{
		{"long", long, FlawOversized},
		{"deep", deep, FlawTooDeep},
		{"comment", comment, FlawOversized},
		{"text", strings.Repeat("x", 300), FlawOversized},
		{"doctype", "<!DOCTYPE a [<!--" + strings.Repeat("'", 300) + "-->]>", FlawOversized},
	} {
		for _, size := range []int{1, 3, 64, 1 << 20} {
			all := frames(t, "<ok/>"+test.input+"<ok/>", size, limits)
			last := all[len(all)-1]
			if string(last.Raw) != "<ok/>" || last.Kind != KindElement {
				t.Errorf("%s, pieces of %d: after the limit came %v %q", test.name, size, last.Kind, last.Raw)
			}
			for _, f := range all[1 : len(all)-1] {
				if f.Kind != KindRaw || f.Flaw != test.flaw {
					t.Errorf("%s, pieces of %d: %v (%v) %q", test.name, size, f.Kind, f.Flaw, f.Raw)
				}
			}
		}
	}
}

func TestScannerRest(t *testing.T) {
	s := NewScanner(Limits{})
	s.Feed([]byte("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\x16\x03\x01<"))
	f, ok := s.Next()
	if !ok || f.Kind != KindElement {
		t.Fatalf("got %v, %v", f, ok)
	}
	if rest := string(s.Rest()); rest != "\x16\x03\x01<" {
		t.Errorf("rest is %q", rest)
	}
	s.Feed([]byte("<stream:stream>"))
	if f, _ := s.Next(); f.Kind != KindHeader || f.Offset != 55 {
		t.Errorf("after the rest: %v at %d", f.Kind, f.Offset)
	}
}

func TestScannerPending(t *testing.T) {
	s := NewScanner(Limits{})
	s.Feed([]byte("<a/><stream:feat"))
	s.Next()
	s.Next()
	if p := s.Pending(); string(p.Raw) != "<stream:feat" || p.Offset != 4 || p.Flaw != FlawUnfinished {
		t.Errorf("pending %v %q at %d", p.Flaw, p.Raw, p.Offset)
	}
	if name := s.PendingName(); name != nil {
		t.Errorf("half a name: %q", name)
	}
	s.Feed([]byte("ures>"))
	s.Next()
	if name := string(s.PendingName()); name != "stream:features" {
		t.Errorf("name %q", name)
	}
}

func TestResync(t *testing.T) {
	for _, test := range []struct {
		input string
		want  []string
	}{
		{"<message><body>hi</message><presence/>", []string{"raw(misnested) <message><body>hi</message>", "element <presence/>"}},
		{"<message to='x><body>hi</body></message><iq id='1'/><presence/>", []string{"raw(misnested) <message to='x><body>hi</body></message>", "element <iq id='1'/>", "element <presence/>"}},
		{"<a><b></a><c><d></c><e/>", []string{"raw(misnested) <a><b></a>", "raw(misnested) <c><d></c>", "element <e/>"}},
		{"<message><body>hi", []string{"raw(torn off) <message><body>hi"}},
		{"<message><body><c>hi</b></body>", []string{"raw(torn off) <message><body><c>hi</b></body>"}},
	} {
		s := NewScanner(Limits{})
		s.Feed([]byte(test.input))
		var all []Frame
		for range 4 { // seconds
			for f, ok := s.Next(); ok; f, ok = s.Next() {
				all = append(all, f)
			}
			s.Resync()
		}
		s.Close()
		for f, ok := s.Next(); ok; f, ok = s.Next() {
			all = append(all, f)
		}
		if diff := cmp.Diff(test.want, list(all)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.input, diff)
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		"<?xml version='1.0'?><stream:stream xmlns='jabber:client'><iq/> <message><body>a</body></message></stream:stream>",
		"<a b='\">' c=\"'\"><![CDATA[]]>]]></a><!-- --> x <!DOCTYPE a [<!-- ' -->]>", "<a><b></a>", "\xef\xbb\xbf<a", "<!<!-<![CDAT<?x?",
	} {
		f.Add([]byte(seed), uint64(1), uint16(0))
		f.Add([]byte(seed), uint64(2), uint16(30))
	}
	f.Fuzz(func(t *testing.T, input []byte, seed uint64, limit uint16) {
		limits := Limits{FrameSize: int(limit), Depth: int(limit) / 8}
		random := rand.New(rand.NewPCG(seed, 0))
		s := NewScanner(limits)
		var joined []byte
		drain := func() {
			for f, ok := s.Next(); ok; f, ok = s.Next() {
				if len(f.Raw) == 0 || f.Offset != int64(len(joined)) {
					t.Fatalf("frame of %d bytes at %d, after %d bytes", len(f.Raw), f.Offset, len(joined))
				}
				if f.Kind == KindRaw == (f.Flaw == FlawNone) {
					t.Fatalf("%v with flaw %v", f.Kind, f.Flaw)
				}
				joined = append(joined, f.Raw...)
			}
		}
		for rest := input; len(rest) > 0; {
			n := 1 + random.IntN(min(len(rest), 1+random.IntN(40)))
			s.Feed(bytes.Clone(rest[:n]))
			rest = rest[n:]
			drain()
			if random.IntN(8) == 0 {
				s.Resync()
				drain()
			}
			if p := s.Pending(); p.Offset != int64(len(joined)) {
				t.Fatalf("pending at %d, after %d bytes", p.Offset, len(joined))
			}
		}
		s.Close()
		drain()
		if !bytes.Equal(joined, input) {
			t.Fatalf("frames joined differ from input:\n got %q\nwant %q", joined, input)
		}
	})
}
