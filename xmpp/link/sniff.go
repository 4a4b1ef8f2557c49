package link

import (
	"bytes"
	"strings"
)

// Protocol is what a connection's first bytes show it to be.
type Protocol uint8

const (
	Unknown   Protocol = iota // none of those below
	PlainXMPP                 // an XML stream without TLS, or with STARTTLS to come
	DirectTLS                 // a TLS ClientHello (XEP-0368)
	HTTP                      // a request, perhaps for BOSH or WebSocket
	SOCKS                     // SOCKS 4 or 5
)

// String names the protocol as people write it.
func (p Protocol) String() string {
	names := [...]string{"unknown", "XMPP", "Direct TLS", "HTTP", "SOCKS"}
	if int(p) < len(names) {
		return names[p]
	}
	return "unknown"
}

// enoughSpace is after how much white space alone a client is taken for one
// that sends keepalives and will go on with XML.
const enoughSpace = 256

// Sniff tells what a connection is from its first bytes, all that were read so
// far. While they do not tell yet, ok is false.
//
// White space and a byte order mark before the first "<" are plain XMPP.
// Sniff only looks at prefix, and may be called from any goroutine.
func Sniff(prefix []byte) (p Protocol, ok bool) {
	if len(prefix) == 0 {
		return Unknown, false
	}
	switch prefix[0] {
	case 0x16: // a handshake record, then version 3.x (RFC 8446 §5.1)
		return second(prefix, DirectTLS, func(b byte) bool { return b == 3 })
	case 4: // CONNECT or BIND
		return second(prefix, SOCKS, func(b byte) bool { return b == 1 || b == 2 })
	case 5: // how many methods are offered (RFC 1928 §3)
		return second(prefix, SOCKS, func(b byte) bool { return b > 0 })
	}
	// The methods of RFC 9110 §9.3 and RFC 5789, and the preface of HTTP/2.
	for _, method := range [...]string{"GET", "POST", "OPTIONS", "HEAD", "PUT", "CONNECT", "PATCH", "DELETE", "TRACE", "PRI"} {
		if line := method + " "; strings.HasPrefix(string(prefix), line) {
			return HTTP, true
		} else if strings.HasPrefix(line, string(prefix)) {
			return Unknown, false
		}
	}
	return sniffXML(prefix)
}

// second decides by the second byte.
func second(prefix []byte, p Protocol, fits func(byte) bool) (Protocol, bool) {
	switch {
	case len(prefix) < 2:
		return Unknown, false
	case fits(prefix[1]):
		return p, true
	}
	return Unknown, true
}

func sniffXML(prefix []byte) (Protocol, bool) {
	const bom = "\xEF\xBB\xBF"
	prefix = prefix[:min(len(prefix), enoughSpace)] // more must not change what fewer bytes told
	if len(prefix) < len(bom) && strings.HasPrefix(bom, string(prefix)) {
		return Unknown, false
	}
	rest := bytes.TrimLeft(bytes.TrimPrefix(prefix, []byte(bom)), " \t\r\n")
	switch {
	case len(rest) == 0 && len(prefix) < enoughSpace:
		return Unknown, false
	case len(rest) == 0 || rest[0] == '<':
		return PlainXMPP, true
	}
	return Unknown, true
}
