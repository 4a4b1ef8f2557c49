package tui

import (
	"fmt"
	"strings"

	"github.com/gdamore/tcell/v2"
)

// scope is where the keyboard is; a binding names all those it works in.
type scope uint8

const (
	inList scope = 1 << iota
	inPane
	inSessions
	inOverlay // help, messages
	inPrompt  // the filter or find line
	inConfirm // a question that y answers
)

// everywhere is all places.
const everywhere = inViews | inPrompt | inConfirm

// inViews is everywhere but where text is typed or a question stands.
const inViews = inList | inPane | inSessions | inOverlay

// binding is one line of the key table. The table is the only place that says
// which keys there are: dispatch, the help overlay, the hints in the last line
// and docs/keys.md are made from it.
type binding struct {
	strokes string // names as strokeName gives them, separated by blanks
	in      scope
	help    string // what it does, for people
	hint    string // one word for the last line, or "", and where it is worth its room
	hintIn  scope
	act     func(*ui)
}

// keyGroup is bindings under one heading.
type keyGroup struct {
	title    string
	bindings []binding
}

// keyTable returns every key there is. Where a stroke stands twice, the
// scopes differ.
func keyTable() []keyGroup {
	return []keyGroup{
		{"Move", moveKeys()},
		{"Screens", screenKeys()},
		{"List", listKeys()},
		{"View", viewKeys()},
		{"Filter and find line", promptKeys()},
		{"Questions", confirmKeys()},
	}
}

func moveKeys() []binding {
	return []binding{
		{"j Down", inViews, "next row", "", 0, func(u *ui) { u.move(1) }},
		{"k Up", inViews, "previous row; leaves follow", "", 0, func(u *ui) { u.move(-1) }},
		{"g Home", inViews, "first row", "", 0, func(u *ui) { u.moveEnd(-1) }},
		{"G End", inViews, "last row", "", 0, func(u *ui) { u.moveEnd(1) }},
		{"^d", inViews, "half a page down", "", 0, func(u *ui) { u.move(u.page() / 2) }},
		{"^u", inViews, "half a page up", "", 0, func(u *ui) { u.move(-u.page() / 2) }},
		{"PgDn Space", inViews, "a page down", "", 0, func(u *ui) { u.move(u.page()) }},
		{"PgUp", inViews, "a page up", "", 0, func(u *ui) { u.move(-u.page()) }},
		{"h Left", inList, "show the Info column further left", "", 0, func(u *ui) { u.live.list.shift(-8) }},
		{"l Right", inList, "show the Info column further right", "", 0, func(u *ui) { u.live.list.shift(8) }},
		{"h Left", inSessions, "close the branch", "", 0, func(u *ui) { u.sessions.fold(true) }},
		{"l Right", inSessions, "open the branch", "", 0, func(u *ui) { u.sessions.fold(false) }},
		{"Tab", inList | inPane, "to the next pane", "", 0, func(u *ui) { u.nextPane(1) }},
		{"S-Tab", inList | inPane, "to the previous pane", "", 0, func(u *ui) { u.nextPane(-1) }},
		{"]", inList | inPane, "next tab: XML, Raw", "", 0, func(u *ui) { u.nextTab(1) }},
		{"[", inList | inPane, "previous tab", "", 0, func(u *ui) { u.nextTab(-1) }},
		{"Enter", inList, "open: go to the row's pane", "open", everywhere, (*ui).openRow},
		{"Enter", inPane, "show all of a text that was cut", "", 0, (*ui).showAll},
		{"Enter", inSessions, "show only this session's rows", "rows", everywhere, (*ui).openSession},
		{"Esc q", inViews, "back; from the list: quit", "back", inViews &^ inList, (*ui).back},
		{"Q", inViews, "quit, after asking", "", 0, (*ui).askQuit},
	}
}

func listKeys() []binding {
	const here = inList | inPane
	return []binding{
		{"/ f", here, "filter: type an expression", "filter", everywhere, (*ui).startFilter},
		{"\\", here, "filter on or off", "", 0, (*ui).toggleFilter},
		{"^f", here, "find a row by an expression", "find", everywhere, (*ui).startFind},
		{"n", here, "next row found", "", 0, func(u *ui) { u.findNext(1) }},
		{"N", here, "previous row found", "", 0, func(u *ui) { u.findNext(-1) }},
		{"F", here, "follow: stay on the newest row, or stop", "follow", everywhere, (*ui).toggleFollow},
		{"p", here, "pause the view, or go on; traffic never pauses", "pause", everywhere, (*ui).togglePause},
		{")", here, "next problem", "problem", everywhere, func(u *ui) { u.nextProblem(1) }},
		{"(", here, "previous problem", "", 0, func(u *ui) { u.nextProblem(-1) }},
		{"%", here, "from request to reply, or back", "reply", everywhere, (*ui).jumpPeer},
		{"t", here, "time: since the start, of day, since the row before", "time", everywhere, (*ui).nextTime},
		{"y", here, "copy what the pane shows, through the terminal (OSC 52)", "copy", everywhere, (*ui).copyRow},
	}
}

