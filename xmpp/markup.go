package xmpp

import (
	"bytes"
	"unicode/utf8"
)

// attr is where an attribute stands: name and value are b[name:nameEnd] and
// b[value:valueEnd], and next is where to go on.
type attr struct{ name, nameEnd, value, valueEnd, next int }

// betweenAttrs says which bytes are passed over in the look for an attribute.
var betweenAttrs = [256]bool{' ': true, '\n': true, '\t': true, '\r': true, '/': true, '=': true, '"': true, '\'': true}

// endsAttrName says which bytes end the name of an attribute.
var endsAttrName = [256]bool{' ': true, '\n': true, '\t': true, '\r': true, '/': true, '>': true, '=': true, '"': true, '\'': true}

// nextAttr finds the attribute at or after i in a start tag. Without one, ok
// is false and next is just after the tag's ">", or len(b). It tolerates what
// is not well-formed: a missing value is empty, an unquoted one ends at white
// space or ">".
func nextAttr(b []byte, i int) (a attr, ok bool) {
	for i < len(b) && betweenAttrs[b[i]] {
		i++
	}
	if i >= len(b) || b[i] == '>' {
		return attr{next: min(i+1, len(b))}, false
	}
	a.name = i
	for i++; i < len(b) && !endsAttrName[b[i]]; i++ {
	}
	a.nameEnd = i
	for i < len(b) && isSpace(b[i]) {
		i++
	}
	if i >= len(b) || b[i] != '=' {
		a.value, a.valueEnd, a.next = a.nameEnd, a.nameEnd, i
		return a, true
	}
	for i++; i < len(b) && isSpace(b[i]); i++ {
	}
	a.value = i
	if i < len(b) && (b[i] == '"' || b[i] == '\'') {
		a.value++
		if n := bytes.IndexByte(b[i+1:], b[i]); n >= 0 {
			a.valueEnd = i + 1 + n
			a.next = a.valueEnd + 1
		} else {
			a.valueEnd, a.next = len(b), len(b)
		}
		return a, true
	}
	for i < len(b) && !isSpace(b[i]) && b[i] != '>' {
		i++
	}
	a.valueEnd, a.next = i, i
	return a, true
}

// tagEnd returns the end of the start tag whose inside goes on at i, which is
// outside quotation marks, and whether the tag is an empty-element tag.
func tagEnd(b []byte, i int) (end int, empty bool) {
	if n := bytes.IndexByte(b[i:], '>'); n >= 0 && quotesBalanced(b[i:i+n]) {
		return i + n + 1, i+n > 0 && b[i+n-1] == '/'
	}
	for i < len(b) {
		switch c := b[i]; c {
		case '"', '\'':
			n := bytes.IndexByte(b[i+1:], c)
			if n < 0 {
				return len(b), false
			}
			i += n + 2
		case '>':
			return i + 1, b[i-1] == '/'
		default:
			i++
		}
	}
	return len(b), false
}

// piece is a stretch of content.
type piece uint8

const (
	pieceEnd   piece = iota // nothing is left
	pieceText               // character data as written
	pieceCDATA              // a whole CDATA section
	pieceStart              // a start tag
	pieceEmpty              // an empty-element tag
	pieceClose              // an end tag
	pieceAside              // comment, processing instruction, declaration
)

// nextPiece returns the piece of content that begins at i and its end.
func nextPiece(b []byte, i int) (p piece, end int) {
	if i >= len(b) {
		return pieceEnd, i
	}
	if b[i] != '<' {
		return pieceText, textEnd(b, i)
	}
	if i+1 >= len(b) {
		return pieceText, len(b)
	}
	switch c := b[i+1]; {
	case c == '/':
		if n := bytes.IndexByte(b[i:], '>'); n >= 0 {
			return pieceClose, i + n + 1
		}
		return pieceClose, len(b)
	case c == '?':
		return pieceAside, skipAside(b, i)
	case c == '!':
		if bytes.HasPrefix(b[i:], []byte("<![CDATA[")) {
			return pieceCDATA, skipAside(b, i)
		}
		if bytes.HasPrefix(b[i:], []byte("<!--")) {
			return pieceAside, skipAside(b, i)
		}
		return pieceText, textEnd(b, i+1)
	case isNameStart(c):
		end, empty := tagEnd(b, i+1)
		if empty {
			return pieceEmpty, end
		}
		return pieceStart, end
	}
	return pieceText, textEnd(b, i+1)
}

