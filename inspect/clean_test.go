package inspect

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for name, c := range map[string]struct {
		in, oneLine, lines string
	}{
		"ascii":          {"Art thou not Romeo?", "Art thou not Romeo?", "Art thou not Romeo?"},
		"line feed":      {"a\nb", "a␊b", "a\nb"},
		"tab and return": {"a\tb\r", "a␉b␍", "a␉b␍"},
		"escape":         {"\x1b]52;c;AAAA\a", "␛]52;c;AAAA␇", "␛]52;c;AAAA␇"},
		"nul, delete":    {"\x00\x7f", "␀␡", "␀␡"},
		"C1":             {"\u0085\u009b31m", "‹U+0085›‹U+009B›31m", "‹U+0085›‹U+009B›31m"},
		"bare C1 byte":   {"\x9b31m", "‹x9B›31m", "‹x9B›31m"},
		"bidi":           {"abc\u202efdp.exe", "abc‹U+202E›fdp.exe", "abc‹U+202E›fdp.exe"},
		"isolates":       {"\u2066x\u2069", "‹U+2066›x‹U+2069›", "‹U+2066›x‹U+2069›"},
		"zero width":     {"ad\u200bmin", "ad‹U+200B›min", "ad‹U+200B›min"},
		"BOM":            {"\ufeffa", "‹U+FEFF›a", "‹U+FEFF›a"},
		"separators":     {"a\u2028b\u2029", "a‹U+2028›b‹U+2029›", "a‹U+2028›b‹U+2029›"},
		"tags":           {"\U000e0041", "‹U+E0041›", "‹U+E0041›"},
		"private use":    {"\ue000", "‹U+E000›", "‹U+E000›"},
		"soft hyphen":    {"pay\u00adpal", "pay‹U+00AD›pal", "pay‹U+00AD›pal"},
		"filler":         {"a\u3164b", "a‹U+3164›b", "a‹U+3164›b"},
		"cut rune":       {"a\xe2\x80", "a‹xE2›‹x80›", "a‹xE2›‹x80›"},
		"surrogate":      {"\xed\xa0\x80", "‹xED›‹xA0›‹x80›", "‹xED›‹xA0›‹x80›"},
		"real U+FFFD":    {"\ufffd", "\ufffd", "\ufffd"},
		"Hebrew, CJK":    {"שלום 漢字", "שלום 漢字", "שלום 漢字"},
		"family":         {"👩‍👩‍👧", "👩‍👩‍👧", "👩‍👩‍👧"},
		"joined heart":   {"👩🏽‍❤️‍👩", "👩🏽‍❤️‍👩", "👩🏽‍❤️‍👩"},
		"joined letters": {"a\u200db", "a‹U+200D›b", "a‹U+200D›b"},
		"one mark":       {"e\u0301", "e\u0301", "e\u0301"},
		"bare mark":      {"\u0301x", "◌\u0301x", "◌\u0301x"},
		"mark on break":  {"\n\u0301", "␊◌\u0301", "\n◌\u0301"},
		"many marks": {"e" + strings.Repeat("\u0301", 9) + "x",
			"e\u0301\u0301\u0301\u0301‹+5 marks›x", "e\u0301\u0301\u0301\u0301‹+5 marks›x"},
		"many at end": {"e" + strings.Repeat("\u0301", 5), "e\u0301\u0301\u0301\u0301‹+1 marks›", "e\u0301\u0301\u0301\u0301‹+1 marks›"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Clean(c.in, OneLine); got != c.oneLine {
				t.Errorf("one line: %+q, want %+q", got, c.oneLine)
			}
			if got := Clean([]byte(c.in), Lines); got != c.lines {
				t.Errorf("lines: %+q, want %+q", got, c.lines)
			}
		})
	}
}

func TestCleanTextCostsNothing(t *testing.T) {
	clean := strings.Repeat("Soft! what light through yonder window breaks?", 10)
	if n := testing.AllocsPerRun(100, func() { Clean(clean, OneLine) }); n != 0 {
		t.Errorf("%v allocations for a clean string, want none", n)
	}
	dst := make([]byte, 0, 1024)
	dirty := []byte("dur\u00e9e \x1b[31m \u202e e\u0301")
	if n := testing.AllocsPerRun(100, func() { dst = AppendClean(dst[:0], dirty, Lines) }); n != 0 {
		t.Errorf("%v allocations for appending, want none", n)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31m\u202e\u0301\u200d\n\xff")
	f.Add("👩🏽‍❤️‍👩" + strings.Repeat("\u0489", 20))
	f.Fuzz(func(t *testing.T, s string) {
		for _, b := range []Breaks{OneLine, Lines} {
			out := Clean(s, b)
			if !utf8.ValidString(out) {
				t.Fatalf("not UTF-8: %q", out)
			}
			marks := 0
			for i, r := range out {
				if r == '\n' && b == Lines {
					marks = 0
					continue
				}
				if r != zeroWidthJoiner && !unicode.IsGraphic(r) || isHidden(r) {
					t.Fatalf("%U at %d of %q", r, i, out)
				}
				if unicode.Is(unicode.M, r) {
					if marks++; marks > maxMarks || i == 0 {
						t.Fatalf("mark %d on one base at %d of %+q", marks, i, out)
					}
				} else if r != zeroWidthJoiner {
					marks = 0
				}
			}
			if again := string(AppendClean([]byte("x"), []byte(s), b)); again != "x"+out {
				t.Fatalf("bytes give %q, a string %q", again, out)
			}
			if b == Lines && strings.Count(out, "\n") != strings.Count(s, "\n") {
				t.Fatalf("line feeds changed: %q", out)
			}
		}
	})
}

func BenchmarkClean(b *testing.B) {
	text := []byte(strings.Repeat("<message to='juliet@capulet.example'><body>hi</body></message>", 100))
	dst := make([]byte, 0, 2*len(text))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dst = AppendClean(dst[:0], text, Lines)
	}
}
