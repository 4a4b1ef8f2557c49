package xmpp

import (
	"bytes"
	"slices"
)

// Splice replaces the bytes from Start to End with Text.
type Splice struct {
	Start, End int
	Text       []byte
}

// Apply returns raw with the splices carried out; everything outside them
// stays byte for byte. Splices count in raw's own positions, in any order, and
// must not overlap. raw is left as it is.
func Apply(raw []byte, splices ...Splice) []byte {
	sorted := slices.SortedStableFunc(slices.Values(splices), func(a, b Splice) int { return a.Start - b.Start })
	out := make([]byte, 0, len(raw))
	at := 0
	for _, s := range sorted {
		out = append(out, raw[at:s.Start]...)
		out = append(out, s.Text...)
		at = s.End
	}
	return append(out, raw[at:]...)
}

// Remove is the splice that takes the element out.
func (e Element) Remove() Splice { return Splice{Start: e.start, End: e.end} }

// SetText is the splice that makes text, escaped, the element's whole content.
func (e Element) SetText(text string) Splice {
	return e.SetContent(Escape(nil, text))
}

// SetContent is the splice that makes content, as it is, the element's
// content.
func (e Element) SetContent(content []byte) Splice {
	if e.end > e.content {
		return Splice{e.content, e.endTag, content}
	}
	slash := e.content - 1 // an empty-element tag must be opened up
	if slash > 0 && e.doc[slash-1] == '/' {
		slash--
	}
	return Splice{slash, e.content, slices.Concat([]byte(">"), content, []byte("</"), e.name(), []byte(">"))}
}

// SetAttr is the splice that gives the attribute of that name (as written) a
// value, adding it behind the element's name if it is not there.
func (e Element) SetAttr(name, value string) Splice {
	if a, ok := e.Attribute(name); ok {
		return Splice{a.Start, a.End, Escape(nil, value)}
	}
	text := Escape(slices.Concat([]byte(" "), []byte(name), []byte("='")), value)
	return Splice{e.nameEnd, e.nameEnd, append(text, '\'')}
}

// RemoveAttr is the splice that takes the attribute of that name out, with
// the white space before it. It changes nothing if there is none.
func (e Element) RemoveAttr(name string) Splice {
	for a, ok := nextAttr(e.doc, e.nameEnd); ok; a, ok = nextAttr(e.doc, a.next) {
		if string(e.doc[a.name:a.nameEnd]) == name {
			before := e.doc[:a.name]
			return Splice{Start: len(bytes.TrimRight(before, " \t\r\n")), End: a.next}
		}
	}
	return Splice{Start: e.nameEnd, End: e.nameEnd}
}
