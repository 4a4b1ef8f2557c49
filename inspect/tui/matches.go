package tui

import (
	"time"

	"xmppscope/captures"
	"xmppscope/inspect"
	"xmppscope/xmpp/filter"
)

// rows is what the list shows: the rows of a View, up to where the user let
// it come.
type rows struct {
	*inspect.View
	until int // rows of the capture from this one on are not shown; negative: all are
}

// Len returns how many rows are shown.
func (r rows) Len() int {
	if r.until < 0 {
		return r.View.Len()
	}
	n, _ := r.View.Index(r.until)
	return n
}

// behind reports whether a View has not tested all rows yet; nil never is.
func behind(v *inspect.View) bool {
	if v == nil {
		return false
	}
	tested, of := v.Progress()
	return tested < of
}

// await waits until a View has tested all rows, but no longer than patience,
// so that what is found at once is shown at once.
func await(v *inspect.View, patience time.Duration) {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		tested, of := v.Progress()
		if tested >= of {
			return
		}
		select {
		case <-v.Changed(tested):
		case <-late.C:
			return
		}
	}
}

// matcherOf returns a predicate on rows.
func matcherOf(m *model, f *filter.Filter) func(row int) bool {
	matcher := f.Matcher()
	var record *captures.Record
	return func(row int) bool {
		if record == nil {
			record = m.store.Record(row)
		} else {
			record.Move(row)
		}
		return matcher.Match(record)
	}
}

// completions returns what could stand in place of the last bytes of text.
func completions(text string) (words []string, replaces int) {
	const most = 12
	for _, c := range filter.Completions(text, len(text)) {
		if len(words) == most {
			break
		}
		words = append(words, c.Text)
		replaces = len(text) - c.Start
	}
	return words, replaces
}
