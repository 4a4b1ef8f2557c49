package filter

import (
	"slices"
	"strings"

	"xmppscope/xmpp"
)

// CompletionKind says what a [Completion] is.
type CompletionKind uint8

const (
	CompleteField    CompletionKind = iota // a field
	CompleteKeyword                        // a word that stands alone
	CompleteOperator                       // an operator, and, or, not
	CompleteValue                          // a value of the field before it
)

// Completion is one way to go on: input[Start:End] is to be replaced by Text.
type Completion struct {
	Text       string
	Start, End int
	Kind       CompletionKind
	Help       string // what it means; may be empty
}

// want is what an expression may go on with at its end.
type want struct {
	kind  wantKind
	start int    // of the word that the input ends with, or its end
	field *field // wantOperator: may be nil; wantValue: not nil
	close bool   // a parenthesis is open
}

type wantKind uint8

const (
	wantNothing wantKind = iota
	wantTerm
	wantOperator // or and, or
	wantConnective
	wantValue
)

// await notes what may come at the parser's place, if the input ends there or
// in the word that begins there.
func (p *parser) await(kind wantKind, f *field) {
	if p.want.kind != wantNothing || p.err != nil { // the first says most
		return
	}
	if end := wordEnd(p.in, p.pos, kind != wantValue); end == len(p.in) {
		p.want = want{kind, p.pos, f, p.open > 0}
	}
}

// Completions returns the ways to go on with input at cursor, a byte offset, in
// the order of the tables, Wireshark's names last. What has been typed of a
// word decides which are left.
func Completions(input string, cursor int) []Completion {
	cursor = max(0, min(cursor, len(input)))
	p := newParser(input[:cursor])
	p.parse()
	c := completer{typed: input[p.want.start:cursor], start: p.want.start, end: cursor}
	switch p.want.kind {
	case wantTerm:
		c.terms(p)
	case wantOperator, wantConnective:
		c.operators(p.want)
	case wantValue:
		c.values(p.want.field)
	}
	return c.list
}

type completer struct {
	typed      string
	start, end int
	list       []Completion
}

func (c *completer) add(kind CompletionKind, text, help string) {
	if len(text) >= len(c.typed) && strings.EqualFold(text[:len(c.typed)], c.typed) {
		c.list = append(c.list, Completion{text, c.start, c.end, kind, help})
	}
}

func (c *completer) terms(p *parser) {
	for _, f := range p.fields {
		c.add(CompleteField, f.name, f.help)
	}
	c.add(CompleteField, "path('", "what a path into the element leads to")
	for _, k := range p.keywords {
		c.add(CompleteKeyword, k.name, k.help)
	}
	c.add(CompleteOperator, "not", "")
	if strings.HasPrefix(c.typed, "x") {
		for _, k := range p.wireshark {
			c.add(CompleteField, k.name, k.means)
		}
	}
}

func (c *completer) operators(w want) {
	if w.kind == wantOperator && w.field != nil {
		for _, o := range operators() {
			if w.field.takes(o.op) {
				c.add(CompleteOperator, o.text, o.help)
			}
		}
	}
	c.add(CompleteOperator, "and", "")
	c.add(CompleteOperator, "or", "")
	if w.close {
		c.add(CompleteOperator, ")", "")
	}
}

// values adds what can be listed of a field's values.
func (c *completer) values(f *field) {
	words := f.words
	if f.typ == typeFlag {
		words = []string{"true", "false"}
	}
	for _, w := range words {
		c.add(CompleteValue, w, "")
	}
	if f.typ == typeXEP || f.name == "ns" {
		c.namespaces(f.typ == typeXEP)
	}
}

// namespaces adds namespaces, or the XEPs that they belong to.
func (c *completer) namespaces(xeps bool) {
	var list []Completion
	titles := make(map[string]bool)
	all := c.list
	for ns := range xmpp.Namespaces().All() {
		if ns.IsSlip() || ns.Spec == "example" {
			continue
		}
		c.list = nil
		number, isXEP := strings.CutPrefix(ns.Spec, "XEP-")
		switch {
		case !xeps:
			c.add(CompleteValue, ns.URI, ns.Title)
		case isXEP && !titles[number]:
			titles[number] = true
			if len(c.typed) > 0 && c.typed[0]|0x20 == 'x' {
				number = ns.Spec
			}
			c.add(CompleteValue, number, ns.Title)
		}
		list = append(list, c.list...)
	}
	slices.SortFunc(list, func(a, b Completion) int { return strings.Compare(a.Text, b.Text) })
	c.list = append(all, list...)
}
