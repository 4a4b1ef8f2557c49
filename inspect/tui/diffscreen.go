package tui

import (
	"unicode"
	"unicode/utf8"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/uniseg"
)

// diffScreen is a tcell.Screen that hands on only the cells that changed
// since the last Show. Everything above it may blank and redraw whole frames;
// an unchanged frame then sends not one byte, where plain tcell resends every
// cell that was blanked in between.
//
// It is also the last guard before the terminal: a cell that holds a control,
// format or bidirectional character, or nothing visible, is shown as "␦", and
// no style keeps a hyperlink. Text is cleaned long before it comes here; the
// guard makes a forgotten place ugly, never dangerous.
//
// It belongs to the goroutine of the screen loop, except PollEvent and
// ChannelEvents, which are the wrapped screen's.
type diffScreen struct {
	tcell.Screen
	width, height int
	next          []diffCell // the frame being drawn
	shown         []diffCell // what the wrapped screen was told last
	blank         diffCell
	cursor        [2]int
	shownCursor   [2]int
	forgotten     bool // shown is not to be trusted: hand on everything
	ascii         bool // the terminal shows nothing but ASCII
}

// diffCell is one cell: a grapheme cluster, or "" for a blank or the right
// half of the wide cell before it.
type diffCell struct {
	text  string
	style tcell.Style
}

func newDiffScreen(wrapped tcell.Screen, ascii bool) *diffScreen {
	return &diffScreen{Screen: wrapped, cursor: [2]int{-1, -1}, forgotten: true, ascii: ascii}
}

// Init initialises the wrapped screen and takes its size.
func (s *diffScreen) Init() error {
	if err := s.Screen.Init(); err != nil {
		return err
	}
	s.fit()
	return nil
}

// fit makes the buffers as large as the wrapped screen.
func (s *diffScreen) fit() {
	w, h := s.Screen.Size()
	if w == s.width && h == s.height {
		return
	}
	s.width, s.height = w, h
	s.next, s.shown = make([]diffCell, w*h), make([]diffCell, w*h)
	s.forgotten = true
}

// Size returns the size of the frame being drawn; a resize takes effect with
// the next Clear.
func (s *diffScreen) Size() (int, int) { return s.width, s.height }

// SetStyle sets the style that Clear gives to every cell.
func (s *diffScreen) SetStyle(style tcell.Style) {
	s.Screen.SetStyle(style)
	s.blank.style = style
}

// Clear begins a new frame, in the wrapped screen's present size.
func (s *diffScreen) Clear() {
	s.fit()
	for i := range s.next {
		s.next[i] = s.blank
	}
}

// Fill sets every cell of the frame.
func (s *diffScreen) Fill(r rune, style tcell.Style) {
	s.fit()
	for i := range s.next {
		s.next[i] = diffCell{runeText(r), style}
	}
}

// set stores one grapheme cluster.
func (s *diffScreen) set(x, y int, text string, style tcell.Style) {
	if x < 0 || y < 0 || x >= s.width || y >= s.height {
		return
	}
	if text == " " {
		text = ""
	}
	s.next[y*s.width+x] = diffCell{text, style}
}

// Put stores the first grapheme cluster of text, and returns the rest and the
// cluster's width.
func (s *diffScreen) Put(x, y int, text string, style tcell.Style) (string, int) {
	cluster, rest, width, _ := uniseg.FirstGraphemeClusterInString(text, -1)
	s.set(x, y, cluster, style)
	return rest, width
}

// PutStr stores text in the default style.
func (s *diffScreen) PutStr(x, y int, text string) { s.PutStrStyled(x, y, text, tcell.StyleDefault) }

// PutStrStyled stores text, cut at the right edge.
func (s *diffScreen) PutStrStyled(x, y int, text string, style tcell.Style) {
	for text != "" && x < s.width {
		var width int
		text, width = s.Put(x, y, text, style)
		x += max(width, 1)
	}
}

