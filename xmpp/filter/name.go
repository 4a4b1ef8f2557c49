package filter

import (
	"fmt"
	"strings"

	"xmppscope/xmpp"
)

// named reads a term that begins with a word: a field, a keyword or text.
func (p *parser) named(start int, word string) node {
	f, k := p.lookup(start, &word)
	if p.err != nil {
		return constant(No)
	}
	end := p.pos
	p.space()
	p.await(wantOperator, f)
	opStart := p.pos
	op := p.operator()
	switch {
	case p.err != nil:
		return constant(No)
	case op == opExists:
		p.pos = end
		return p.alone(start, word, f, k)
	case f == nil:
		return p.notField(start, end-start, word, k)
	case !f.takes(op):
		return p.fail(opStart, p.pos-opStart, fmt.Sprintf("`%s` does not fit `%s`, whose values are %s", op, f.name, f.typ), "")
	}
	return p.comparison(f, op)
}

// lookup finds what word names: a field, path(…) included, or a keyword.
func (p *parser) lookup(start int, word *string) (*field, *keyword) {
	if *word == "path" && p.pos < len(p.in) && p.in[p.pos] == '(' {
		return p.path(start), nil
	}
	if alias := find(p.wireshark, *word); alias != nil {
		inner := p.inner(alias.means)
		if f, _ := inner.lookup(0, ptr(inner.word(true))); f != nil && inner.pos == len(inner.in) {
			return f, nil
		}
		return nil, alias
	}
	for i := range p.fields {
		if p.fields[i].name == *word {
			return &p.fields[i], nil
		}
	}
	return nil, find(p.keywords, *word)
}

func ptr[T any](v T) *T { return &v }

func find(table []keyword, name string) *keyword {
	for i := range table {
		if table[i].name == name {
			return &table[i]
		}
	}
	return nil
}

// path reads what follows the word path, and makes a field of it.
func (p *parser) path(start int) *field {
	p.pos++
	p.space()
	at := p.pos
	if at == len(p.in) || p.in[at] != '"' && p.in[at] != '\'' {
		p.fail(start, at-start, "a path stands in quotation marks", "path('message/body')")
		return nil
	}
	path := p.quotation(false)
	if problem := badPath(path); p.err == nil && problem != "" {
		p.fail(at, p.pos-at, problem, "")
	}
	p.space()
	if p.err == nil && !p.sign(")") {
		p.fail(p.pos, 0, "the path is never closed", ")")
	}
	return &field{name: "path(" + quoted(path) + ")", path: path}
}

// badPath says what is wrong with a path, or "".
func badPath(path string) string {
	steps := xmpp.SplitPath(path)
	for i, step := range steps {
		name := step
		if strings.HasPrefix(step, "{") {
			_, rest, ok := strings.Cut(step, "}")
			if !ok {
				return "a namespace in a path ends with }"
			}
			name = rest
		}
		switch {
		case strings.TrimPrefix(name, "@") == "":
			return "a path has a name between its /; it begins with the element's own"
		case strings.HasPrefix(step, "@") && (i == 0 || i < len(steps)-1):
			return "an attribute stands last in a path, after its element"
		case strings.HasPrefix(step, "{") && strings.HasPrefix(name, "@"):
			return "an attribute is named as written, with its prefix"
		}
	}
	return ""
}

// alone makes sense of a word without an operator.
func (p *parser) alone(start int, word string, f *field, k *keyword) node {
	switch {
	case f != nil && f.typ == typeFlag:
		return p.newNumber(f, opExists, nil, []span{{1, 1<<63 - 1}})
	case f != nil && f.typ.isNumber():
		return p.newNumber(f, opExists, nil, []span{{-1 << 63, 1<<63 - 1}})
	case f != nil:
		return p.newText(f, opExists, nil, func(string) bool { return true })
	case k != nil:
		inner := p.inner(k.means)
		n := inner.parse()
		p.leaves, p.facts = inner.leaves, p.facts|inner.facts
		return &macro{k.name, n}
	case strings.HasPrefix(word, "xmpp."):
		return p.fail(start, len(word), fmt.Sprintf("unknown `%s`", word), nearest(word, names(p.wireshark)))
	case strings.Contains(word, ".") && p.isField(word[:strings.IndexByte(word, '.')]):
		return p.fail(start, len(word), fmt.Sprintf("unknown `%s`", word), nearest(word, p.fieldNames()))
	}
	return newText(word)
}

// notField says that what stands before an operator is no field.
func (p *parser) notField(start, length int, word string, k *keyword) node {
	if k == nil {
		all := p.fieldNames()
		if strings.HasPrefix(word, "xmpp.") {
			all = names(p.wireshark)
		}
		return p.fail(start, length, fmt.Sprintf("unknown `%s`", word), nearest(word, all))
	}
	suggestion := k.means
	if strings.Contains(suggestion, " and ") || strings.Contains(suggestion, " or ") {
		suggestion = k.name
	}
	return p.fail(start, length, fmt.Sprintf("`%s` stands alone: it has no value", word), suggestion)
}

func (p *parser) fieldNames() []string {
	var all []string
	for _, f := range p.fields {
		all = append(all, f.name)
	}
	return all
}

func (p *parser) isField(name string) bool {
	for _, f := range p.fields {
		if f.name == name {
			return true
		}
	}
	return false
}

func names(table []keyword) []string {
	var all []string
	for _, k := range table {
		all = append(all, k.name)
	}
	return all
}
