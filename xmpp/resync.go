package xmpp

import "bytes"

// Resync looks whether the frame in the making is damaged, so that depth will
// not end it where its sender meant it to end, and if so cuts it there; Next
// then returns it as raw and misnested, and what follows as frames of its
// own. The owner calls it when a frame has been unfinished for a second.
//
// Names tell: an end tag closes the innermost open element of its name, and a
// "<" within a tag begins a new one. It takes time linear in what is pending.
func (s *Scanner) Resync() {
	if s.overflow != FlawNone || s.state == inText || s.state == inTextLess || s.cutAt > 0 {
		return
	}
	if end := damagedEnd(s.buf[s.start:], s.limits.Depth); end > 0 {
		s.cutAt = end
	}
}

// damagedEnd returns where the damaged element that begins b ends by its
// names, or 0 if it is not damaged, or its end is not here.
func damagedEnd(b []byte, maxDepth int) int {
	var open [][]byte
	damaged := false
	budget := len(b) // of names to compare, lest deep damage cost more than linear time
	for i := 0; i < len(b); {
		next := bytes.IndexByte(b[i:], '<')
		if next < 0 || i+next+1 >= len(b) {
			return 0
		}
		i += next + 1
		switch c := b[i]; {
		case c == '/':
			name := nameOf(b[i+1:])
			at := innermost(open, name)
			if budget -= len(open) - at; budget < 0 {
				return 0
			}
			damaged = damaged || at != len(open)-1
			end := bytes.IndexByte(b[i:], '>')
			if end < 0 {
				return 0
			}
			i += end + 1
			if at < 0 {
				continue
			}
			if open = open[:at]; at == 0 && damaged {
				return i
			} else if at == 0 {
				return 0 // whole after all: Next will see it
			}
		case c == '!' || c == '?':
			i = skipAside(b, i-1)
		case isNameStart(c):
			end, empty, broken := tolerantTag(b, i)
			if end < 0 {
				return 0
			}
			if damaged = damaged || broken; !empty {
				open = append(open, nameOf(b[i:end]))
			}
			i = end
			if len(open) > maxDepth {
				return 0
			}
		default:
			damaged = true
		}
	}
	return 0
}

// innermost returns the index of the last of open that is name, or -1.
func innermost(open [][]byte, name []byte) int {
	for i := len(open) - 1; i >= 0; i-- {
		if bytes.Equal(open[i], name) {
			return i
		}
	}
	return -1
}

// tolerantTag returns where the start tag whose name begins at i ends: after
// its ">", or, broken, before the first "<" in it. An end below 0 means that
// it is not here.
func tolerantTag(b []byte, i int) (end int, empty, broken bool) {
	var quote byte
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '<':
			return i, false, true
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i + 1, b[i-1] == '/', false
		}
	}
	return -1, false, false
}

// skipAside returns the end of the comment, CDATA section, instruction or
// declaration that begins at i, or len(b).
func skipAside(b []byte, i int) int {
	open, end := 2, ">"
	switch rest := b[i:]; {
	case bytes.HasPrefix(rest, []byte("<!--")):
		open, end = 4, "-->"
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		open, end = 9, "]]>"
	case rest[1] == '?':
		end = "?>"
	}
	if i+open > len(b) {
		return len(b)
	}
	if n := bytes.Index(b[i+open:], []byte(end)); n >= 0 {
		return i + open + n + len(end)
	}
	return len(b)
}
