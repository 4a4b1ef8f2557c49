package inspect

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"flag"
	"io"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// allOptions is every way to print.
func allOptions() map[string]PrintOptions {
	return map[string]PrintOptions{
		"text":     {},
		"laid out": {Layout: true, Elapsed: true},
		"colour":   {Colour: true, Layout: true},
		"xml":      {Format: XML},
		"jsonl":    {Format: JSONL},
	}
}

func printed(t *testing.T, o PrintOptions, rows ...Row) string {
	t.Helper()
	var out bytes.Buffer
	p := NewPrinter(&out, o)
	for _, r := range rows {
		if err := p.Print(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// someRows is a little of everything.
func someRows() []Row {
	start := time.Date(2026, 11, 22, 20, 15, 0, 123456789, time.UTC)
	offset := int64(0)
	rows := []Row{
		{Event: trace.Event{Kind: trace.Opened, Addr: netip.MustParseAddrPort("127.0.0.1:40000")}},
		{Event: trace.Event{Kind: trace.Connected, Addr: netip.MustParseAddrPort("[::1]:5222")}},
		{Event: trace.Event{Kind: trace.Noted, Note: &trace.Note{Topic: trace.TopicTLS, Severity: trace.Warning,
			Text: "The client\nspoke 'TLS' 1.0.\x1b", Facts: []trace.Fact{{Key: "version", Value: "1.0"}}}}},
	}
	for _, f := range []xmpp.Frame{
		{Kind: xmpp.KindDeclaration, Raw: []byte(`<?xml version='1.0'?>`)},
		{Kind: xmpp.KindHeader, Raw: []byte(`<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='a.example'>`)},
		{Kind: xmpp.KindElement, Raw: []byte(`<stream:features><ver xmlns='urn:xmpp:features:rosterver'/></stream:features>`)},
		{Kind: xmpp.KindElement, Raw: []byte("<message to='j@a.example'><body>a &amp; b\n#1 forged\u202e</body><x:y/></message>")},
		{Kind: xmpp.KindElement, Raw: []byte("<iq id='\u009b'><a><b/></a></iq>")},
		{Kind: xmpp.KindElement, Raw: []byte("<a><![CDATA[\u200b]]></a>")},
		{Kind: xmpp.KindSpace, Raw: []byte(" ")},
		{Flaw: xmpp.FlawText, Raw: []byte("# \x1b[31m\xff")},
		{Kind: xmpp.KindFooter, Raw: []byte("</stream:stream>")},
	} {
		f.Offset = offset
		offset += int64(len(f.Raw))
		rows = append(rows, framed(f))
	}
	rows = append(rows, Row{Event: trace.Event{Kind: trace.Ended, Dir: trace.FromReceiver}}, Row{Event: trace.Event{Kind: trace.Closed}})
	for i := range rows {
		rows[i].No = i + 1
		rows[i].Event.Session = 1
		rows[i].Event.Time = start.Add(time.Duration(i) * 1500 * time.Microsecond)
	}
	rows[5].Event.Dir = trace.FromReceiver
	rows[6].Event.Replaces, rows[6].Event.Origin = 4, trace.User
	rows[7].Event.Leg, rows[7].Event.Origin = trace.UpstreamLeg, trace.Tool
	return rows
}

func TestPrintGolden(t *testing.T) {
	for name, o := range allOptions() {
		t.Run(name, func(t *testing.T) {
			golden(t, "testdata/print-"+strings.ReplaceAll(name, " ", "-")+".golden", printed(t, o, someRows()...))
		})
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with a file, or writes the file if asked to.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestPrintedXMLIsExact(t *testing.T) {
	rows := someRows()
	d := xml.NewDecoder(strings.NewReader(printed(t, PrintOptions{Format: XML}, rows...)))
	var document struct {
		Frames []struct {
			No       int    `xml:"no,attr"`
			Encoding string `xml:"encoding,attr"`
			Inner    string `xml:",innerxml"`
			Text     string `xml:",chardata"`
		} `xml:"frame"`
		Events []struct {
			Note string `xml:"note,attr"`
		} `xml:"event"`
	}
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	exact := 0
	for _, f := range document.Frames {
		want := string(rows[f.No-1].Event.Frame.Raw)
		got := f.Inner
		switch f.Encoding {
		case "text":
			got = f.Text
		case "base64":
			decoded, err := base64.StdEncoding.DecodeString(f.Text)
			if err != nil {
				t.Fatal(err)
			}
			got = string(decoded)
		default:
			exact++
			got = strings.NewReplacer("&#x9B;", "\u009b").Replace(got)
		}
		if got != want {
			t.Errorf("#%d: %q, want %q", f.No, got, want)
		}
	}
	if len(document.Frames) != 9 || len(document.Events) != 5 || exact != 3 {
		t.Errorf("%d frames, %d of them as elements, and %d events; want 9, 3 and 5", len(document.Frames), exact, len(document.Events))
	}
	if want := "The client\nspoke 'TLS' 1.0.\ufffd"; document.Events[2].Note != want {
		t.Errorf("note %q, want %q", document.Events[2].Note, want)
	}
}

func TestPrintedJSONIsExact(t *testing.T) {
	rows := someRows()
	d := json.NewDecoder(strings.NewReader(printed(t, PrintOptions{Format: JSONL}, rows...)))
	n := 0
	for ; d.More(); n++ {
		var row jsonRow
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		frame := rows[n].Event.Frame.Raw
		if got := row.XML + string(row.Raw); got != string(frame) || row.Size != len(frame) {
			t.Errorf("#%d: %q (%d bytes), want %q", row.No, got, row.Size, frame)
		}
		if when, err := time.Parse(time.RFC3339Nano, row.Time); err != nil || !when.Equal(rows[n].Event.Time) {
			t.Errorf("#%d: time %s", row.No, row.Time)
		}
	}
	if n != len(rows) {
		t.Errorf("%d lines for %d rows", n, len(rows))
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("\x00juliet\x00" + secret))
	var escaped strings.Builder
	for _, c := range secret {
		escaped.WriteString("&#" + string('0'+c/100) + string('0'+c/10%10) + string('0'+c%10) + ";")
	}
	for kind, plant := range plants() {
		for _, form := range []string{secret, encoded, escaped.String()} {
			raw := strings.ReplaceAll(plant, "SECRET", form)
			row := framed(element(raw))
			if kind == "handshake" || kind == "SASL unbound prefix" {
				row.Scope = nil
			}
			torn := row
			torn.Event.Frame = xmpp.Frame{Flaw: xmpp.FlawTorn, Raw: []byte(raw[:strings.Index(raw, form)+len(form)])}
			for name, o := range allOptions() {
				for _, r := range []Row{row, torn} {
					out := printed(t, o, r)
					if strings.Contains(out, form) || strings.Contains(out, secret) || !strings.Contains(out, "[muted ") {
						t.Errorf("%s as %s:\n%s", kind, name, out)
					}
				}
				row := row
				row.Secrets = true
				if out := printed(t, o, row); strings.Contains(out, "[muted ") {
					t.Errorf("%s as %s, muted against the wish:\n%s", kind, name, out)
				}
			}
		}
	}
}

func TestTornCredentialsAreNotPrinted(t *testing.T) {
	row := Row{Sensitive: true, Event: trace.Event{Kind: trace.Unfinished, Frame: xmpp.Frame{Flaw: xmpp.FlawUnfinished, Raw: []byte(secret)}}}
	for name, o := range allOptions() {
		if out := printed(t, o, row); strings.Contains(out, secret) {
			t.Errorf("%s:\n%s", name, out)
		}
	}
}

func FuzzPrint(f *testing.F) {
	f.Add([]byte("<a b='\u202e'>\x1b[31m\n#5</a>"), true)
	f.Add([]byte("<a><![CDATA[\u0085]]>&#x9b;\U000e0041</a>"), true)
	f.Fuzz(func(t *testing.T, raw []byte, whole bool) {
		frame := xmpp.Frame{Kind: xmpp.KindElement, Raw: raw}
		if !whole {
			frame = xmpp.Frame{Flaw: xmpp.FlawText, Raw: raw}
		}
		row := framed(frame)
		row.Event.Note = &trace.Note{Text: string(raw)}
		for name, o := range allOptions() {
			out := printed(t, o, row)
			plainText := out
			if o.Colour {
				for _, sequence := range []string{plain, heading, remark, "\x1b[34m", "\x1b[36m", "\x1b[32m", "\x1b[35m", "\x1b[2m", "\x1b[7m"} {
					plainText = strings.ReplaceAll(plainText, sequence, "")
				}
			}
			for _, r := range plainText {
				if r != '\n' && r != zeroWidthJoiner && !unicode.IsGraphic(r) || r == unicode.ReplacementChar && !bytes.ContainsRune(raw, r) && o.Format == Text {
					t.Fatalf("%s: %U in %q", name, r, out)
				}
			}
			switch o.Format {
			case XML:
				wellFormed(t, out)
			case JSONL:
				var row jsonRow
				if err := json.Unmarshal([]byte(out), &row); err != nil {
					t.Fatalf("%v in %s", err, out)
				}
			case Text:
				if !o.Colour && strings.Count("\n"+out, "\n#1")+strings.Count("\n"+out, "\n#0 ") > 1 {
					t.Fatalf("a forged heading in %q", out)
				}
			}
		}
	})
}

func BenchmarkPrint(b *testing.B) {
	for name, o := range allOptions() {
		b.Run(name, func(b *testing.B) {
			row := framed(element(`<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m44'>` +
				`<body>Shall I hear more, or shall I speak at this?</body><request xmlns='urn:xmpp:receipts'/></message>`))
			p := NewPrinter(io.Discard, o)
			b.ReportAllocs()
			for b.Loop() {
				p.Print(row)
			}
		})
	}
}
