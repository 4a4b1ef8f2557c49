package tui

import (
	"encoding/base64"
	"maps"
	"strings"
)

// check presses a key and looks at what it does. Every robot begins on the
// last row of the scene, 44, at 80x24, following.
type check func(r *robot, stroke string)

// keyChecks holds a check for each key of the table, by the table's own words.
func keyChecks() map[string]check {
	all := map[string]check{}
	for _, some := range []map[string]check{
		rowChecks(),
		sideChecks(),
		openChecks(),
		filterChecks(),
		followChecks(),
		rowsChecks(),
		overlayChecks(),
		layoutChecks(),
		promptChecks(),
	} {
		maps.Copy(all, some)
	}
	return all
}

// rowChecks checks the keys that move by rows.
func rowChecks() map[string]check {
	return map[string]check{
		"next row": func(r *robot, s string) {
			r.press("g", s)
			r.selects("2")
		},
		"previous row; leaves follow": func(r *robot, s string) {
			r.expect("44 follow")
			r.press(s)
			r.selects("43")
			r.without("44 follow")
			r.record(`<presence/>`)
			r.expect("1 new – F")
		},
		"first row": func(r *robot, s string) {
			r.press(s)
			r.selects("1")
		},
		"last row": func(r *robot, s string) {
			r.press("g", s)
			r.selects("44")
		},
		"half a page down": func(r *robot, s string) {
			r.press("g", s)
			r.selects("5")
		},
		"half a page up": func(r *robot, s string) {
			r.press(s)
			r.selects("40")
		},
		"a page down": func(r *robot, s string) {
			r.press("g", s)
			r.selects("10")
		},
		"a page up": func(r *robot, s string) {
			r.press(s)
			r.selects("35")
		},
	}
}

// sideChecks checks the keys that move sideways.
func sideChecks() map[string]check {
	return map[string]check{
		"show the Info column further left": func(r *robot, s string) {
			r.press("l", "l", s)
			r.expect("dy, by yonder blessed moo…")
		},
		"show the Info column further right": func(r *robot, s string) {
			r.press(s, s)
			r.expect("onder blessed moon I swea…")
		},
		"close the branch": func(r *robot, s string) {
			r.press("2", s) // goes from the session to its domain
			r.expect("▾ montague.example", "s1  romeo")
			r.press(s)
			r.expect("▸ montague.example", "▾ capulet.example")
			r.without("s1  romeo")
		},
		"open the branch": func(r *robot, s string) {
			r.press("2", s)
			r.expect("▾ s1", "127.0.0.1:51816  TLS 1.3  TLS_AES_128_GCM_SHA256")
		},
		"to the next pane": func(r *robot, s string) {
			r.inPane(-1)
			r.press(s)
			r.inPane(0)
			r.press(s)
			r.inPane(1)
			r.press(s)
			r.inPane(-1)
		},
		"to the previous pane": func(r *robot, s string) {
			r.press(s)
			r.inPane(1)
		},
		"next tab: XML, Raw": func(r *robot, s string) {
			r.expect("[XML] Raw")
			r.press(s)
			r.expect("XML [Raw]", "from offset")
		},
		"previous tab": func(r *robot, s string) {
			r.press(s)
			r.expect("XML [Raw]")
			r.press(s)
			r.expect("[XML] Raw")
		},
	}
}

// openChecks checks the keys that open and leave.
func openChecks() map[string]check {
	return map[string]check{
		"open: go to the row's pane": func(r *robot, s string) {
			r.press(s)
			r.inPane(0)
		},
		"show all of a text that was cut": func(r *robot, s string) {
			r.record(`<message><body>` + strings.Repeat("word ", 20_000) + `</body><last/></message>`)
			r.press("Tab", "G")
			r.expect("64.0 KiB of 97.7 KiB shown; Enter in this pane shows all")
			r.press(s, "G")
			r.expect("<last/>")
			r.without("shows all")
			r.press(s)
			r.expect("all of it is shown")
		},
		"show only this session's rows": func(r *robot, s string) {
			r.press("g", "2", s)
			r.expect("Filter session == 1", "✓ 38 match")
			r.press("G", "k")
			r.without("capulet.example            to")
		},
		"back; from the list: quit": func(r *robot, s string) {
			r.press("Enter", "2", "?", s)
			r.expect("Session  ")
			r.press(s)
			r.inPane(0)
			r.press(s)
			r.inPane(-1)
			r.press("z", s)
			r.expect("[XML]")
			r.press(s)
			r.expect("Quit? That closes the connections that pass through here. y yes  n no")
		},
		"quit, after asking": func(r *robot, s string) {
			r.press(s)
			r.expect("Quit?")
			r.press("x")
			r.without("Quit?")
			r.inject(s)
			r.inject("y")
			r.ended()
		},
	}
}

