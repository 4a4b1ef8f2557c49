package xmpp

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func element(t testing.TB, raw string) Element {
	t.Helper()
	e, ok := ParseElement([]byte(raw), HeaderScope(Frame{Raw: []byte(header)}))
	if !ok {
		t.Fatalf("no element: %s", raw)
	}
	return e
}

func TestElement(t *testing.T) {
	e := element(t, `<message to = 'a&amp;b' from="c	d" x:y='1' xmlns:x='urn:x'><body>one &lt; <![CDATA[<two>]]>&#x263A;&unknown;`+"\r\n"+`</body><x:z/><!-- <w/> --><x:z xmlns:x='urn:q'>last</x:z></message>`)
	if !e.Is("jabber:client", "message") {
		t.Errorf("is {%s}%s", e.Space(), e.Local())
	}
	to, _ := e.Attr("to")
	from, _ := e.Attr("from")
	if to != "a&b" || from != "c d" {
		t.Errorf("to %q, from %q", to, from)
	}
	if _, ok := e.Attr("id"); ok {
		t.Error("there is an id")
	}
	var names []string
	for c := range e.Children() {
		names = append(names, fmt.Sprintf("{%s}%s", c.Space(), c.Local()))
	}
	if diff := cmp.Diff([]string{"{jabber:client}body", "{urn:x}z", "{urn:q}z"}, names); diff != "" {
		t.Error(diff)
	}
	body, ok := e.Child("jabber:client", "body")
	if !ok || body.Text() != "one < <two>☺&unknown;\n" {
		t.Errorf("body %q", body.Text())
	}
	if z, _ := e.Child("urn:q", "z"); string(z.Raw()) != "<x:z xmlns:x='urn:q'>last</x:z>" || z.Text() != "last" {
		t.Errorf("z %q", z.Raw())
	}
}

