package filter

import (
	"fmt"
	"strings"
)

// Limits of what is parsed, for expressions that nobody wrote by hand.
const (
	maxLength = 64 << 10
	maxDepth  = 100
)

// parser is one pass over one expression. The first error stops it: see fail.
type parser struct {
	in    string
	pos   int
	depth int // of nesting
	open  int // parentheses
	*tables
	leaves int
	facts  uint64 // bit n: Field n is asked for
	err    *Error
	want   want // what may come where the input ends, for completion
}

// tables are what words are looked up in.
type tables struct {
	fields              []field
	keywords, wireshark []keyword
}

func newParser(expression string) *parser {
	return &parser{in: expression, tables: &tables{fields(), keywords(), wiresharkFields()}}
}

// inner returns a parser for what a word means.
func (p *parser) inner(means string) *parser {
	return &parser{in: means, tables: p.tables, leaves: p.leaves}
}

// fail keeps the first error and ends parsing.
func (p *parser) fail(offset, length int, message, suggestion string) node {
	if p.err == nil {
		p.err = &Error{Offset: offset, Length: length, Message: message, Suggestion: suggestion}
	}
	p.pos = len(p.in)
	return constant(No)
}

// parse reads a whole expression.
func (p *parser) parse() node {
	if len(p.in) > maxLength {
		return p.fail(maxLength, len(p.in)-maxLength, fmt.Sprintf("longer than %d bytes", maxLength), "")
	}
	p.space()
	p.await(wantTerm, nil)
	if p.pos == len(p.in) {
		return constant(Yes)
	}
	root := p.or()
	if p.err == nil && p.pos < len(p.in) {
		p.surplus()
	}
	return root
}

// surplus says what is wrong with what follows a whole expression.
func (p *parser) surplus() {
	start := p.pos
	switch {
	case p.in[start] == ')':
		p.fail(start, 1, "no ( belongs to this )", "")
	case strings.IndexByte("=<>~!", p.in[start]) >= 0:
		p.fail(start, 1, "an operator needs a field before it", "")
	case strings.IndexByte("{},", p.in[start]) >= 0:
		p.fail(start, 1, "a list comes after `in` only", "")
	default:
		rest := p.in[start : start+max(wordEnd(p.in[start:], 0, true), 1)]
		p.fail(start, len(rest), "`and` or `or` is missing here; text with spaces needs quotation marks", "and "+rest)
	}
}

func (p *parser) or() node {
	return p.chain("or", "||", p.and, func(kids []node) node { return &either{kids} })
}

func (p *parser) and() node {
	return p.chain("and", "&&", p.not, func(kids []node) node { return &both{kids} })
}

// chain reads one or more of inner with word or sign between them.
func (p *parser) chain(word, sign string, inner func() node, join func([]node) node) node {
	kids := []node{inner()}
	for p.err == nil {
		p.space()
		p.await(wantConnective, nil)
		if !p.sign(sign) && !p.term(word) {
			break
		}
		kids = append(kids, inner())
	}
	if len(kids) == 1 {
		return kids[0]
	}
	return join(kids)
}

func (p *parser) not() node {
	p.space()
	p.await(wantTerm, nil)
	start := p.pos
	switch {
	case strings.HasPrefix(p.in[p.pos:], "!="):
		return p.fail(start, 2, "an operator needs a field before it", "")
	case p.sign("!") || p.term("not"):
		return p.nested(start, func() node { return &not{p.not()} })
	case p.sign("("):
		return p.nested(start, p.parentheses)
	case start < len(p.in) && (p.in[start] == '"' || p.in[start] == '\''):
		text := p.quotation(false)
		if text == "" && p.err == nil {
			return p.fail(start, 2, "no text to look for", "")
		}
		return newText(text)
	}
	word := p.word(true)
	if word == "" || reservedWord(word) != "" {
		return p.noTerm(start, word)
	}
	return p.named(start, word)
}

// nested reads with inner, one level deeper.
func (p *parser) nested(start int, inner func() node) node {
	if p.depth++; p.depth > maxDepth {
		return p.fail(start, 1, "nested too deeply", "")
	}
	n := inner()
	p.depth--
	return n
}

func (p *parser) parentheses() node {
	start := p.pos - 1
	p.open++
	n := p.or()
	p.space()
	if p.err == nil && !p.sign(")") {
		if p.pos < len(p.in) {
			p.surplus()
		}
		p.fail(start, 1, "this ( is never closed", "")
	}
	p.open--
	return n
}

// noTerm says what is wrong where something to match should stand.
func (p *parser) noTerm(start int, word string) node {
	switch {
	case word != "":
		return p.fail(start, len(word), fmt.Sprintf("`%s` needs something to match before it", word), "")
	case start == len(p.in):
		return p.fail(start, 0, "the expression ends too early", "")
	case p.in[start] == ')':
		return p.fail(start, 1, "something to match is missing before )", "")
	}
	length := 1
	if strings.HasPrefix(p.in[start:], "&&") || strings.HasPrefix(p.in[start:], "||") {
		length = 2
	}
	return p.fail(start, length, fmt.Sprintf("`%s` needs something to match before it", p.in[start:start+length]), "")
}

// operator reads an operator, or nothing: opExists.
func (p *parser) operator() operator {
	start := p.pos
	for _, o := range operators() {
		letters := o.text[0] >= 'a' && o.text[0] <= 'z'
		switch {
		case o.op == opNotIn:
			if p.term("not") {
				if p.space(); p.term("in") {
					return opNotIn
				}
				p.pos = start
			}
		case letters && p.term(o.text), !letters && p.sign(o.text):
			return o.op
		}
	}
	if p.sign("=") {
		p.fail(start, 1, "`=` is no operator", "==")
	}
	return opExists
}
