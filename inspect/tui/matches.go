package tui

import (
	"time"

	"xmppscope/captures"
	"xmppscope/xmpp/filter"
)

// matches is the rows that a filter accepts, found little by little.
type matches struct {
	store   *captures.Store
	matcher *filter.Matcher
	record  *captures.Record // nil until there is a row
	found   []uint32
	seen    int // rows of the capture that have been looked at
}

func newMatches(m *model, f *filter.Filter) *matches {
	return &matches{store: m.store, matcher: f.Matcher()}
}

func (m *matches) Len() int      { return len(m.found) }
func (m *matches) Row(i int) int { return int(m.found[i]) }

// behind reports whether rows below n have not been looked at.
func (m *matches) behind(n int) bool { return m.seen < n }

// advance looks at rows below n until it is late, and reports whether it did.
func (m *matches) advance(n int, until time.Time) bool {
	before := m.seen
	for m.seen < n {
		m.record = recordOf(m.store, m.record, m.seen)
		if m.matcher.Match(m.record) {
			m.found = append(m.found, uint32(m.seen))
		}
		if m.seen++; m.seen%64 == 0 && time.Now().After(until) {
			break
		}
	}
	return m.seen != before
}

// matcherOf returns a predicate on rows.
func matcherOf(m *model, f *filter.Filter) func(row int) bool {
	matcher := f.Matcher()
	var record *captures.Record
	return func(row int) bool {
		record = recordOf(m.store, record, row)
		return matcher.Match(record)
	}
}

// recordOf makes record stand for a row; nil becomes a new one.
func recordOf(store *captures.Store, record *captures.Record, row int) *captures.Record {
	if record == nil {
		return store.Record(row)
	}
	record.Move(row)
	return record
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
