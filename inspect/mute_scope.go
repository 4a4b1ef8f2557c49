package inspect

import (
	"bytes"

	"xmppscope/xmpp"
)

// maxBindings bounds the prefixes that are looked through for a namespace.
// With more declared at once, namespaces count as not known.
const maxBindings = 64

type binding struct {
	prefix []byte
	space  string
}

// parent returns the element that the next one stands in; outside of all, it
// has the namespace of the stream.
func (m *muter) parent() openElement {
	if n := len(m.stack); n > 0 {
		return m.stack[n-1]
	}
	if m.outer == nil {
		return openElement{}
	}
	space, _ := m.outer.Lookup("")
	return openElement{space: space, known: true}
}

// declare takes over the namespace declarations of the tag just read.
func (m *muter) declare(element *openElement) {
	for _, a := range m.attrs {
		if string(a.name) == "xmlns" {
			element.space, element.known = m.value(a), true
		} else if prefix, ok := bytes.CutPrefix(a.name, []byte("xmlns:")); ok && len(m.bindings) <= maxBindings {
			m.bindings = append(m.bindings, binding{prefix, m.value(a)})
		}
	}
}

// lookup returns the namespace that prefix stands for, and whether it is known.
func (m *muter) lookup(prefix []byte) (space string, known bool) {
	if len(m.bindings) > maxBindings {
		return "", false
	}
	for i := len(m.bindings) - 1; i >= 0; i-- {
		if bytes.Equal(m.bindings[i].prefix, prefix) {
			return m.bindings[i].space, true
		}
	}
	return m.outer.Lookup(string(prefix))
}

// insideSecret reports whether the content being read is muted anyway.
func (m *muter) insideSecret() bool {
	return len(m.stack) > 0 && m.stack[len(m.stack)-1].hidden
}

// value returns an attribute's value with its references resolved.
func (m *muter) value(a attribute) string {
	return string(xmpp.UnescapeAttr(m.raw[a.start:a.end]))
}

// attr returns the value of the tag's first attribute called name, or "".
func (m *muter) attr(name string) string {
	for _, a := range m.attrs {
		if string(a.name) == name {
			return m.value(a)
		}
	}
	return ""
}

// mark makes the attribute secret; with query, from the "?" of its value on.
func (a *attribute) mark(raw []byte, query bool) {
	if query {
		i := bytes.IndexByte(raw[a.start:a.end], '?')
		if i < 0 {
			return
		}
		a.start += i + 1
	}
	a.secret = true
}

// splitName splits a name as written at its colon.
func splitName(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}

// preauth is the parameter of xmpp: links that carries an invitation's token
// (XEP-0379 §3, XEP-0401 §4.4).
var preauth = []byte("preauth=")

// links mutes the invitation tokens of links in raw[start:end]. A token that
// runs on past end, as behind a character reference, is muted as a whole.
func (m *muter) links(start, end int) {
	for {
		i := bytes.Index(m.raw[start:end], preauth)
		if i < 0 {
			return
		}
		from := start + i + len(preauth)
		to := tokenEnd(m.raw, from)
		m.mute(from, to)
		if start = to; start >= end {
			return
		}
	}
}

// tokenEnd returns where the token of a link ends that begins at i.
func tokenEnd(raw []byte, i int) int {
	for i < len(raw) {
		switch c := raw[i]; {
		case c == '&' && i+1 < len(raw) && raw[i+1] == '#':
			n := reference(raw[i:])
			if n == 0 {
				return i
			}
			i += n
		case isNameByte(c) && c != ':' || c == '%' || c == '+' || c == '/' || c == '=' || c == '~':
			i++
		default:
			return i
		}
	}
	return i
}
