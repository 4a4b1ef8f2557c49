package filter

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

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