func viewKeys() []binding {
	const here = inList | inPane
	return []binding{
		{"?", inViews, "this help", "", 0, (*ui).toggleHelp},
		{"E", inViews, "messages: what went wrong, kept from the last line", "", 0, (*ui).toggleMessages},
		{"z", here, "zoom: list or pane fills the screen", "zoom", everywhere, (*ui).toggleZoom},
		{"|", here, "panes below the list, or beside it", "", 0, (*ui).toggleBeside},
		{"+", here, "more room for the list", "", 0, func(u *ui) { u.resizeList(1) }},
		{"-", here, "less room for the list", "", 0, func(u *ui) { u.resizeList(-1) }},
		{">", here, "move the split between panes right", "", 0, func(u *ui) { u.moveSplit(1) }},
		{"<", here, "move the split between panes left", "", 0, func(u *ui) { u.moveSplit(-1) }},
		{"^l", inViews | inPrompt, "repaint the terminal", "", 0, (*ui).repaint},
		{"^z", inViews, "suspend to the shell", "", 0, (*ui).askSuspend},
		{"^c", inViews | inPrompt | inConfirm, "cancel; pressed twice: quit", "", 0, (*ui).cancel},
	}
}

func screenKeys() []binding {
	var keys []binding
	for i, s := range screens() {
		elsewhere := inViews &^ s.in &^ inOverlay
		if s.in == inList {
			elsewhere &^= inPane
		}
		keys = append(keys, binding{fmt.Sprint(i + 1), inViews, s.help, strings.ToLower(s.name), elsewhere, func(u *ui) { u.goTo(i) }})
	}
	return keys
}

func promptKeys() []binding {
	return []binding{
		{"Enter", inPrompt, "apply", "apply", everywhere, (*ui).promptApply},
		{"Esc", inPrompt, "leave it as it was", "cancel", everywhere, (*ui).promptLeave},
		{"Tab", inPrompt, "complete the word", "complete", everywhere, (*ui).promptComplete},
		{"Up", inPrompt, "earlier expression", "earlier", everywhere, func(u *ui) { u.promptRecall(-1) }},
		{"Down", inPrompt, "later expression", "", 0, func(u *ui) { u.promptRecall(1) }},
		{"^u", inPrompt, "delete the line", "", 0, func(u *ui) { u.prompt.forward(tcell.KeyCtrlU) }},
		{"^w", inPrompt, "delete a word", "", 0, func(u *ui) { u.prompt.forward(tcell.KeyCtrlW) }},
	}
}

func confirmKeys() []binding {
	return []binding{
		{"y", inConfirm, "yes", "yes", everywhere, (*ui).confirmYes},
		{"n Esc", inConfirm, "no", "no", everywhere, (*ui).confirmNo},
	}
}

// keymap finds bindings by stroke. It is immutable.
type keymap map[string][]binding

func newKeymap(groups []keyGroup) keymap {
	m := keymap{}
	for _, g := range groups {
		for _, b := range g.bindings {
			for _, stroke := range strings.Fields(b.strokes) {
				m[stroke] = append(m[stroke], b)
			}
		}
	}
	return m
}

// find returns what stroke does in a scope.
func (m keymap) find(stroke string, in scope) (binding, bool) {
	for _, b := range m[stroke] {
		if b.in&in != 0 {
			return b, true
		}
	}
	return binding{}, false
}

// strokeName returns the name of a key as the table writes it: the character
// itself, ^x with Control, or a word.
func strokeName(ev *tcell.EventKey) string {
	switch key := ev.Key(); key {
	case tcell.KeyRune:
		if ev.Rune() == ' ' {
			return "Space"
		}
		if ev.Modifiers()&tcell.ModAlt != 0 {
			return "M-" + string(ev.Rune())
		}
		return string(ev.Rune())
	case tcell.KeyEnter:
		return "Enter"
	case tcell.KeyTab:
		return "Tab"
	case tcell.KeyBacktab:
		return "S-Tab"
	case tcell.KeyEsc:
		return "Esc"
	default:
		if key >= tcell.KeyCtrlA && key <= tcell.KeyCtrlZ {
			return "^" + string(rune('a'+key-tcell.KeyCtrlA))
		}
		return ev.Name()
	}
}

// keysPage returns docs/keys.md: the table for people who read it in a browser.
func keysPage() string {
	var b strings.Builder
	b.WriteString("# Keys\n\nEvery key of the screens of `xmppscope proxy` and `xmppscope open`. `?` shows the same table there.\n" +
		"This page is made from the table in `inspect/tui`; `go test ./inspect/tui -update` writes it anew.\n")
	for _, g := range keyTable() {
		fmt.Fprintf(&b, "\n## %s\n\n| key | where | what it does |\n| --- | --- | --- |\n", g.title)
		for _, k := range g.bindings {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", keysCell(k.strokes), k.in, k.help)
		}
	}
	b.WriteString("\nThe mouse: a click selects a row, a tab or a pane, the wheel scrolls; Shift and drag select text for the terminal.\n")
	return b.String()
}

func keysCell(strokes string) string {
	var cells []string
	for _, s := range strings.Fields(strokes) {
		cells = append(cells, "`"+strings.ReplaceAll(s, "|", "\\|")+"`")
	}
	return strings.Join(cells, " ")
}

// String names the places of a scope, for the page and the overlay.
func (s scope) String() string {
	if s&inViews == inViews {
		return "everywhere"
	}
	var names []string
	for i, name := range []string{"list", "panes", "sessions", "overlays", "typing", "questions"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
