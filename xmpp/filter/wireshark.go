package filter

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"
)

//go:embed wireshark.csv
var wiresharkCSV string

// wiresharkFields returns what fields of Wireshark's XMPP dissector mean here.
// One that means a single field takes operators as that field does; the
// others stand alone. Nobody may change the table.
//
// Left out are its fields about the dissection itself, those whose value is
// the name of an element, and Google Talk.
var wiresharkFields = sync.OnceValue(func() []keyword {
	rows, err := csv.NewReader(strings.NewReader(wiresharkCSV)).ReadAll()
	if err != nil {
		panic("wireshark.csv: " + err.Error())
	}
	var table []keyword
	for _, row := range rows[1:] {
		table = append(table, keyword{name: row[0], means: row[1]})
	}
	return table
})
