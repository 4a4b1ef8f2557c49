package tui

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/gdamore/tcell/v2"
)

// role is what a piece of the screen means; a theme says how that looks.
// Colour never stands alone: each role also has a letter, a sign or a place.
type role uint8

const (
	roleText     role = iota
	roleDim           // what matters less: numbers, hints, empty places
	roleTitle         // column headings, names of panes
	roleTab           // the pane that is shown
	roleSelected      // the selected row
	roleGood          // ✓, LIVE
	roleBad           // ✖, ✗, DISK FULL
	roleWarn          // ▲, PAUSED
	roleNotice        // OFFLINE, FILE, new rows
	roleOut           // → from the initiator
	roleIn            // ← towards it
	roleMessage       // kinds of rows
	rolePresence
	roleIQ
	roleNonza
	roleKey // a key in hints and help
	roleCount
)

// theme maps meaning to looks. It is immutable once made.
type theme struct {
	roles  [roleCount]tcell.Style
	tokens map[chroma.TokenType]tcell.Style
	// selection is the background of the selected row; where it is the
	// default, the row is drawn in roleSelected and loses its colours.
	selection tcell.Color
}

// tokenTypes are the types that inspect's Tokenizer yields.
func tokenTypes() []chroma.TokenType {
	return []chroma.TokenType{
		chroma.Text, chroma.NameTag, chroma.NameAttribute, chroma.LiteralString,
		chroma.NameEntity, chroma.Comment, chroma.CommentPreproc, chroma.Error,
	}
}

// newTheme returns the theme of that name; "" is ansi. With noColor it is
// mono whatever the name says: tcell answers NO_COLOR by toggling reverse on
// dark colours, which turns any other theme into random blocks.
func newTheme(name string, noColor bool) (*theme, error) {
	makers := map[string]func() *theme{"": ansiTheme, "ansi": ansiTheme, "dark": darkTheme, "light": lightTheme, "mono": monoTheme}
	make, ok := makers[name]
	if !ok {
		names := slices.Sorted(maps.Keys(makers))[1:]
		return nil, fmt.Errorf("unknown theme %q: there are %s", name, strings.Join(names, ", "))
	}
	if noColor {
		make = monoTheme
	}
	return make(), nil
}

// role returns the style of a role.
func (t *theme) role(r role) tcell.Style { return t.roles[r] }

// token returns the style of a piece of XML.
func (t *theme) token(typ chroma.TokenType) tcell.Style {
	if style, ok := t.tokens[typ]; ok {
		return style
	}
	return t.roles[roleText]
}

// selected returns how style looks on the selected row. A sign keeps its own
// colours even where the rest of the row does not.
func (t *theme) selected(style tcell.Style, sign bool) tcell.Style {
	if t.selection != tcell.ColorDefault {
		return style.Background(t.selection)
	}
	if sign {
		return style.Reverse(true)
	}
	return t.roles[roleSelected]
}

// selectRuns gives runs the looks of the selected row.
func (t *theme) selectRuns(runs []run) {
	for i := range runs {
		runs[i].style = t.selected(runs[i].style, false)
	}
}

// palette is the colours of a theme, by what they say.
type palette struct {
	blue, orange, green, purple, red, amber, dim tcell.Color
}

// roles spreads a palette over the roles, on base.
func (p palette) roles(base tcell.Style) [roleCount]tcell.Style {
	return [roleCount]tcell.Style{
		roleText:     base,
		roleDim:      base.Foreground(p.dim),
		roleTitle:    base.Foreground(p.dim).Underline(true),
		roleTab:      base.Bold(true).Reverse(true),
		roleSelected: base.Reverse(true),
		roleGood:     base.Foreground(p.green).Bold(true),
		roleBad:      base.Foreground(p.red).Bold(true),
		roleWarn:     base.Foreground(p.amber).Bold(true),
		roleNotice:   base.Foreground(p.blue).Bold(true),
		roleOut:      base.Foreground(p.blue),
		roleIn:       base.Foreground(p.orange),
		roleMessage:  base.Foreground(p.green),
		rolePresence: base.Foreground(p.dim),
		roleIQ:       base.Foreground(p.blue),
		roleNonza:    base.Foreground(p.purple),
		roleKey:      base.Bold(true),
	}
}