// filterChecks checks the keys about filters.
func filterChecks() map[string]check {
	return map[string]check{
		"filter: type an expression": func(r *robot, s string) {
			r.press(s)
			r.write("iq and error")
			r.expect("Filter iq and error", "✓ 1 match", "tybalt")
			r.press("Enter")
			r.expect("cancel item-not-found", "1 of 44")
			r.without("tybalt")
		},
		"filter on or off": func(r *robot, s string) {
			r.press(s)
			r.expect("no filter is set")
			r.press("/")
			r.write("presence")
			r.press("Enter")
			r.press(s)
			r.expect("off – \\ turns it on", "tybalt")
			r.press(s)
			r.expect("✓ 2 match")
			r.without("tybalt")
		},
		"find a row by an expression": func(r *robot, s string) {
			r.press("g", s)
			r.write("presence")
			r.expect("Find presence")
			r.press("Enter")
			r.selects("27")
		},
		"next row found": func(r *robot, s string) {
			r.press(s)
			r.expect("nothing to find yet")
			r.press("g", "^f")
			r.write("presence")
			r.press("Enter")
			r.press(s)
			r.selects("32")
			r.press(s)
			r.expect("no row for presence below, among the rows shown")
		},
		"previous row found": func(r *robot, s string) {
			r.press("^f")
			r.write("presence")
			r.press("Enter")
			r.press(s)
			r.selects("32")
			r.press(s)
			r.selects("27")
		},
	}
}

// followChecks checks the keys about what comes.
func followChecks() map[string]check {
	return map[string]check{
		"follow: stay on the newest row, or stop": func(r *robot, s string) {
			r.press("g", s)
			r.selects("44")
			r.expect("44 follow")
			r.record(`<presence/>`)
			r.selects("45")
			r.press(s)
			r.record(`<presence/>`)
			r.selects("45")
		},
		"pause the view, or go on; traffic never pauses": func(r *robot, s string) {
			r.press(s)
			r.record(`<presence/><presence/>`)
			r.expect("PAUSED +2", "44 of 46")
			r.selects("44")
			r.press(s)
			r.expect("LIVE", "46 follow")
			r.selects("46")
		},
	}
}

// rowsChecks checks the keys about single rows.
func rowsChecks() map[string]check {
	return map[string]check{
		"next problem": func(r *robot, s string) {
			r.press("g", s)
			r.selects("34")
			r.press(s)
			r.selects("42")
			r.press(s)
			r.expect("no problem below")
		},
		"previous problem": func(r *robot, s string) {
			r.press(s, s)
			r.selects("34")
			r.press(s)
			r.expect("no problem above")
		},
		"from request to reply, or back": func(r *robot, s string) {
			r.press("(", "(", s)
			r.selects("33")
			r.press(s)
			r.selects("34")
			r.press("j", s)
			r.expect("only an iq has a request or a reply")
			r.press("k", "/")
			r.write("error")
			r.press("Enter")
			r.press(s)
			r.expect("the request is row 33, which the filter hides")
		},
		"time: since the start, of day, since the row before": func(r *robot, s string) {
			r.expect("1.720 →")
			r.press(s)
			r.expect("Clock", "20:30:01 →")
			r.press(s)
			r.expect("Delta", "+0.040 →")
			r.press(s)
			r.expect("1.720 →")
		},
		"copy what the pane shows, through the terminal (OSC 52)": func(r *robot, s string) {
			r.press("g", "/")
			r.write("auth")
			r.press("Enter")
			r.press(s)
			r.expect("sent to the terminal's clipboard")
			sent, ok := strings.CutPrefix(r.tty.take(), "\x1b]52;c;")
			text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(sent, "\a"))
			if !ok || err != nil || !strings.HasPrefix(string(text), "<auth ") || !strings.Contains(string(text), "muted") {
				r.t.Errorf("copied %q (%v)", text, err)
			}
		},
	}
}

