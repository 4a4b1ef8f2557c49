package inspect

import (
	"bytes"
	"strings"
	"testing"
)

func TestLayout(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		width int
		want  string
	}{
		"stanza": {"<message to='a'><body>hi</body><x/></message>", 0,
			"<message to='a'>\n  <body>hi</body>\n  <x/>\n</message>"},
		"nested": {"<iq><query><item/><item><a/></item></query></iq>", 0,
			"<iq>\n  <query>\n    <item/>\n    <item>\n      <a/>\n    </item>\n  </query>\n</iq>"},
		"mixed":       {"<a>text<b/><c/></a>", 0, "<a>text<b/><c/></a>"},
		"laid out":    {"<a>\n <b/>\n</a>", 0, "<a>\n <b/>\n</a>"},
		"references":  {"<a>&#10;<b/></a>", 0, "<a>&#10;<b/></a>"},
		"CDATA":       {"<a><![CDATA[]]><b/></a>", 0, "<a><![CDATA[]]><b/></a>"},
		"XHTML":       {"<a><html><body><p><em>x</em><b>y</b></p></body></html></a>", 0, "<a>\n  <html><body><p><em>x</em><b>y</b></p></body></html>\n</a>"},
		"empty":       {"<a></a>", 0, "<a></a>"},
		"torn":        {"<a><b/><c d='", 0, "<a>\n  <b/>\n  <c d='"},
		"stray end":   {"</a><b><c/></b>", 0, "</a><b><c/></b>"},
		"text":        {"no XML", 0, "no XML"},
		"nothing":     {"", 0, ""},
		"only <":      {"<", 20, "<"},
		"wide enough": {"<a b='c' d='e'/>", 16, "<a b='c' d='e'/>"},
		"wrapped": {"<a b='c' dd='eé' f='g'>x</a>", 16,
			"<a b='c' dd='eé'\n   f='g'>x</a>"},
		"every attribute too long": {"<a b='0123456789' c='0123456789'/>", 8,
			"<a b='0123456789'\n   c='0123456789'/>"},
		"own break":   {"<a b='0123456789'\n c='0123456789'/>", 8, "<a b='0123456789'\n c='0123456789'/>"},
		"blank value": {"<a b='0 1 2 3 4 5' c='0 1'/>", 8, "<a b='0 1 2 3 4 5'\n   c='0 1'/>"},
		"header":      {"<s:s to='a.example' from='b.example'>", 20, "<s:s to='a.example'\n     from='b.example'>"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(Layout([]byte(c.in), c.width)); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLayoutOfDeepXMLStaysSmall(t *testing.T) {
	deep := []byte(strings.Repeat("<a>", 100_000))
	if out := Layout(deep, 80); len(out) > 20*len(deep) {
		t.Errorf("%d bytes became %d", len(deep), len(out))
	}
}

func FuzzLayout(f *testing.F) {
	f.Add([]byte("<message to='a' from='b'><body>hi</body><x><y/></x></message>"), 10)
	f.Add([]byte("<a <b</c></a>"), 0)
	f.Fuzz(func(t *testing.T, xml []byte, width int) {
		out := Layout(xml, width)
		blank := func(r rune) bool { return r == ' ' || r == '\n' }
		squeeze := func(b []byte) []byte { return bytes.Join(bytes.FieldsFunc(b, blank), nil) }
		if !bytes.Equal(squeeze(out), squeeze(xml)) {
			t.Fatalf("%q became %q", xml, out)
		}
	})
}