// ansiTheme keeps the terminal's own background and text colour. Where the
// sixteen colours are known to fail on dark or light terminals (blue, yellow,
// orange) it takes mid-tones of the 256 that can be read on both.
func ansiTheme() *theme {
	base := tcell.StyleDefault
	p := palette{
		blue:   tcell.PaletteColor(32),
		orange: tcell.PaletteColor(166),
		green:  tcell.PaletteColor(2),
		purple: tcell.PaletteColor(133),
		red:    tcell.PaletteColor(160),
		amber:  tcell.PaletteColor(136),
		dim:    tcell.PaletteColor(244),
	}
	return &theme{
		roles: p.roles(base),
		tokens: map[chroma.TokenType]tcell.Style{
			chroma.NameTag:        base.Foreground(p.blue),
			chroma.NameAttribute:  base.Foreground(tcell.PaletteColor(6)),
			chroma.LiteralString:  base.Foreground(p.orange),
			chroma.NameEntity:     base.Foreground(p.purple),
			chroma.Comment:        base.Foreground(p.dim),
			chroma.CommentPreproc: base.Foreground(p.purple),
			chroma.Error:          base.Foreground(p.red).Underline(true),
		},
	}
}

// darkTheme is chroma's github-dark with the rest of that palette around it.
func darkTheme() *theme {
	p := palette{
		blue:   tcell.NewHexColor(0x79c0ff),
		orange: tcell.NewHexColor(0xffa657),
		green:  tcell.NewHexColor(0x7ee787),
		purple: tcell.NewHexColor(0xd2a8ff),
		red:    tcell.NewHexColor(0xff7b72),
		amber:  tcell.NewHexColor(0xe3b341),
		dim:    tcell.NewHexColor(0x9198a1),
	}
	return chromaTheme("github-dark", p, tcell.NewHexColor(0x264466))
}

// lightTheme is chroma's github with the rest of that palette around it.
func lightTheme() *theme {
	p := palette{
		blue:   tcell.NewHexColor(0x0550ae),
		orange: tcell.NewHexColor(0x953800),
		green:  tcell.NewHexColor(0x116329),
		purple: tcell.NewHexColor(0x6639ba),
		red:    tcell.NewHexColor(0xa40e26),
		amber:  tcell.NewHexColor(0x7d4e00),
		dim:    tcell.NewHexColor(0x57606a),
	}
	return chromaTheme("github", p, tcell.NewHexColor(0xcfe4fb))
}

// chromaTheme takes syntax colours and background from a style of chroma.
func chromaTheme(name string, p palette, selection tcell.Color) *theme {
	style := styles.Get(name)
	ground := style.Get(chroma.Background)
	base := tcell.StyleDefault.Background(hexColor(ground.Background)).Foreground(hexColor(style.Get(chroma.Text).Colour))
	if !style.Get(chroma.Text).Colour.IsSet() {
		base = base.Foreground(tcell.NewHexColor(0x1f2328))
	}
	t := &theme{roles: p.roles(base), selection: selection, tokens: map[chroma.TokenType]tcell.Style{}}
	for _, typ := range tokenTypes() {
		entry := style.Get(typ)
		s := base.Bold(entry.Bold == chroma.Yes).Italic(entry.Italic == chroma.Yes).Underline(entry.Underline == chroma.Yes)
		if entry.Colour.IsSet() {
			s = s.Foreground(hexColor(entry.Colour))
		}
		if entry.Background.IsSet() {
			s = s.Background(hexColor(entry.Background))
		}
		t.tokens[typ] = s
	}
	return t
}

// monoTheme uses attributes only, for NO_COLOR and terminals without colours.
func monoTheme() *theme {
	base := tcell.StyleDefault
	t := &theme{
		roles: palette{}.roles(base),
		tokens: map[chroma.TokenType]tcell.Style{
			chroma.NameTag: base.Bold(true),
			chroma.Comment: base.Dim(true),
			chroma.Error:   base.Underline(true),
		},
	}
	for _, r := range []role{roleDim, rolePresence} {
		t.roles[r] = base.Dim(true)
	}
	return t
}

// hexColor returns chroma's colour as tcell's.
func hexColor(c chroma.Colour) tcell.Color {
	if !c.IsSet() {
		return tcell.ColorDefault
	}
	return tcell.NewRGBColor(int32(c.Red()), int32(c.Green()), int32(c.Blue()))
}
