package filter

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Error says what is wrong with an expression, where, and what may have been
// meant.
type Error struct {
	Offset, Length int    // of the part that is wrong, in bytes; Length may be 0
	Message        string // what is wrong
	Suggestion     string // what to write in its place, if one can guess
}

// Error returns the message with the suggestion, without the place.
func (e *Error) Error() string {
	if e.Suggestion == "" {
		return e.Message
	}
	return fmt.Sprintf("%s – `%s`?", e.Message, e.Suggestion)
}

// Caret returns two lines: the expression as it can be shown, and under it
// carets that point at what is wrong.
func (e *Error) Caret(input string) string {
	from := min(e.Offset, len(input))
	to := min(from+e.Length, len(input))
	indent := strings.Repeat(" ", width(input[:from]))
	return showable(input) + "\n" + indent + strings.Repeat("^", max(width(input[from:to]), 1))
}

// showable returns text for a terminal: each control character is a space.
func showable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// width is how many cells text takes on a terminal.
func width(text string) int { return uniseg.StringWidth(showable(text)) }

// nearest returns the candidate that is most like word, or "" if none is.
func nearest(word string, candidates []string) string {
	best, found := max(1, min(len(word)/2, 3))+1, ""
	for _, c := range candidates {
		if d := distance(word, c); d < best {
			best, found = d, c
		}
	}
	return found
}

// distance counts the letters to be changed, added, taken out or swapped with
// their neighbour to turn a into b.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var two, one, now [65]int
	for j := range len(b) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one = one, now
	}
	return one[len(b)]
}
