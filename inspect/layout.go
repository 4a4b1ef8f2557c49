package inspect

import (
	"bytes"
	"unicode/utf8"

	"github.com/alecthomas/chroma/v2"
)

const (
	maxLayout = 1 << 20 // longer XML is left as it is
	maxIndent = 40      // columns; what is deeper stands no further in
)

// Layout returns xml with line breaks and indentation where white space means
// nothing: between the children of elements that hold elements only, never
// inside of text, of XHTML (XEP-0071), or of what the sender laid out. With
// width above 0, start tags that reach beyond it are broken between their
// attributes. No other byte changes. XML with a stray end tag, or longer than
// 1 MiB, is returned as it is. Any goroutine may call it; xml is only read.
func Layout(xml []byte, width int) []byte {
	if len(xml) > maxLayout {
		return xml
	}
	l := layout{xml: xml, width: width}
	if !l.survey() {
		return xml
	}
	l.write()
	return l.out
}

// layout is one run of Layout.
type layout struct {
	xml   []byte
	width int
	tags  []tag

	out    []byte
	copied int // bytes of xml that are in out
	column int // of the end of out; kept only with a width
}

// tag is a tag found in the XML.
type tag struct {
	start, end int
	opens      bool // a start tag; neither opens nor closes: an empty element
	closes     bool
	fixed      bool // of a start tag: white space inside matters, all the way down
	text       bool // of a start tag: its element holds character data
	children   bool // of a start tag: its element holds elements
}

// loose reports whether lines may be broken between the element's children.
func (t tag) loose() bool { return t.children && !t.text && !t.fixed }

// survey finds the tags and what their elements hold. It reports whether all
// end tags have a start tag.
func (l *layout) survey() bool {
	var open []int // the start tags that are open, in tags
	tokens := NewTokenizer(l.xml)
	for token, ok := tokens.Next(); ok; token, ok = tokens.Next() {
		if token.Type != chroma.NameTag {
			if len(open) > 0 {
				l.tags[open[len(open)-1]].text = true
			}
			continue
		}
		t := tag{start: token.Start}
		name := l.xml[token.Start+1 : token.End]
		t.closes = len(name) > 0 && name[0] == '/'
		for ok && !closing(l.xml, token) {
			token, ok = tokens.Next()
		}
		t.end = token.End
		if !ok {
			t.end = len(l.xml)
		}
		if t.closes {
			if len(open) == 0 {
				return false
			}
			open = open[:len(open)-1]
			l.tags = append(l.tags, t)
			continue
		}
		if len(open) > 0 {
			parent := &l.tags[open[len(open)-1]]
			parent.children = true
			t.fixed = parent.fixed
		}
		_, local := splitName(name)
		t.fixed = t.fixed || string(local) == "html"
		if t.opens = l.xml[t.end-1] != '>' || l.xml[t.end-2] != '/'; t.opens {
			open = append(open, len(l.tags))
		}
		l.tags = append(l.tags, t)
	}
	return true
}

// closing reports whether token is the end of a tag.
func closing(xml []byte, token Token) bool {
	return token.Type == chroma.NameTag && xml[token.End-1] == '>'
}

// write produces out from the tags.
func (l *layout) write() {
	l.out = make([]byte, 0, len(l.xml)+len(l.xml)/4)
	var open []tag
	for _, t := range l.tags {
		depth := len(open)
		if t.closes {
			depth--
		}
		l.copy(t.start)
		if len(open) > 0 && open[len(open)-1].loose() {
			l.newLine(2 * depth)
		}
		switch {
		case t.closes:
			open = open[:depth]
		case t.opens:
			open = append(open, t)
		}
		if !t.closes && l.width > 0 && l.column+utf8.RuneCount(l.xml[t.start:t.end]) > l.width {
			l.breakTag(t)
		}
	}
	l.copy(len(l.xml))
}

// breakTag copies a start tag with line breaks before the attributes that
// would reach beyond the width.
func (l *layout) breakTag(t tag) {
	tokens := NewTokenizer(l.xml[t.start:t.end])
	first, _ := tokens.Next()
	indent := l.column + utf8.RuneCount(l.xml[t.start:t.start+first.End]) + 1
	gap, ok := tokens.Next()
	for fresh := true; ok; fresh = false {
		if gap.Type != chroma.Text {
			gap, ok = tokens.Next()
			continue
		}
		l.copy(t.start + gap.Start)
		// The attribute ends where the next gap begins.
		end := gap.End
		next, more := tokens.Next()
		for ; more && next.Type != chroma.Text; next, more = tokens.Next() {
			end = next.End
		}
		single := gap.End-gap.Start == 1 && l.xml[t.start+gap.Start] == ' '
		if !fresh && single && l.column+utf8.RuneCount(l.xml[t.start+gap.Start:t.start+end]) > l.width {
			l.newLine(indent)
			l.copied = t.start + gap.End
		}
		gap, ok = next, more
	}
	l.copy(t.end)
}

// copy appends xml up to end.
func (l *layout) copy(end int) {
	text := l.xml[l.copied:end]
	l.out = append(l.out, text...)
	l.copied = end
	if l.width > 0 {
		if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
			l.column, text = 0, text[i+1:]
		}
		l.column += utf8.RuneCount(text)
	}
}

// newLine appends a line break and n columns of indentation.
func (l *layout) newLine(n int) {
	l.column = min(n, maxIndent)
	l.out = append(l.out, '\n')
	for range l.column {
		l.out = append(l.out, ' ')
	}
}
