package filter

import (
	"bytes"
	"strings"

	"xmppscope/xmpp"
)

// node is a part of an expression. Nodes are immutable.
type node interface {
	// eval answers for m.rec, looking into the element only if m.deep.
	// If it does, the answer is never Maybe.
	eval(m *Matcher) Verdict
	// print appends the node as an expression; outer is how tightly the
	// operator around it binds.
	print(b *strings.Builder, outer int)
	// needs returns texts of which a frame's bytes must hold one, in any
	// case, or a reference, for the node to say Yes; nil if there are none
	// such.
	needs() []string
}

// How tightly operators bind.
const (
	bindsOr = iota + 1
	bindsAnd
	bindsNot
)

// constant is the empty expression, and what stands where parsing failed.
type constant Verdict

func (c constant) eval(*Matcher) Verdict       { return Verdict(c) }
func (c constant) print(*strings.Builder, int) {}
func (c constant) needs() []string             { return nil }

// macro is a keyword: it prints as its name and means another expression.
type macro struct {
	name  string
	means node
}

func (k *macro) eval(m *Matcher) Verdict         { return k.means.eval(m) }
func (k *macro) print(b *strings.Builder, _ int) { b.WriteString(k.name) }
func (k *macro) needs() []string                 { return k.means.needs() }

// not is the opposite.
type not struct{ kid node }

func (n *not) eval(m *Matcher) Verdict { return Yes - n.kid.eval(m) }

func (n *not) print(b *strings.Builder, _ int) {
	b.WriteString("not ")
	n.kid.print(b, bindsNot)
}

func (n *not) needs() []string { return nil }

// both is kids joined by and, whatever their number.
type both struct{ kids []node }

func (n *both) eval(m *Matcher) Verdict {
	deep := m.deep
	m.deep = false
	verdict := Yes
	for _, k := range n.kids { // what the index knows comes first
		if verdict = min(verdict, k.eval(m)); verdict == No {
			break
		}
	}
	m.deep = deep
	if !deep || verdict != Maybe {
		return verdict
	}
	for _, k := range n.kids {
		if k.eval(m) == No {
			return No
		}
	}
	return Yes
}

func (n *both) print(b *strings.Builder, outer int) { printChain(b, n.kids, " and ", bindsAnd, outer) }

// needs returns those of the kid with the longest shortest text: the rarest.
func (n *both) needs() []string {
	var best []string
	for _, k := range n.kids {
		if texts := k.needs(); shortest(texts) > shortest(best) {
			best = texts
		}
	}
	return best
}

func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	n := len(texts[0])
	for _, t := range texts {
		n = min(n, len(t))
	}
	return n
}

// either is kids joined by or, whatever their number.
type either struct{ kids []node }

func (n *either) eval(m *Matcher) Verdict {
	deep := m.deep
	m.deep = false
	verdict := No
	for _, k := range n.kids {
		if verdict = max(verdict, k.eval(m)); verdict == Yes {
			break
		}
	}
	m.deep = deep
	if !deep || verdict != Maybe {
		return verdict
	}
	for _, k := range n.kids {
		if k.eval(m) == Yes {
			return Yes
		}
	}
	return No
}

func (n *either) print(b *strings.Builder, outer int) { printChain(b, n.kids, " or ", bindsOr, outer) }

func (n *either) needs() []string {
	var all []string
	for _, k := range n.kids {
		texts := k.needs()
		if texts == nil {
			return nil
		}
		all = append(all, texts...)
	}
	return all
}

func printChain(b *strings.Builder, kids []node, word string, binds, outer int) {
	if binds < outer {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	for i, k := range kids {
		if i > 0 {
			b.WriteString(word)
		}
		k.print(b, binds+1)
	}
}

// text is a search of the bytes as they were written, or with references
// resolved.
type text struct {
	text   string
	needle needle
}

func newText(t string) *text { return &text{t, newNeedle(t)} }

func (t *text) eval(m *Matcher) Verdict {
	if !m.deep {
		return Maybe
	}
	raw := m.rec.Raw()
	if t.needle.index(raw, 0) >= 0 {
		return Yes
	}
	if bytes.IndexByte(raw, '&') >= 0 && t.needle.index(xmpp.Unescape(raw), 0) >= 0 {
		return Yes
	}
	return No
}

func (t *text) print(b *strings.Builder, _ int) {
	if p := newParser(t.text); wordEnd(t.text, 0, true) == len(t.text) {
		if n, ok := p.parse().(*text); ok && p.err == nil && n.text == t.text {
			b.WriteString(t.text)
			return
		}
	}
	b.WriteString(quoted(t.text))
}

func (t *text) needs() []string { return []string{t.text} }
