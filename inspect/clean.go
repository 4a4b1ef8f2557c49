package inspect

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Breaks says what [Clean] does with line feeds. The zero value is OneLine.
type Breaks uint8

const (
	OneLine Breaks = iota // a line feed becomes ␊, as for a cell or a heading
	Lines                 // a line feed stays, as for a pane or a printed frame
)

// maxMarks is how many combining marks one base character may carry. Living
// languages need fewer; more of them climb over the lines above.
const maxMarks = 4

// Clean returns s with everything visible that a terminal would obey, hide or
// reorder: control characters as their pictures (␛), others as ‹U+202E›,
// bytes that are not UTF-8 as ‹xFF›; combining marks beyond four on one base
// are counted, ‹+9 marks›, and a mark without a base stands on ◌. The result
// is valid UTF-8 without control characters, except '\n' where b is Lines.
// It returns s itself where s is clean, without allocating when s is a string.
func Clean[T string | []byte](s T, b Breaks) string {
	n := cleanPrefix(s, b)
	if n == len(s) {
		return string(s)
	}
	return string(AppendClean(make([]byte, 0, len(s)+32), s, b))
}

// AppendClean appends to dst what [Clean] returns for s.
// It keeps no reference to s.
func AppendClean[T string | []byte](dst []byte, s T, b Breaks) []byte {
	c := cleaner{dst: dst, breaks: b}
	for i := 0; i < len(s); {
		if n := cleanPrefix(s[i:], b); n > 0 {
			c.ascii(string(s[i+n-1 : i+n]))
			c.dst = append(append(c.dst, s[i:i+n-1]...), s[i+n-1])
			i += n
			continue
		}
		// A short piece, so that the conversion stays on the stack.
		piece := string(s[i:min(len(s), i+utf8.UTFMax)])
		r, size := utf8.DecodeRuneInString(piece)
		i += size
		if r == utf8.RuneError && size == 1 {
			c.invalid(piece[0])
			continue
		}
		next, _ := utf8.DecodeRuneInString(string(s[i:min(len(s), i+utf8.UTFMax)]))
		c.rune(r, next)
	}
	c.endMarks()
	return c.dst
}

// cleanPrefix returns how many leading bytes of s are printable ASCII.
func cleanPrefix[T string | []byte](s T, b Breaks) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c-0x20 >= 0x7f-0x20 && (c != '\n' || b != Lines) {
			return i
		}
	}
	return len(s)
}

// cleaner is one run of AppendClean.
type cleaner struct {
	dst    []byte
	breaks Breaks
	base   rune // last base character that marks may stand on; 0: none
	marks  int  // marks on base so far
}

// ascii notes that text ending in last is about to be appended unchanged.
func (c *cleaner) ascii(last string) {
	c.endMarks()
	c.base = rune(last[0])
	if c.base == '\n' {
		c.base = 0
	}
}

// rune appends r, which next follows.
func (c *cleaner) rune(r, next rune) {
	if unicode.Is(unicode.M, r) && !isHidden(r) {
		c.mark(r)
		return
	}
	if r == zeroWidthJoiner && isEmoji(c.base) && isEmoji(next) {
		c.dst = utf8.AppendRune(c.dst, r)
		return
	}
	c.endMarks()
	if shown := unicode.IsGraphic(r) && !isHidden(r) || r == '\n' && c.breaks == Lines; shown {
		c.dst = utf8.AppendRune(c.dst, r)
		// A skin tone belongs to the emoji before it.
		if !unicode.Is(unicode.Sk, r) {
			c.base = r
		}
		return
	}
	c.base = 0
	switch {
	case r < 0x20:
		c.dst = utf8.AppendRune(c.dst, '␀'+r)
	case r == 0x7f:
		c.dst = append(c.dst, "␡"...)
	default:
		c.dst = append(c.dst, "‹U+"...)
		for bound := rune(0x1000); bound > r; bound >>= 4 {
			c.dst = append(c.dst, '0')
		}
		c.dst = appendUpperHex(c.dst, uint32(r))
		c.dst = append(c.dst, "›"...)
	}
}

// mark appends a combining mark, or counts it where there are too many.
func (c *cleaner) mark(r rune) {
	if c.base == 0 {
		c.base = '◌'
		c.dst = append(c.dst, "◌"...)
	}
	if c.marks++; c.marks <= maxMarks {
		c.dst = utf8.AppendRune(c.dst, r)
	}
}

// endMarks closes the run of marks on the last base.
func (c *cleaner) endMarks() {
	if c.marks > maxMarks {
		c.dst = append(c.dst, "‹+"...)
		c.dst = strconv.AppendInt(c.dst, int64(c.marks-maxMarks), 10)
		c.dst = append(c.dst, " marks›"...)
	}
	c.marks = 0
}

// invalid appends a byte that is not part of UTF-8.
func (c *cleaner) invalid(b byte) {
	c.endMarks()
	c.base = 0
	c.dst = append(c.dst, "‹x"...)
	c.dst = appendUpperHex(c.dst, uint32(b))
	c.dst = append(c.dst, "›"...)
}

func appendUpperHex(dst []byte, v uint32) []byte {
	start := len(dst)
	dst = strconv.AppendUint(dst, uint64(v), 16)
	for i := start; i < len(dst); i++ {
		if dst[i] >= 'a' {
			dst[i] -= 'a' - 'A'
		}
	}
	return dst
}

const zeroWidthJoiner = 0x200d

// isEmoji reports whether a zero-width joiner beside r makes one picture of two.
func isEmoji(r rune) bool {
	return r >= 0x2190 && (unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r))
}

// isHidden reports whether r is assigned, no control or format character, and
// yet shows nothing (Default_Ignorable_Code_Point, and the blank Braille
// pattern). The two variation selectors for text and emoji are not hidden.
func isHidden(r rune) bool {
	switch {
	case r < 0x34f:
		return false
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5,
		r >= 0x180b && r <= 0x180f, r == 0x2800, r == 0x3164,
		r >= 0xfe00 && r <= 0xfe0d, r == 0xffa0, r >= 0xe0100 && r <= 0xe01ef:
		return true
	}
	return false
}
