package filter

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// wordEnd returns where the word that begins at i ends. The word of a term
// ends before an operator; that of a value may hold operators' signs, since
// addresses do.
func wordEnd(s string, i int, term bool) int {
	for i < len(s) {
		switch c := s[i]; {
		case isSpace(c), strings.IndexByte(`(){},"'`, c) >= 0:
			return i
		case (c == '&' || c == '|') && i+1 < len(s) && s[i+1] == c:
			return i
		case term && strings.IndexByte("=!<>~", c) >= 0:
			return i
		}
		i++
	}
	return i
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// word reads the word of a term or a value at the parser's place, "" if there
// is none.
func (p *parser) word(term bool) string {
	end := wordEnd(p.in, p.pos, term)
	word := p.in[p.pos:end]
	p.pos = end
	return word
}

// space skips white space.
func (p *parser) space() {
	for p.pos < len(p.in) && isSpace(p.in[p.pos]) {
		p.pos++
	}
}

// sign skips sign if it comes next.
func (p *parser) sign(sign string) bool {
	if strings.HasPrefix(p.in[p.pos:], sign) {
		p.pos += len(sign)
		return true
	}
	return false
}

// term skips word if it comes next as a whole word, in any case.
func (p *parser) term(word string) bool {
	end := wordEnd(p.in, p.pos, true)
	if strings.EqualFold(p.in[p.pos:end], word) {
		p.pos = end
		return true
	}
	return false
}

// reservedWord returns the operator that word is, or "".
func reservedWord(word string) string {
	for _, w := range []string{"and", "or", "not", "in", "contains", "matches"} {
		if strings.EqualFold(w, word) {
			return w
		}
	}
	return ""
}

// quotation reads the string in quotation marks at the parser's place. In a
// pattern a backslash stands for itself but before the quotation mark.
func (p *parser) quotation(pattern bool) string {
	start, mark := p.pos, p.in[p.pos]
	var b strings.Builder
	for p.pos++; p.pos < len(p.in); p.pos++ {
		switch c := p.in[p.pos]; {
		case c == mark:
			p.pos++
			return b.String()
		case c != '\\' || p.pos+1 == len(p.in):
			b.WriteByte(c)
		case pattern:
			p.pos++
			if p.in[p.pos] != mark {
				b.WriteByte('\\')
			}
			b.WriteByte(p.in[p.pos])
		default:
			p.escape(&b)
		}
	}
	p.fail(start, len(p.in)-start, "the string has no end", "")
	return b.String()
}

// escape reads the escape at the parser's place but for its last byte.
func (p *parser) escape(b *strings.Builder) {
	start := p.pos
	p.pos++
	digits := 0
	switch c := p.in[p.pos]; c {
	case '\\', '\'', '"':
		b.WriteByte(c)
		return
	case 'n':
		b.WriteByte('\n')
		return
	case 't':
		b.WriteByte('\t')
		return
	case 'r':
		b.WriteByte('\r')
		return
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	}
	if end := p.pos + 1 + digits; digits > 0 && end <= len(p.in) {
		if v, err := strconv.ParseUint(p.in[p.pos+1:end], 16, 32); err == nil {
			p.pos = end - 1
			if digits == 2 {
				b.WriteByte(byte(v))
			} else {
				b.WriteRune(rune(v))
			}
			return
		}
	}
	_, size := utf8.DecodeRuneInString(p.in[p.pos:])
	p.fail(start, 1+size, "no such escape; a backslash is written twice", `\`+p.in[start:p.pos+size])
}
