package inspect

import "strings"

// shortSpaces are what namespaces begin with that belong to XMPP anyway,
// longest first where one begins another.
var shortSpaces = [...]string{
	"http://jabber.org/protocol/", "http://jabber.org/features/", "http://etherx.jabber.org/",
	"urn:ietf:params:xml:ns:xmpp-", "urn:ietf:params:xml:ns:", "urn:xmpp:features:", "urn:xmpp:",
	"jabber:iq:", "jabber:x:", "jabber:",
}

// ShortSpace returns a namespace as short as it can be told from others:
// "disco#items", "mam", "roster", "sasl". Others than XMPP's are returned
// as they are. The text is not cleaned.
func ShortSpace(space string) string {
	for _, prefix := range shortSpaces {
		if rest, ok := strings.CutPrefix(space, prefix); ok && rest != "" {
			return withoutVersion(rest)
		}
	}
	return space
}

// withoutVersion cuts ":2" off "mam:2".
func withoutVersion(space string) string {
	if i := strings.LastIndexByte(space, ':'); i > 0 && strings.Trim(space[i+1:], "0123456789") == "" {
		return space[:i]
	}
	return space
}

// payloadName names an element by namespace and name, leaving out what says
// nothing: "disco#items", "mam fin", "receipts received", "ping".
func payloadName(space, local string) string {
	short := ShortSpace(space)
	switch {
	case short == "":
		return local
	case space == short: // a namespace of others: the name says more
		return local + " (" + space + ")"
	case local == "query" || local == "x" || short == local || strings.HasSuffix(short, "#"+local):
		return short
	}
	return short + " " + local
}
