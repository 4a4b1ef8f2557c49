package xmpp_test

import (
	"fmt"

	"xmppscope/xmpp"
)

func ExampleScanner() {
	s := xmpp.NewScanner(xmpp.Limits{})
	s.Feed([]byte("<stream:stream xmlns='jabber:client' to='capulet.example'>"))
	s.Feed([]byte("<presence/> <message><body>Art thou not Rom"))
	for f, ok := s.Next(); ok; f, ok = s.Next() {
		fmt.Println(f.Kind, len(f.Raw))
	}
	fmt.Printf("pending: %s\n", s.Pending().Raw)
	// Output:
	// header 58
	// element 11
	// space 1
	// pending: <message><body>Art thou not Rom
}

func ExampleElement_edit() {
	raw := []byte(`<message to="juliet@capulet.example"><body>Good  night</body></message>`)
	e, _ := xmpp.ParseElement(raw, nil)
	for body := range e.Path("message/body") {
		fmt.Printf("%s\n", xmpp.Apply(raw, body.Element.SetText("A thousand times good night")))
	}
	// Output:
	// <message to="juliet@capulet.example"><body>A thousand times good night</body></message>
}

func ExampleCheck() {
	f := xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte("<message to='a' to='b'><body>&nbsp;</body></message>")}
	xmpp.Check(f, nil, func(fault xmpp.Fault) { fmt.Println(fault.Rule, fault.Offset) })
	// Output:
	// xml-duplicate-attribute 16
	// xml-entity-reference 29
}