func TestPath(t *testing.T) {
	e := element(t, `<iq id='1'><query xmlns='jabber:iq:roster'><item jid='a'><group>x</group></item><item jid='b&amp;'/></query></iq>`)
	for path, want := range map[string][]string{
		"iq":                                 {""},
		"iq/@id":                             {"1"},
		"iq/query/item/@jid":                 {"a", "b&"},
		"iq/{jabber:iq:roster}query/*/group": {"x"},
		"*/*/*/@jid":                         {"a", "b&"},
		"iq/{http://a/b}query/item/@jid":     nil,
		"message/query":                      nil,
		"iq/query/item/@nothing":             nil,
		"iq/query/item/@jid/x":               nil,
		"":                                   nil,
	} {
		var got []string
		for v := range e.Path(path) {
			got = append(got, v.Text)
			if raw := string(Unescape(e.doc[v.Start:v.End])); !strings.Contains(raw, v.Text) {
				t.Errorf("%s: span holds %q", path, raw)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

func TestEdits(t *testing.T) {
	const raw = `<message  to="a" type='chat'><body>hi</body><x/><y a='1' /></message>`
	e := element(t, raw)
	body, _ := e.Child("jabber:client", "body")
	x, _ := e.Child("jabber:client", "x")
	y, _ := e.Child("jabber:client", "y")
	for _, test := range []struct {
		splices []Splice
		want    string
	}{
		{nil, raw},
		{[]Splice{body.SetText("a<b")}, `<message  to="a" type='chat'><body>a&lt;b</body><x/><y a='1' /></message>`},
		{[]Splice{x.SetText("t")}, `<message  to="a" type='chat'><body>hi</body><x>t</x><y a='1' /></message>`},
		{[]Splice{y.SetText("t"), body.Remove()}, `<message  to="a" type='chat'><x/><y a='1' >t</y></message>`},
		{[]Splice{e.SetAttr("to", `"b"`), e.RemoveAttr("type"), e.SetAttr("id", "1")}, `<message id='1'  to="&quot;b&quot;"><body>hi</body><x/><y a='1' /></message>`},
		{[]Splice{e.RemoveAttr("none"), e.RemoveAttr("to")}, `<message type='chat'><body>hi</body><x/><y a='1' /></message>`},
	} {
		if diff := cmp.Diff(test.want, string(Apply([]byte(raw), test.splices...))); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSummarize(t *testing.T) {
	scope := HeaderScope(Frame{Raw: []byte(header)})
	for _, test := range []struct{ raw, want string }{
		{"<message to='a' from='b' id='c' type='chat'><subject/><body>x &lt;</body><y xmlns='urn:y'/></message>", "message {jabber:client}message b a c chat {urn:y}y  x &lt;"},
		{"<message><body>x</body></message>", "message {jabber:client}message     {jabber:client}body  x"},
		{"<message><y xmlns='urn:y'/><body>x</body></message>", "message {jabber:client}message     {urn:y}y  x"},
		{"<iq type='error' id='1'><query xmlns='q'><error/></query><error type='cancel'><text/><item-not-found xmlns='z'/></error></iq>", "iq {jabber:client}iq   1 error {q}query item-not-found "},
		{"<iq type='error' id='1'><error/></iq>", "iq {jabber:client}iq   1 error {jabber:client}error  "},
		{"<presence/>", "presence {jabber:client}presence     {}  "},
		{"<presence xmlns='jabber:server' to='a&amp;b'><show>dnd</show><c xmlns='c'/></presence>", "presence {jabber:server}presence  a&b   {c}c  "},
		{"<stream:error><text/><host-gone xmlns='s'/></stream:error>", "nonza {http://etherx.jabber.org/streams}error     {jabber:client}text host-gone "},
		{"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>", "nonza {urn:ietf:params:xml:ns:xmpp-sasl}failure     {urn:ietf:params:xml:ns:xmpp-sasl}not-authorized not-authorized "},
		{"<p:iq xmlns:p='urn:p'><p:q/></p:iq>", "iq {urn:p}iq     {urn:p}q  "},
		{"<iq xmlns:stream='urn:s'><stream:q/></iq>", "iq {jabber:client}iq     {urn:s}q  "}, // declared further out, too
		{header, "header {http://etherx.jabber.org/streams}stream a b   {}  "},
		{" ", "space {}      {}  "},
	} {
		all := frames(t, test.raw, 1<<10, Limits{})
		s := Summarize(all[0], scope)
		got := fmt.Sprintf("%v {%s}%s %s %s %s %s {%s}%s %s %s", s.Class, s.Space, s.Local, s.From, s.To, s.ID, s.Type, s.ChildSpace, s.ChildLocal, s.Condition, s.Body)
		want := strings.Replace(test.want, "space {}      {}", "space {}     {}", 1)
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", test.raw, got, want)
		}
	}
}

// FuzzElement holds names, attributes and text against encoding/xml wherever
// that takes the input for well-formed.
func FuzzElement(f *testing.F) {
	for _, seed := range []string{
		`<a xmlns='b' c="d&amp;"><e:f xmlns:e='g'>h<![CDATA[i]]></e:f><j/></a>`, "<a b='\r\n\t'>\r&#13;</a>", `<a><?p?><!-- x --></a>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		e, ok := ParseElement([]byte(input), nil)
		if ok {
			exercise(e)
		}
		want, err := parseTree(input)
		if err != nil {
			return
		}
		if !ok {
			if strings.HasPrefix(input, "<") && len(input) > 1 && isNameStart(input[1]) {
				t.Fatalf("no element in %q", input)
			}
			return
		}
		if diff := cmp.Diff(want, treeOf(e)); diff != "" {
			t.Fatalf("%q (-encoding/xml +ours)\n%s", input, diff)
		}
	})
}

// exercise calls what must not panic on any bytes.
func exercise(e Element) {
	for range e.Path("*/*/@a") {
	}
	Apply(e.doc, e.SetAttr("to", "x"))
	Apply(e.doc, e.SetText("x"))
	Apply(e.doc, e.RemoveAttr("a"))
	Summarize(Frame{Kind: KindElement, Raw: e.doc}, nil)
	Check(Frame{Kind: KindElement, Raw: e.doc}, nil, func(Fault) {})
}

type tree struct {
	Name     string
	Attrs    []string
	Text     string
	Children []tree
}

func treeOf(e Element) tree {
	n := tree{Name: e.Space() + " " + string(e.Local()), Text: e.Text()}
	for a := range e.Attrs() {
		if _, declares := declaredPrefix(a.Name); !declares {
			n.Attrs = append(n.Attrs, string(localName(a.Name))+"="+a.Value())
		}
	}
	for c := range e.Children() {
		n.Children = append(n.Children, treeOf(c))
	}
	return n
}

// parseTree reads one element with encoding/xml, and refuses what that lets
// through although XML does not.
func parseTree(input string) (tree, error) {
	if faulty(input) {
		return tree{}, fmt.Errorf("not for comparison")
	}
	d := xml.NewDecoder(strings.NewReader(input))
	stack := []tree{{}}
	for {
		token, err := d.Token()
		if err == io.EOF && len(stack) == 1 && len(stack[0].Children) == 1 {
			return stack[0].Children[0], nil
		} else if err != nil {
			return tree{}, err
		}
		top := &stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			n := tree{Name: token.Name.Space + " " + token.Name.Local}
			for _, a := range token.Attr {
				if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
					continue
				}
				// encoding/xml does not normalise attribute values.
				value := strings.Map(func(r rune) rune {
					if r == '\t' || r == '\n' || r == '\r' {
						return ' '
					}
					return r
				}, a.Value)
				n.Attrs = append(n.Attrs, a.Name.Local+"="+value)
			}
			stack = append(stack, n)
		case xml.EndElement:
			n := *top
			stack = stack[:len(stack)-1]
			top = &stack[len(stack)-1]
			top.Children = append(top.Children, n)
		case xml.CharData:
			if len(stack) == 1 {
				return tree{}, fmt.Errorf("text outside")
			}
			top.Text += string(token)
		}
	}
}

// faulty reports whether Check finds anything that encoding/xml lets through,
// or the input has what the two normalise differently.
func faulty(input string) bool {
	bad := !strings.HasPrefix(input, "<") || strings.ContainsAny(input, "\r") || strings.Contains(input, "&#")
	Check(Frame{Kind: KindElement, Raw: []byte(input)}, nil, func(Fault) { bad = true })
	return bad || bytes.Contains([]byte(input), []byte("xml:"))
}

// TestForgedFrames gives what a forged capture may hold to all that reads
// frames: none may panic.
func TestForgedFrames(t *testing.T) {
	for _, raw := range []string{"", "<", "a", "</", "</a>", "<?", "<!", "< >", "<a", "\xff"} {
		for kind := KindRaw; kind <= KindFooter+1; kind++ {
			f := Frame{Kind: kind, Raw: []byte(raw)}
			if s := Summarize(f, nil); kind == KindElement && len(raw) < 2 && s.Class != ClassRaw {
				t.Errorf("%v %q is summarized as %v", kind, raw, s.Class)
			}
			Check(f, nil, func(Fault) {})
			HeaderScope(f)
			for d := FromInitiator; d <= FromReceiver; d++ {
				NewObserver().Observe(d, f)
			}
		}
	}
}
