package filter

import (
	"fmt"
	"regexp"
	"regexp/syntax"
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
	steps := splitPath(path)
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

// comparison reads what follows an operator.
func (p *parser) comparison(f *field, op operator) node {
	p.space()
	p.await(wantValue, f)
	var values []value
	if op == opIn || op == opNotIn {
		values = p.list(f)
	} else {
		values = []value{p.value(f, op == opMatches)}
	}
	if p.err != nil {
		return constant(No)
	}
	if f.typ.isNumber() {
		return p.compareNumber(f, op, values)
	}
	return p.compareText(f, op, values)
}

// value is a value as it was meant, and where it stood.
type value struct {
	text           string
	offset, length int
}

func (p *parser) value(f *field, pattern bool) value {
	start := p.pos
	if start < len(p.in) && (p.in[start] == '"' || p.in[start] == '\'') {
		text := p.quotation(pattern)
		return value{text, start, p.pos - start}
	}
	text := p.word(false)
	if text == "" {
		p.fail(start, 0, fmt.Sprintf("`%s` has nothing to be compared with", f.name), "")
	}
	return value{text, start, p.pos - start}
}

// list reads {a, b c}.
func (p *parser) list(f *field) []value {
	start := p.pos
	if !p.sign("{") {
		p.fail(start, 0, "`in` takes a list in braces", "{a, b}")
		return nil
	}
	var values []value
	for p.err == nil {
		p.space()
		p.await(wantValue, f)
		if p.sign("}") {
			break
		}
		if p.pos == len(p.in) {
			p.fail(start, 1, "this { is never closed", "")
			break
		}
		values = append(values, p.value(f, false))
		p.space()
		p.sign(",")
	}
	if len(values) == 0 && p.err == nil {
		p.fail(start, p.pos-start, "the list is empty", "")
	}
	return values
}

func (p *parser) compareNumber(f *field, op operator, values []value) node {
	relation := op
	if op == opNotIn {
		relation = opIn
	}
	var spans []span
	fact := f.facts[0]
	for i, v := range values {
		s, problem := f.spansOf(relation, v.text)
		if problem != "" {
			return p.fail(v.offset, v.length, fmt.Sprintf("`%s` is no %s", v.text, problem), nearest(v.text, f.words))
		}
		of := f.fact(strings.Split(v.text, "..")[0])
		if i > 0 && of != fact {
			return p.fail(v.offset, v.length, "a list holds dates or times since the start, not both", "")
		}
		fact = of
		spans = append(spans, s...)
	}
	n := p.newNumber(f, op, values, spans)
	n.fact = fact
	p.facts |= 1 << fact
	return n
}

func (p *parser) compareText(f *field, op operator, values []value) node {
	v := values[0]
	switch op {
	case opContains:
		if f.typ == typeFold || f.typ == typeJID {
			low := strings.ToLower(v.text)
			return p.newText(f, op, values, func(s string) bool { return strings.Contains(strings.ToLower(s), low) })
		}
		return p.newText(f, op, values, func(s string) bool { return strings.Contains(s, v.text) })
	case opMatches:
		re, err := regexp.Compile("(?i)" + v.text)
		if err != nil {
			return p.fail(v.offset, v.length, patternProblem(err), "")
		}
		return p.newText(f, op, values, re.MatchString)
	case opLess, opGreater, opLessEqual, opGreaterEqual:
		spans, ok := numberRelation(op, v.text)
		if !ok {
			return p.fail(v.offset, v.length, fmt.Sprintf("`%s` is no number", v.text), "")
		}
		return p.newText(f, op, values, spans)
	}
	equal, problem := f.equal(values)
	if problem.length > 0 {
		return p.fail(problem.offset, problem.length, fmt.Sprintf("`%s` is no number of a XEP, as 0199", problem.text), "")
	}
	return p.newText(f, op, values, equal)
}

// patternProblem says what is wrong with a regular expression.
func patternProblem(err error) string {
	if e, ok := err.(*syntax.Error); ok {
		return fmt.Sprintf("the regular expression has a mistake: %s: `%s`", e.Code, strings.TrimPrefix(e.Expr, "(?i)"))
	}
	return err.Error()
}