// textEnd returns the index of the first "<" at or after i, or len(b).
func textEnd(b []byte, i int) int {
	if n := bytes.IndexByte(b[i:], '<'); n >= 0 {
		return i + n
	}
	return len(b)
}

// elementEnd returns the end of an element whose start tag ended at i, by
// depth, and where its end tag begins.
func elementEnd(b []byte, i int) (endTag, end int) {
	for depth := 1; i < len(b); {
		if b[i] != '<' {
			i = textEnd(b, i)
			continue
		}
		if n := bytes.IndexByte(b[i:], '>'); n >= 2 { // whole and plain, as nearly always
			if b[i+1] == '/' {
				if depth--; depth == 0 {
					return i, i + n + 1
				}
				i += n + 1
				continue
			}
			if isNameStart(b[i+1]) && quotesBalanced(b[i+2:i+n]) {
				if b[i+n-1] != '/' {
					depth++
				}
				i += n + 1
				continue
			}
		}
		p, next := nextPiece(b, i)
		if p == pieceStart {
			depth++
		}
		i = next
	}
	return len(b), len(b)
}

// Unescape resolves the predefined entities and character references of
// XML 1.0 §4 and normalises line ends (§2.11). References to anything else
// stay as written; no entity is ever expanded. The result is raw itself when
// nothing had to change.
func Unescape(raw []byte) []byte { return unescape(raw, false) }

// UnescapeAttr is Unescape for attribute values, where white space characters
// become blanks (XML 1.0 §3.3.3).
func UnescapeAttr(raw []byte) []byte { return unescape(raw, true) }

func unescape(raw []byte, attribute bool) []byte {
	plain := bytes.IndexByte(raw, '&') < 0 && bytes.IndexByte(raw, '\r') < 0
	if plain && (!attribute || bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\t') < 0) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c == '&':
			r, n := reference(raw[i:])
			if n == 0 {
				break
			}
			out = utf8.AppendRune(out, r)
			i += n
			continue
		case c == '\r':
			if i++; i < len(raw) && raw[i] == '\n' {
				i++
			}
			if c = '\n'; attribute {
				c = ' '
			}
			out = append(out, c)
			continue
		case attribute && (c == '\n' || c == '\t'):
			c = ' '
		}
		out = append(out, c)
		i++
	}
	return out
}

// longestReference bounds the look for the ";" of a reference: leading zeros
// make character references as long as one likes, so many are allowed.
const longestReference = 64

// reference returns the character that the reference at the start of b stands
// for, and its length; a length of 0 means that there is none to resolve.
func reference(b []byte) (rune, int) {
	n := bytes.IndexByte(b[:min(len(b), longestReference)], ';')
	if n < 2 {
		return 0, 0
	}
	name := b[1:n]
	switch string(name) {
	case "lt":
		return '<', n + 1
	case "gt":
		return '>', n + 1
	case "amp":
		return '&', n + 1
	case "apos":
		return '\'', n + 1
	case "quot":
		return '"', n + 1
	}
	if name[0] != '#' {
		return 0, 0
	}
	if r, ok := charNumber(name[1:]); ok && isChar(r) {
		return r, n + 1
	}
	return 0, 0
}

// charNumber reads the number of a character reference, "233" or "xE9".
func charNumber(digits []byte) (rune, bool) {
	base := rune(10)
	if len(digits) > 0 && digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	var r rune
	for _, c := range digits {
		var d rune
		switch {
		case c-'0' < 10:
			d = rune(c - '0')
		case base == 16 && c|0x20-'a' < 6:
			d = rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, len(digits) > 0
}

// isChar reports whether r is a character of XML 1.0 §2.2.
func isChar(r rune) bool {
	return r >= 0x20 && r <= 0xD7FF || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= utf8.MaxRune
}

// Escape appends text to dst as character data that is also safe in an
// attribute value of either quotation mark.
func Escape(dst []byte, text string) []byte {
	for i := range len(text) {
		switch c := text[i]; c {
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '&':
			dst = append(dst, "&amp;"...)
		case '\'':
			dst = append(dst, "&apos;"...)
		case '"':
			dst = append(dst, "&quot;"...)
		case '\r':
			dst = append(dst, "&#13;"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}
