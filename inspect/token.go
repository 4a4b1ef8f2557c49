package inspect

import (
	"bytes"

	"github.com/alecthomas/chroma/v2"
)

// Token is a run of XML text of one style: text[Start:End].
type Token struct {
	Type       chroma.TokenType
	Start, End int
}

// Tokenizer cuts XML, whole or broken, into tokens of the types that chroma's
// XML lexer uses, so that its styles fit: NameTag for "<name", ">", "/>" and
// "</name"; NameAttribute for an attribute's name with its "="; LiteralString
// for a quoted value; NameEntity for a reference; CommentPreproc for CDATA
// sections, processing instructions and DOCTYPE; Comment; Text; and Error for
// what is no XML. The tokens, in order, cover the text without a gap.
//
// It allocates nothing, keeps a reference to the text and does not change it.
// A Tokenizer belongs to one goroutine; a copy of it goes on by itself from
// the same place. The zero value has no text.
type Tokenizer struct {
	text  []byte
	pos   int
	inTag bool
}

// NewTokenizer returns a Tokenizer at the start of text.
func NewTokenizer(text []byte) Tokenizer { return Tokenizer{text: text} }

// Next returns the next token, or false at the end of the text.
func (t *Tokenizer) Next() (Token, bool) {
	if t.pos >= len(t.text) {
		return Token{}, false
	}
	token := Token{Start: t.pos}
	rest := t.text[t.pos:]
	n := 0
	if t.inTag && rest[0] != '<' {
		token.Type, n = t.tag(rest)
	} else {
		token.Type, n = t.content(rest)
	}
	t.pos += n
	token.End = t.pos
	return token, true
}

// content returns the token at the start of rest, outside of tags.
func (t *Tokenizer) content(rest []byte) (chroma.TokenType, int) {
	t.inTag = false
	switch rest[0] {
	case '<':
		return t.markup(rest)
	case '&':
		if n := reference(rest); n > 0 {
			return chroma.NameEntity, n
		}
		return chroma.Error, 1
	}
	for i, c := range rest {
		if c == '<' || c == '&' {
			return chroma.Text, i
		}
	}
	return chroma.Text, len(rest)
}

// markup returns the token at the start of rest, which begins with "<".
func (t *Tokenizer) markup(rest []byte) (chroma.TokenType, int) {
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return chroma.Comment, through(rest, 4, "-->")
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return chroma.CommentPreproc, through(rest, 9, "]]>")
	case bytes.HasPrefix(rest, []byte("<?")):
		return chroma.CommentPreproc, through(rest, 2, "?>")
	case bytes.HasPrefix(rest, []byte("<!")):
		return chroma.CommentPreproc, doctype(rest)
	}
	start := 1
	if len(rest) > 1 && rest[1] == '/' {
		start = 2
	}
	n := name(rest[start:])
	if n == 0 && len(rest) > start {
		return chroma.Error, 1
	}
	t.inTag = true
	return chroma.NameTag, start + n
}

// tag returns the token at the start of rest, inside a tag.
func (t *Tokenizer) tag(rest []byte) (chroma.TokenType, int) {
	switch c := rest[0]; {
	case c == '>':
		t.inTag = false
		return chroma.NameTag, 1
	case c == '/' && len(rest) > 1 && rest[1] == '>':
		t.inTag = false
		return chroma.NameTag, 2
	case c == '\'' || c == '"':
		if end := bytes.IndexByte(rest[1:], c); end >= 0 {
			return chroma.LiteralString, end + 2
		}
		return chroma.LiteralString, len(rest)
	case isSpace(c):
		return chroma.Text, spaces(rest)
	}
	n := name(rest)
	if n == 0 {
		return chroma.Error, 1
	}
	if equals := n + spaces(rest[n:]); equals < len(rest) && rest[equals] == '=' {
		return chroma.NameAttribute, equals + 1
	}
	return chroma.NameAttribute, n
}

// through returns the length of text up to and with the first end that begins
// at from or later, or all of it.
func through(text []byte, from int, end string) int {
	if i := bytes.Index(text[from:], []byte(end)); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}

// doctype returns the length of a declaration with its internal subset.
func doctype(text []byte) int {
	depth := 0
	var quote byte
	for i, c := range text {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '<':
			depth++
		case c == '>':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(text)
}

// reference returns the length of the character or entity reference at the
// start of text, or 0 if it begins with a bare ampersand.
func reference(text []byte) int {
	const longest = 32
	for i := 1; i < min(len(text), longest); i++ {
		switch c := text[i]; {
		case c == ';' && i > 1:
			return i + 1
		case c == '#' && i == 1:
		case !isNameByte(c):
			return 0
		}
	}
	return 0
}

// name returns the length of the XML name at the start of text, taking every
// byte beyond ASCII for a name character.
func name(text []byte) int {
	for i, c := range text {
		if !isNameByte(c) || i == 0 && (c == '-' || c == '.' || c >= '0' && c <= '9') {
			return i
		}
	}
	return len(text)
}

func spaces(text []byte) int {
	for i, c := range text {
		if !isSpace(c) {
			return i
		}
	}
	return len(text)
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == ':' || c >= 0x80
}
