package filter

import (
	"fmt"
	"strconv"
	"strings"

	"xmppscope/xmpp"
)

// payloadXEP returns the number of the XEP that defines a payload.
func payloadXEP(name string) (string, bool) {
	space, ok := payloadSpace(name)
	if !ok {
		return "", false
	}
	ns, like := xmpp.Namespaces().Find(space)
	if like == xmpp.Unknown || like == xmpp.Misspelt {
		return "", false
	}
	return strings.CutPrefix(ns.Spec, "XEP-")
}

// xepNumber reads a number of a XEP: 0199, 199 or XEP-0199.
func xepNumber(text string) (string, bool) {
	if len(text) > 4 && strings.EqualFold(text[:4], "XEP-") {
		text = text[4:]
	}
	n, err := strconv.ParseUint(text, 10, 16)
	return fmt.Sprintf("%04d", n), err == nil && n < 10000
}
