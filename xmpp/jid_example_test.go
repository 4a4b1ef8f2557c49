package xmpp_test

import (
	"fmt"

	"xmppscope/xmpp"
)

func ExampleParseJID() {
	j, err := xmpp.ParseJID("Juliet@BÜCHER.example/Balcony")
	if err != nil {
		panic(err)
	}
	fmt.Println(j, j.Bare(), j.Resource())

	_, err = xmpp.ParseJID("juliet capulet@example.com")
	fmt.Println(err)
	// Output:
	// juliet@bücher.example/Balcony juliet@bücher.example Balcony
	// "juliet capulet@example.com" is not a JID: the localpart has a space
}

func ExampleRegistry_Find() {
	n, like := xmpp.Namespaces().Find("urn:xmpp:mam:1#extended")
	fmt.Println(n.URI, n.Spec, n.Title, like)
	// Output: urn:xmpp:mam:1 XEP-0313 Message Archive Management without its fragment
}
