package xmpp

import "bytes"

var (
	singleQuote = []byte{'\''}
	doubleQuote = []byte{'"'}
	lessThan    = []byte{'<'}
	framingNS   = []byte(nsFraming)
	xmlNSBytes  = []byte(xmlNS)
	streamsNS   = []byte(nsStreams)
)

// isSpace reports whether c is white space (XML 1.0 §2.3).
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// isNameStart reports whether c can begin a name, judged by its first byte.
func isNameStart(c byte) bool {
	return c-'a' < 26 || c-'A' < 26 || c == '_' || c == ':' || c >= 0x80
}

// endsName says which bytes end the name in a tag.
var endsName = [256]bool{' ': true, '\n': true, '\t': true, '\r': true, '/': true, '>': true, '=': true, '<': true, '"': true, '\'': true}

// nameOf returns the name at the start of b, which may be all of it.
func nameOf(b []byte) []byte {
	for i, c := range b {
		if endsName[c] {
			return b[:i]
		}
	}
	return b
}

// localName returns name without its prefix.
func localName(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// isStreamTag reports whether the start tag with the inside tag opens a
// stream. Any prefix will do, and none; a wrong namespace is the finding of
// whoever looks closer.
func isStreamTag(tag []byte, empty bool) bool {
	name := nameOf(tag)
	n := len(name) - len(streamName)
	if n < 0 || string(name[n:]) != streamName || n > 0 && name[n-1] != ':' {
		return false
	}
	return !empty || bytes.Contains(tag, streamsNS)
}

const streamName = "stream"

// isDeclaration reports whether the processing instruction pi is an XML
// declaration (XML 1.0 §2.8).
func isDeclaration(pi []byte) bool {
	return len(pi) > 6 && string(pi[:5]) == "<?xml" && (isSpace(pi[5]) || pi[5] == '?')
}
