package inspect

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/chroma/v2"

	"xmppscope/xmpp"
)

// Mute returns f's bytes with the secrets in them replaced by "[muted 44 bytes]":
// credentials, proofs, passwords, tokens and keys, known by element and
// namespace wherever they are nested; secretTable lists them. What was
// well-formed stays so. An element whose namespace cannot be known counts by
// its name alone.
//
// outer holds the declarations of the stream header; nil: not known. sensitive
// says that credentials may be passing (see [xmpp.Observer]): then raw bytes
// are muted whole, and SASL elements by their name alone.
//
// The result is f.Raw itself where nothing is secret, else a new slice.
// Time and space are linear in the length. Any goroutine may call it.
func Mute(f xmpp.Frame, outer *xmpp.Scope, sensitive bool) []byte {
	if sensitive && f.Kind == xmpp.KindRaw {
		return appendMuted(nil, len(f.Raw))
	}
	m := muter{raw: f.Raw, tokens: NewTokenizer(f.Raw), outer: outer, anySpace: sensitive,
		stack: make([]openElement, 0, 8), attrs: make([]attribute, 0, 8)}
	for m.step() {
	}
	return m.finish()
}

// muter is one run of Mute.
type muter struct {
	raw      []byte
	tokens   Tokenizer
	outer    *xmpp.Scope
	anySpace bool

	stack    []openElement
	bindings []binding
	attrs    []attribute // of the tag being read

	out    []byte // the result up to copied, once something was muted
	copied int
}

// openElement is an element whose end tag has not come.
type openElement struct {
	content    int    // where its content begins
	space      string // default namespace in force inside
	known      bool   // whether space is known
	bindings   int    // len(muter.bindings) before it
	secret     bool   // its content is secret
	hidden     bool   // secret, or inside what is
	field      bool   // a data form's field with secret values
	invitation bool   // inside a command that makes invitations
}

type attribute struct {
	name       []byte // as written
	start, end int    // of the value, without its quotes
	secret     bool
}

// step reads one token outside of tags, or one whole tag.
// It reports false at the end.
func (m *muter) step() bool {
	token, ok := m.tokens.Next()
	if !ok {
		return false
	}
	text := m.raw[token.Start:token.End]
	switch {
	case token.Type == chroma.Text || token.Type == chroma.CommentPreproc:
		if !m.insideSecret() {
			m.links(token.Start, token.End)
		}
	case token.Type != chroma.NameTag:
	case bytes.HasPrefix(text, []byte("</")):
		m.endTag(token.Start)
	case text[0] == '<':
		m.startTag(text[1:])
	}
	return true
}

// startTag reads the rest of a start tag and mutes its attributes.
func (m *muter) startTag(name []byte) {
	m.attrs = m.attrs[:0]
	empty, end := m.readTag()
	parent := m.parent()
	element := openElement{content: end, space: parent.space, known: parent.known,
		bindings: len(m.bindings), invitation: parent.invitation}
	m.declare(&element)
	if !m.insideSecret() {
		m.judge(name, &element, parent.field)
	}
	element.hidden = element.secret || parent.hidden
	if empty {
		m.bindings = m.bindings[:element.bindings]
		return
	}
	m.stack = append(m.stack, element)
}

// readTag collects attributes up to the end of the tag and returns where that
// is, and whether the tag is that of an empty element.
func (m *muter) readTag() (empty bool, end int) {
	var name []byte
	awaited, bare := false, false // a value; one without quotes is under way
	for {
		before := m.tokens
		token, ok := m.tokens.Next()
		if !ok {
			return false, len(m.raw)
		}
		text := m.raw[token.Start:token.End]
		switch kind := token.Type; {
		case kind == chroma.NameTag:
			if text[0] == '<' { // the tag never ended: let the next begin
				m.tokens = before
				return false, token.Start
			}
			return text[0] == '/', token.End
		case kind == chroma.Comment || kind == chroma.CommentPreproc || kind == chroma.NameEntity:
			// Only after a "<" inside the tag, which ended it.
			m.tokens = before
			return false, token.Start
		case kind == chroma.Text:
			bare = false
		case bare:
			m.attrs[len(m.attrs)-1].end = token.End
		case awaited && kind != chroma.LiteralString:
			m.attrs = append(m.attrs, attribute{name: name, start: token.Start, end: token.End})
			awaited, bare = false, true
		case kind == chroma.NameAttribute:
			awaited = text[len(text)-1] == '='
			name = bytes.TrimRight(text, "= \t\r\n")
		case kind == chroma.LiteralString:
			awaited = false
			end := token.End
			if len(text) > 1 && text[len(text)-1] == text[0] {
				end--
			}
			m.attrs = append(m.attrs, attribute{name: name, start: token.Start + 1, end: end})
		}
	}
}

// judge mutes what is secret in the attributes of the element called name,
// and marks it where its content is.
func (m *muter) judge(name []byte, element *openElement, inField bool) {
	prefix, local := splitName(name)
	space, known := element.space, element.known
	if len(prefix) > 0 {
		space, known = m.lookup(prefix)
	}
	for _, rule := range secretRules() {
		// A client that mistakes the case of a name still means its password.
		if rule.local != "" && (len(rule.local) != len(local) || !strings.EqualFold(rule.local, string(local))) {
			continue
		}
		if known && !m.anySpace && len(rule.spaces) > 0 && !slices.Contains(rule.spaces, space) {
			continue
		}
		if len(rule.attrs) == 0 {
			element.secret = true
		}
		for i := range m.attrs {
			if prefix, attr := splitName(m.attrs[i].name); string(prefix) != "xmlns" && slices.Contains(rule.attrs, string(attr)) {
				m.attrs[i].mark(m.raw, rule.query)
			}
		}
	}
	switch string(local) {
	case "value":
		element.secret = element.secret || inField
	case "field":
		element.field = secretField(m.attr("type"), m.attr("var"), element.invitation)
	case "command":
		element.invitation = bytes.HasPrefix([]byte(m.attr("node")), []byte("urn:xmpp:invite"))
	}
	for _, a := range m.attrs {
		if a.secret {
			m.mute(a.start, a.end)
		} else {
			m.links(a.start, a.end)
		}
	}
}

// endTag closes the innermost element, whatever the names: depth ends an
// element, as in [xmpp.Scanner].
func (m *muter) endTag(start int) {
	m.readTag()
	if len(m.stack) == 0 {
		return
	}
	element := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	m.bindings = m.bindings[:element.bindings]
	if element.secret {
		m.mute(element.content, start)
	}
}

// finish mutes what an unfinished secret element has so far and returns the result.
func (m *muter) finish() []byte {
	for _, element := range m.stack {
		if element.secret {
			m.mute(element.content, len(m.raw))
			break
		}
	}
	if m.out == nil {
		return m.raw
	}
	return append(m.out, m.raw[m.copied:]...)
}

// mute replaces raw[start:end]. Calls come in order of start; what lies
// before an earlier end is muted already.
func (m *muter) mute(start, end int) {
	if start >= end || start < m.copied {
		return
	}
	if m.out == nil {
		m.out = make([]byte, 0, len(m.raw)+64)
	}
	m.out = append(m.out, m.raw[m.copied:start]...)
	m.out = appendMuted(m.out, end-start)
	m.copied = end
}

func appendMuted(dst []byte, n int) []byte {
	dst = append(dst, "[muted "...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	if n == 1 {
		return append(dst, " byte]"...)
	}
	return append(dst, " bytes]"...)
}
