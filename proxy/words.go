package proxy

import (
	"strings"

	"xmppscope/xmpp"
)

// Namespaces of what the proxy takes part in.
const (
	nsStream   = "http://etherx.jabber.org/streams"
	nsTLS      = "urn:ietf:params:xml:ns:xmpp-tls"
	nsSASL     = "urn:ietf:params:xml:ns:xmpp-sasl"
	nsSASL2    = "urn:xmpp:sasl:2"
	nsBinding  = "urn:xmpp:sasl-cb:0"
	nsFAST     = "urn:xmpp:fast:0"
	nsCompress = "http://jabber.org/features/compress"
)

const (
	xmlDeclaration  = "<?xml version='1.0'?>" // RFC 6120 §11.5
	starttlsElement = "<starttls xmlns='" + nsTLS + "'/>"
	proceedElement  = "<proceed xmlns='" + nsTLS + "'/>"
)

// ourHeader is a stream header of our own, with those attributes that are not
// empty.
func ourHeader(to, from, id string) []byte {
	b := []byte("<stream:stream xmlns='jabber:client' xmlns:stream='" + nsStream + "' version='1.0'")
	for _, a := range [...][2]string{{"to", to}, {"from", from}, {"id", id}} {
		if a[1] != "" {
			b = append(b, " "+a[0]+"='"...)
			b = append(xmpp.Escape(b, a[1]), '\'')
		}
	}
	return append(b, '>')
}

// streamError is a stream error of our own (RFC 6120 §4.9). It declares its
// prefix, since the header before it may be anybody's.
func streamError(condition, text string) []byte {
	const ns = "urn:ietf:params:xml:ns:xmpp-streams"
	b := []byte("<stream:error xmlns:stream='" + nsStream + "'><" + condition + " xmlns='" + ns + "'/><text xmlns='" + ns + "' xml:lang='en'>")
	return append(xmpp.Escape(b, text), "</text></stream:error>"...)
}

// isElement reports whether f is an element of that name.
func isElement(f xmpp.Frame, scope *xmpp.Scope, space, local string) bool {
	if f.Kind != xmpp.KindElement {
		return false
	}
	s := xmpp.Summarize(f, scope)
	return string(s.Space) == space && string(s.Local) == local
}

// isFeatures reports whether a frame is the features of a stream (RFC 6120
// §4.3.2).
func isFeatures(s xmpp.Summary) bool {
	return string(s.Local) == "features" && string(s.Space) == nsStream
}

func has(e xmpp.Element, space, local string) bool {
	_, ok := e.Child(space, local)
	return ok
}

func quoted(s string) string { return "“" + s + "”" }

// localOf returns a name without its prefix.
func localOf(name []byte) string {
	s := string(name)
	return s[strings.IndexByte(s, ':')+1:]
}
