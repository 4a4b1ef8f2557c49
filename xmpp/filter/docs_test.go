package filter

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

const manual = "../../docs/filters.md"

var updateFlag = flag.Bool("update", false, "rewrite docs/filters.md")

// TestManual holds docs/filters.md to the tables: -update rewrites it.
func TestManual(t *testing.T) {
	want := manualText()
	if *updateFlag {
		if err := os.WriteFile(manual, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(manual)
	if err != nil || string(got) != want {
		t.Errorf("docs/filters.md is stale (%v): run go test ./xmpp/filter -update", err)
	}
}

// TestExamples parses what the manual shows.
func TestExamples(t *testing.T) {
	tables := newParser("").tables
	for _, f := range tables.fields {
		parsed, err := Parse(f.shows)
		if err != nil {
			t.Errorf("%s: %s: %v", f.name, f.shows, err)
		} else if !strings.Contains(parsed.String(), f.name) {
			t.Errorf("%s: its example is %s", f.name, f.shows)
		}
	}
	for _, k := range append(tables.keywords, tables.wireshark...) {
		if _, err := Parse(k.means); err != nil {
			t.Errorf("%s means %s: %v", k.name, k.means, err)
		}
		if _, err := Parse("not " + k.name + " and iq"); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
	}
	for _, line := range strings.Split(manualIntro, "\n") {
		if expression, ok := strings.CutPrefix(line, "    "); ok {
			if _, err := Parse(expression); err != nil {
				t.Errorf("%s: %v", expression, err)
			}
		}
	}
}

const manualIntro = `# Filters

One language picks rows everywhere: in the list, for colours, holding and rules, for finding, and on the command line.

    iq and error
    jid.domain == conference.example and not presence
    rtt > 500ms or unanswered
    message and body contains "Wherefore art thou"
    'art thou'

- A **keyword** says what a row is: ` + "`iq`, `presence`, `groupchat`" + `.
- A **field alone** asks whether it has a value: ` + "`error`, `to.resource`" + `.
- A **comparison** is a field, an operator and a value.
- ` + "`and`, `or`, `not`, `( )`" + ` join them, also ` + "`&&`, `||`, `!`; `not` binds tightest, then `and`" + `.
- **Any other word**, or text in quotation marks, searches the bytes: in any case, as they were written (tags and all) and with
  references such as ` + "`&apos;`" + ` resolved. A word that is a keyword or a field is searched for in quotation marks.
- An empty filter picks everything.

Values need quotation marks, ` + "`'…'` or `\"…\"`" + `, only where they hold spaces, quotation marks, ` + "`( ) { } ,`, `&&` or `||`" + `. Inside them
` + "`\\\\ \\' \\\" \\n \\r \\t \\x41 \\u00e4`" + ` are escapes; in a regular expression a backslash stands for itself.

Durations take ` + "`ns us ms s m h d`" + ` (none: seconds), sizes ` + "`B KB MB GB` (1000) and `KiB MiB GiB`" + ` (1024). Local and domain parts of
addresses are compared in any case; all other text as it is written.
`

// manualText is docs/filters.md.
func manualText() string {
	var b strings.Builder
	tables := newParser("").tables
	b.WriteString("<!-- Generated from xmpp/filter: go test ./xmpp/filter -update -->\n\n" + manualIntro)
	b.WriteString("\n## Fields\n\n| field | values | what it is | example |\n| --- | --- | --- | --- |\n")
	for _, f := range tables.fields {
		values := f.typ.String()
		if f.typ == typeWord {
			values = "`" + strings.Join(f.words, "` `") + "`"
		}
		help := f.help
		if f.later {
			help += " (no values so far)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | `%s` |\n", f.name, values, help, f.shows)
	}
	b.WriteString("| `path('message/body')` | text; `<` and the like compare numbers | what a path leads to: names of elements from the outermost, " +
		"`*` for any, `{namespace}name`, at the end perhaps `@attribute` | `path('presence/priority') < 0` |\n")
	b.WriteString("\n## Operators\n\n| operator | matches if |\n| --- | --- |\n")
	for _, o := range operators() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", o.text, o.help)
	}
	b.WriteString("\n`not to == x` also takes rows without `to`; `to != x` does not, as in Wireshark 4.\n")
	b.WriteString("\n## Keywords\n\n| keyword | means |\n| --- | --- |\n")
	for _, k := range tables.keywords {
		help := ""
		if k.help != "" {
			help = ": " + k.help
		}
		fmt.Fprintf(&b, "| `%s` | `%s`%s |\n", k.name, k.means, help)
	}
	b.WriteString("\n## Wireshark's names\n\nThese fields of Wireshark's XMPP dissector work here too. Those that mean one field take operators.\n\n" +
		"| Wireshark | here |\n| --- | --- |\n")
	for _, k := range tables.wireshark {
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", k.name, k.means)
	}
	return b.String()
}