// SetContent stores one character with its combining marks.
func (s *diffScreen) SetContent(x, y int, primary rune, marks []rune, style tcell.Style) {
	text := runeText(primary)
	if len(marks) > 0 {
		text += string(marks)
	}
	s.set(x, y, text, style)
}

// SetCell is SetContent in an older form.
func (s *diffScreen) SetCell(x, y int, style tcell.Style, chars ...rune) {
	if len(chars) == 0 {
		chars = []rune{' '}
	}
	s.SetContent(x, y, chars[0], chars[1:], style)
}

// Get returns a cell of the frame being drawn.
func (s *diffScreen) Get(x, y int) (string, tcell.Style, int) {
	if x < 0 || y < 0 || x >= s.width || y >= s.height {
		return "", tcell.StyleDefault, 0
	}
	c := s.next[y*s.width+x]
	if c.text == "" {
		return " ", c.style, 1
	}
	return c.text, c.style, uniseg.StringWidth(c.text)
}

// GetContent is Get in an older form.
func (s *diffScreen) GetContent(x, y int) (rune, []rune, tcell.Style, int) {
	text, style, width := s.Get(x, y)
	if text == "" {
		return 0, nil, style, width
	}
	runes := []rune(text)
	return runes[0], runes[1:], style, width
}

// ShowCursor places the cursor with the next Show.
func (s *diffScreen) ShowCursor(x, y int) { s.cursor = [2]int{x, y} }

// HideCursor hides the cursor with the next Show.
func (s *diffScreen) HideCursor() { s.ShowCursor(-1, -1) }

// Show hands the changed cells on and, if there were any, shows them.
func (s *diffScreen) Show() {
	if changed := s.forward(); changed || s.cursor != s.shownCursor {
		s.showCursor()
		s.Screen.Show()
	}
}

// Sync repaints every cell of the terminal.
func (s *diffScreen) Sync() {
	s.forgotten = true
	s.forward()
	s.showCursor()
	s.Screen.Sync()
}

// Resume takes the terminal back; whatever stood on it is forgotten.
func (s *diffScreen) Resume() error {
	s.forgotten = true
	return s.Screen.Resume()
}

func (s *diffScreen) showCursor() {
	s.shownCursor = s.cursor
	s.Screen.ShowCursor(s.cursor[0], s.cursor[1])
}

// forward hands on what differs and reports whether anything did. The cells
// beside a wide cell that comes or goes are handed on as well: the terminal
// may have overwritten them.
func (s *diffScreen) forward() bool {
	changed := false
	beside := false
	for i, cell := range s.next {
		if i%s.width == 0 {
			beside = false
		}
		if !s.forgotten && !beside && cell == s.shown[i] {
			continue
		}
		beside = cell != s.shown[i] && (isWide(cell.text) || isWide(s.shown[i].text))
		changed = true
		s.shown[i] = cell
		text := guard(cell.text)
		if s.ascii {
			text = toASCII(text)
		}
		s.Screen.Put(i%s.width, i/s.width, text, cell.style.Url(""))
	}
	s.forgotten = false
	return changed
}

// isWide reports whether a cluster fills more than one cell.
func isWide(text string) bool {
	return len(text) > 1 && uniseg.StringWidth(text) > 1
}

// guard returns text if a terminal can only show it, and "␦" otherwise.
func guard(text string) string {
	if text == "" {
		return " "
	}
	if len(text) == 1 && text[0] >= 0x20 && text[0] < 0x7f {
		return text
	}
	for _, r := range text {
		if r == utf8.RuneError || r != zeroWidthJoiner && !unicode.IsGraphic(r) {
			return "␦"
		}
	}
	if w := uniseg.StringWidth(text); w < 1 || w > 2 {
		return "␦"
	}
	return text
}

// zeroWidthJoiner makes one picture of two emoji and needs no guarding.
const zeroWidthJoiner = 0x200d

// runeText returns r as text, without allocating for ASCII.
func runeText(r rune) string {
	const printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
	if i := int(r) - ' '; i >= 0 && i < len(printable) {
		return printable[i : i+1]
	}
	return string(r)
}
