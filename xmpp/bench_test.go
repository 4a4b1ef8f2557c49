package xmpp

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
)

// stanzaMix is a realistic mix of stanzas, 460 bytes each on average.
func stanzaMix(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, `<message xmlns='jabber:client' from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony' type='chat' id='m%d' xml:lang='en'><body>Neither, fair saint, if either thee dislike. With love's light wings did I o'erperch these walls; for stony limits cannot hold love out, and what love can do that dares love attempt.</body><active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><origin-id xmlns='urn:xmpp:sid:0' id='7a3c5e0e-6f2f-4d8c-a6f0-1d2b3c4d5e6f'/></message>`, i)
		case 1:
			fmt.Fprintf(&b, `<presence from="juliet@capulet.example/balcony" to="romeo@montague.example/orchard"><show>away</show><status>I shall return in a while, and until then be patient with me</status><priority>5</priority><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://gajim.org" ver="QgayPKawpkPSDYmwT/WM94uAlu0="/><x xmlns="vcard-temp:x:update"><photo>01b87fcd030b72895ff8e88db57ec525450f000d</photo></x></presence>`)
		case 2:
			fmt.Fprintf(&b, `<iq type='result' id='r%d' from='capulet.example' to='romeo@montague.example/orchard'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' name='Prosody'/><feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/><feature var='jabber:iq:roster'/><feature var='urn:xmpp:ping'/><feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:mam:2'/></query></iq>`, i)
		case 3:
			fmt.Fprintf(&b, `<iq xmlns="jabber:client" type="set" id="push%d" to="romeo@montague.example/orchard"><query xmlns="jabber:iq:roster" ver="ver14"><item jid="nurse@capulet.example" name="The Nurse" subscription="both"><group>Servants</group><group>Family and household</group></item><item jid="mercutio@montague.example" name="Mercutio" subscription="from"/></query></iq>`, i)
		}
	}
	return b.Bytes()
}

const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='a' to='b' version='1.0'>`

// hostile are inputs whose shape, not size, might cost time.
func hostile() map[string][]byte {
	const mib = 1 << 20
	return map[string][]byte{
		"ampersands": []byte("<a>" + strings.Repeat("&", mib) + "</a>"),
		"references": []byte("<a>" + strings.Repeat("&amp;", mib/5) + "</a>"),
		"nested":     []byte(strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000)),
		"attribute":  []byte("<a b='" + strings.Repeat("x", mib) + "'/>"),
		"attributes": []byte("<a" + strings.Repeat(" b='c'", mib/6) + "/>"),
		"distinct":   distinctAttributes(mib),
		"empty":      []byte("<a>" + strings.Repeat("<b/>", mib/4) + "</a>"),
		"tiny":       []byte(strings.Repeat("<a/>", mib/4)),
		"angles":     []byte("<a b='" + strings.Repeat(">", mib) + "'/>"),
		"quotes":     []byte(strings.Repeat(`<a b="'>'"/>`, mib/12)),
		"less":       []byte("<a>" + strings.Repeat("<", mib) + "</a>"),
		"text":       []byte(strings.Repeat("x <", mib/3)),
		"comments":   []byte("<a>" + strings.Repeat("<!---->", mib/7) + "</a>"),
		"spaces":     bytes.Repeat([]byte(" "), mib),
		"namespaces": []byte(strings.Repeat("<a xmlns='b'>", mib/26) + strings.Repeat("</a>", mib/26)),
		"broken":     bytes.Repeat([]byte{0xff}, mib),
	}
}

func distinctAttributes(size int) []byte {
	var b bytes.Buffer
	b.WriteString("<a")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, " b%d=''", i)
	}
	b.WriteString("/>")
	return b.Bytes()
}

// feedAll feeds input in reads of the given size to a new Scanner and calls
// visit for each frame.
func feedAll(input []byte, read int, visit func(Frame)) {
	s := NewScanner(Limits{})
	for rest := input; len(rest) > 0; {
		n := min(read, len(rest))
		s.Feed(rest[:n:n])
		rest = rest[n:]
		for f, ok := s.Next(); ok; f, ok = s.Next() {
			visit(f)
		}
	}
	s.Close()
	for f, ok := s.Next(); ok; f, ok = s.Next() {
		visit(f)
	}
}

const readSize = 16 << 10

func BenchmarkFrames(b *testing.B) {
	input := stanzaMix(4000)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	frames := 0
	for b.Loop() {
		frames = 0
		feedAll(input, readSize, func(Frame) { frames++ })
	}
	b.ReportMetric(float64(len(input)/frames), "B/frame")
}

func BenchmarkSummaries(b *testing.B) {
	input := stanzaMix(4000)
	scope := HeaderScope(Frame{Raw: []byte(header)})
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		feedAll(input, readSize, func(f Frame) {
			if s := Summarize(f, scope); s.Class == ClassRaw || s.ChildSpace == nil {
				b.Fatalf("%+v of %s", s, f.Raw)
			}
		})
	}
}

func BenchmarkChecks(b *testing.B) {
	input := stanzaMix(4000)
	scope := HeaderScope(Frame{Raw: []byte(header)})
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	var checker Checker
	report := func(fault Fault) { b.Fatal(fault) }
	for b.Loop() {
		feedAll(input, readSize, func(f Frame) {
			Summarize(f, scope)
			checker.Check(f, scope, report)
		})
	}
}

func BenchmarkFramesByteByByte(b *testing.B) {
	input := stanzaMix(400)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		feedAll(input, 1, func(Frame) {})
	}
}

func BenchmarkEncodingXML(b *testing.B) {
	input := append([]byte(header), stanzaMix(400)...)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		d := xml.NewDecoder(bytes.NewReader(input))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil && !strings.Contains(err.Error(), "EOF") {
				b.Fatal(err)
			} else if err != nil {
				break
			}
		}
	}
}

func BenchmarkHostileFrames(b *testing.B) {
	for name, input := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(input)))
			for b.Loop() {
				feedAll(input, readSize, func(Frame) {})
			}
		})
	}
}

func BenchmarkHostileChecks(b *testing.B) {
	for name, input := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(input)))
			var checker Checker
			for b.Loop() {
				feedAll(input, readSize, func(f Frame) {
					Summarize(f, nil)
					checker.Check(f, nil, func(Fault) {})
				})
			}
		})
	}
}