// overlayChecks checks the keys of screens and overlays.
func overlayChecks() map[string]check {
	return map[string]check{
		"this help": func(r *robot, s string) {
			r.press(s)
			r.expect("Keys", "j Down", "next row")
			r.press(s)
			r.without("next row")
		},
		"messages: what went wrong, kept from the last line": func(r *robot, s string) {
			r.press("%", "/")
			r.write("presence")
			r.press("Enter")
			r.press(s)
			r.expect("Messages", "Nothing to report so far.")
			r.press(s)
			r.without("Messages")
		},
		"repaint the terminal": func(r *robot, s string) {
			r.look(func(u *ui) { u.screen.shown[0] = diffCell{text: "#"} })
			r.press(s)
			r.look(func(u *ui) {
				if u.screen.shown[0].text == "#" {
					r.t.Error("not repainted")
				}
			})
		},
		"suspend to the shell": func(r *robot, s string) {
			r.press(s)
			r.expect("Suspend? Traffic through here waits until you come back (fg). y yes  n no")
			r.press("n")
			r.without("Suspend?")
		},
		"cancel; pressed twice: quit": func(r *robot, s string) {
			r.press("/")
			r.write("presence")
			r.press(s)
			r.expect("Filter none", "^C again quits")
			r.press("Q", s)
			r.without("Quit?")
			r.press("j", "?", s)
			r.without("next row")
			r.inject(s)
			r.ended()
		},
		"Live: the rows as they come": func(r *robot, s string) {
			r.press("2", s)
			r.expect("Kind")
		},
		"Sessions: a tree of streams": func(r *robot, s string) {
			r.press(s)
			r.expect("romeo@montague.example/orchard", "capulet.example", "1 open")
		},
	}
}

// layoutChecks checks the keys about the layout.
func layoutChecks() map[string]check {
	return map[string]check{
		"zoom: list or pane fills the screen": func(r *robot, s string) {
			r.press(s)
			r.without("[XML]")
			r.expect("juliet", "disco#items")
			r.press(s, "Tab", s)
			r.expect("[XML]")
			r.without("Kind")
		},
		"panes below the list, or beside it": func(r *robot, s string) {
			r.press(s)
			r.expect("from 100 columns on")
			r.resize(120, 30)
			r.expect("│─ 44 [XML]")
			r.press(s)
			r.expect("┬─ Raw")
		},
		"more room for the list": func(r *robot, s string) {
			r.press("g", s)
			r.expect("11  0.400")
			r.without("12  0.440")
		},
		"less room for the list": func(r *robot, s string) {
			r.press("g", s)
			r.expect("9  0.320")
			r.without("10  0.360")
		},
		"move the split between panes right": func(r *robot, s string) {
			r.press(s)
			r.expect("nothing stands side by side below 100 columns")
			r.resize(120, 30)
			before := r.column("┬")
			r.press(s)
			if at := r.column("┬"); at != before+2 {
				r.t.Errorf("the split went from %d to %d", before, at)
			}
		},
		"move the split between panes left": func(r *robot, s string) {
			r.resize(120, 30)
			before := r.column("┬")
			r.press(s)
			if at := r.column("┬"); at != before-2 {
				r.t.Errorf("the split went from %d to %d", before, at)
			}
		},
	}
}

// promptChecks checks the keys of prompts and questions.
func promptChecks() map[string]check {
	return map[string]check{
		"apply": func(r *robot, s string) {
			r.press("/")
			r.write("frm == x")
			r.press(s)
			r.expect("✗", "^", "44 follow", "from")
			r.press("Esc", "/")
			r.write("presence")
			r.press(s)
			r.expect("2 of 44")
		},
		"leave it as it was": func(r *robot, s string) {
			r.press("/")
			r.write("presence")
			r.press(s)
			r.expect("Filter none", "44 follow")
		},
		"complete the word": func(r *robot, s string) {
			r.press("/")
			r.write("prese")
			r.expect("Tab presence")
			r.press(s)
			r.expect("✓ 2 match")
		},
		"earlier expression": func(r *robot, s string) {
			r.press("/")
			r.write("presence")
			r.press("Enter", "/", "^u")
			r.write("iq")
			r.press("Enter", "/", "^u", s, s)
			r.expect("✓ 2 match", "Filter presence")
		},
		"later expression": func(r *robot, s string) {
			r.press("/")
			r.write("presence")
			r.press("Enter", "/", "^u")
			r.write("iq")
			r.press("Up", s)
			r.expect("Filter iq")
		},
		"delete the line": func(r *robot, s string) {
			r.press("/")
			r.write("presence and")
			r.press(s)
			r.without("presence and")
		},
		"delete a word": func(r *robot, s string) {
			r.press("/")
			r.write("presence and")
			r.press(s)
			r.without("presence and")
			r.expect("Filter presence")
		},
		"yes": func(r *robot, s string) {
			r.press("Q")
			r.inject(s)
			r.ended()
		},
		"no": func(r *robot, s string) {
			r.press("Q", s)
			r.without("Quit?")
			r.expect("44 follow")
		},
	}
}
