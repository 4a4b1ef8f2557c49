package xmpp

import (
	_ "embed"
	"iter"
	"slices"
	"strings"
	"sync"
)

//go:embed data/xeps.csv
var xepsCSV string

// XEP is one XMPP Extension Protocol.
type XEP struct {
	Number       string // four digits, "0313"
	Title        string
	Status       string // as in the source; "Draft" is shown by the XSF as Stable
	Type         string // "Standards Track", "Historical", …
	ShortName    string
	Version      string
	Date         string   // of that version, ISO 8601
	SupersededBy []string // "XEP-0060", …
}

// XEPTable is the list of all XEPs. It is immutable and safe for use from any
// goroutine.
type XEPTable struct {
	all      []XEP
	byNumber map[string]int
}

// XEPs returns the table, parsed at the first call.
func XEPs() *XEPTable { return xeps() }

var xeps = sync.OnceValue(func() *XEPTable {
	t := &XEPTable{byNumber: make(map[string]int)}
	for row := range table(xepsCSV) {
		t.byNumber[row("number")] = len(t.all)
		t.all = append(t.all, XEP{
			Number: row("number"), Title: row("title"), Status: row("status"), Type: row("type"),
			ShortName: row("short_name"), Version: row("version"), Date: row("date"),
			SupersededBy: strings.Fields(row("superseded_by")),
		})
	}
	return t
})

// All yields every XEP in the order of numbers.
func (t *XEPTable) All() iter.Seq[XEP] { return slices.Values(t.all) }

// Lookup finds a XEP by number: "0313", "313", "XEP-0313" or "xep-0313".
func (t *XEPTable) Lookup(number string) (XEP, bool) {
	if len(number) > 4 && strings.EqualFold(number[:4], "XEP-") {
		number = number[4:]
	}
	if len(number) < 4 && number != "" {
		number = strings.Repeat("0", 4-len(number)) + number
	}
	i, ok := t.byNumber[number]
	if !ok {
		return XEP{}, false
	}
	return t.all[i], true
}
