package tui

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mostClipboard is what terminals take in one OSC 52 sequence: xterm's limit,
// the smallest that is known, counts 100,000 characters of base64.
const mostClipboard = 74_000

// copyOut asks the terminal to put text on the clipboard (OSC 52). Nobody
// answers, so success means no more than "sent". tcell's own SetClipboard
// writes nothing on terminals whose terminfo entry does not promise it,
// though many of them obey.
func copyOut(w io.Writer, term, text string) error {
	if len(text) > mostClipboard {
		return fmt.Errorf("%s is more than terminals take; write it with dump --format xml instead", bytesText(len(text)))
	}
	sequence := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\a"
	if strings.HasPrefix(term, "screen") {
		// GNU screen passes on what stands in a DCS; tmux, which may bear the
		// same name, does so if it allows it.
		sequence = "\x1bP" + strings.ReplaceAll(sequence, "\x1b", "\x1b\x1b") + "\x1b\\"
	}
	if _, err := io.WriteString(w, sequence); err != nil {
		return fmt.Errorf("the terminal did not take it: %w", err)
	}
	return nil
}

// errNoTerminal says that there is nowhere to copy to.
var errNoTerminal = errors.New("no terminal to copy through; use dump --format xml")

// bytesText writes a number of bytes for people.
func bytesText(n int) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d B", n)
	case n < 1000<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
}

// count writes a number with its thousands apart.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}
