package captures

import (
	"maps"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// keyTable reads the table of keys in docs/capture-format.md: each key, and
// the words in its row.
func keyTable(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile("../docs/capture-format.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	table := make(map[string][]string)
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		key := quoted.FindStringSubmatch(cells[1])[1]
		table[key] = []string{}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			table[key] = append(table[key], m[1])
		}
		if absent := strings.TrimSpace(cells[3]); quoted.FindString(absent) == absent && absent != "" {
			table[key] = append(table[key], strings.Trim(absent, "`"))
		}
	}
	return table
}

// keysOf returns the keys of a comment's lines.
func keysOf(comment lines) []string {
	var keys []string
	for line := range strings.SplitSeq(string(comment), "\n") {
		key, _, _ := strings.Cut(line, "=")
		keys = append(keys, key)
	}
	return keys
}

// TestDocumentedKeys: the page names the keys that are written, and no other.
func TestDocumentedKeys(t *testing.T) {
	everything := record{
		continues: 1, many: true,
		event: trace.Event{
			Kind: trace.Unfinished, Dir: trace.FromReceiver, Origin: trace.User, Leg: trace.ClientLeg,
			Frame: xmpp.Frame{Kind: xmpp.KindHeader, Flaw: xmpp.FlawTorn, Offset: 1}, Known: 1, Replaces: 1,
			Addr: netip.MustParseAddrPort("127.0.0.1:5222"),
			Note: &trace.Note{Severity: trace.Failure, Text: "x", Facts: []trace.Fact{{Key: "KEY", Value: "x"}}},
		},
	}
	written := append(keysOf(everything.comment(nil)), "part")
	documented := slices.Collect(maps.Keys(keyTable(t)))
	slices.Sort(written)
	slices.Sort(documented)
	if d := cmp.Diff(written, documented); d != "" {
		t.Errorf("docs/capture-format.md (-written +documented):\n%s", d)
	}
	for _, key := range written {
		var r record
		if _, readable := parseComment(appendOption(nil, optComment, []byte("seq=1\n"+key+"=?")), &r); readable && r.event.Note == nil {
			t.Errorf("a reader does not look at %s", key)
		}
	}
}

// TestDocumentedWords: the page names the words that are written, and no other.
func TestDocumentedWords(t *testing.T) {
	table := keyTable(t)
	for key, want := range map[string][]string{
		"event":    wordsBelow(eventLimit, eventWord),
		"origin":   wordsBelow(originLimit, originWord),
		"severity": wordsBelow(severityLimit, severityWord),
		"frame":    wordsBelow(frameLimit, frameWord),
		"flaw":     wordsBelow(flawLimit, flawWord)[1:], // but none, which is never written
		"leg":      wordsBelow(legLimit, legWord)[1:],
	} {
		got := slices.Clone(table[key])
		slices.Sort(got)
		slices.Sort(want)
		if d := cmp.Diff(want, slices.Compact(got)); d != "" {
			t.Errorf("%s in docs/capture-format.md (-written +documented):\n%s", key, d)
		}
	}
}

// wordsBelow returns the words of the values below limit.
func wordsBelow[T ~uint8](limit T, word func(T) string) []string {
	var all []string
	for i := range limit {
		all = append(all, word(i))
	}
	return all
}
