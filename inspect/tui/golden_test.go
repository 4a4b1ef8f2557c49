package tui

import (
	"fmt"
	"strings"

	"github.com/gdamore/tcell/v2"
)

// screenText writes what a screen shows, without blanks at line ends.
func screenText(s tcell.SimulationScreen) string {
	text, _ := picture(s)
	return text
}

// picture writes what a screen shows, and one letter for the style of each
// cell, followed by what the letters mean.
func picture(s tcell.SimulationScreen) (text, letters string) {
	cells, w, h := s.GetContents()
	var b, styles, legend strings.Builder
	names := map[tcell.Style]byte{tcell.StyleDefault: '.'}
	for y := range h {
		var line, letters strings.Builder
		for x := 0; x < w; x++ {
			c := cells[y*w+x]
			letter, ok := names[c.Style]
			if !ok {
				letter = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[len(names)-1]
				names[c.Style] = letter
				fmt.Fprintf(&legend, "%c %s\n", letter, styleText(c.Style))
			}
			letters.WriteByte(letter)
			if len(c.Runes) == 0 {
				line.WriteByte(' ')
				continue
			}
			line.WriteString(string(c.Runes))
			if textWidth(string(c.Runes)) > 1 { // the right half belongs to it
				x++
				letters.WriteByte(letter)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		styles.WriteString(strings.TrimRight(letters.String(), ".") + "\n")
	}
	return b.String(), styles.String() + "\n" + legend.String()
}

func styleText(s tcell.Style) string {
	fg, bg, attrs := s.Decompose()
	words := []string{colorText(fg) + " on " + colorText(bg)}
	for _, a := range []struct {
		mask tcell.AttrMask
		name string
	}{{tcell.AttrBold, "bold"}, {tcell.AttrDim, "dim"}, {tcell.AttrItalic, "italic"},
		{tcell.AttrReverse, "reverse"}, {tcell.AttrUnderline, "underline"}} {
		if attrs&a.mask != 0 {
			words = append(words, a.name)
		}
	}
	return strings.Join(words, " ")
}

func colorText(c tcell.Color) string {
	switch {
	case c == tcell.ColorDefault:
		return "default"
	case c.IsRGB():
		return fmt.Sprintf("#%06x", c.Hex())
	}
	return fmt.Sprintf("palette %d", c-tcell.ColorValid)
}
