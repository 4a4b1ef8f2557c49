package captures

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xmppscope/xmpp"
	"xmppscope/xmpp/filter"
	"xmppscope/xmpp/trace"
)

func parse(t testing.TB, expression string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse(expression)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// search collects what Search finds, and checks what it promises.
func search(t testing.TB, s *Store, f *filter.Filter, from, to int) []int {
	t.Helper()
	var rows []int
	last := from
	err := s.Search(context.Background(), f, from, to, func(some []int, done int) {
		for _, i := range some {
			if len(rows) > 0 && i <= rows[len(rows)-1] || i < last || i >= done {
				t.Fatalf("row %d after %d, with %d … %d", i, len(rows), last, done)
			}
			rows = append(rows, i)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := max(from, min(to, s.Len())); last != want {
		t.Errorf("done is %d at last, want %d", last, want)
	}
	return rows
}

// Values that are too long for the index are looked up in the file.
func TestLongValues(t *testing.T) {
	long := strings.Repeat("x", maxSymbol+1)
	name := filepath.Join(t.TempDir(), "a.pcapng")
	var events []trace.Event
	for _, from := range []string{long + "a", "", long + "b", "romeo", long + "a"} {
		events = append(events, trace.Event{Session: 1, Kind: trace.Framed, Frame: xmpp.Frame{
			Kind: xmpp.KindElement, Raw: []byte("<message from='" + from + "' type='" + from + "'><" + long + " xmlns='" + long + "'/></message>"),
		}})
	}
	r, _ := recordTo(t, RecorderOptions{Name: name}, events...)
	closeRecorder(t, r)
	s := open(t, name)
	for expression, want := range map[string][]int{
		"from == " + long + "a": {0, 4},
		"from == romeo":         {3},
		"from contains xa":      {0, 4},
		"type == " + long + "b": {2},
		"from":                  {0, 2, 3, 4},
		"not from":              {1},
		"child == " + long:      {0, 1, 2, 3, 4},
	} {
		if got := search(t, s, parse(t, expression), 0, s.Len()); !slices.Equal(got, want) {
			t.Errorf("%.20s finds %v, want %v", expression, got, want)
		}
	}
	if got := s.Name(s.Entry(0).From()); got != "…" {
		t.Errorf("the index keeps %d bytes of an address", len(got))
	}
}

// TestSearch: reading in large pieces finds what reading row by row does.
func TestSearch(t *testing.T) {
	dir := t.TempDir()
	jumble, stanzas := filepath.Join(dir, "a.pcapng"), filepath.Join(dir, "b.pcapng")
	r, _ := recordTo(t, RecorderOptions{Name: jumble}, randomEvents(rand.New(rand.NewPCG(3, 3)), 800)...)
	closeRecorder(t, r)
	generate(t, stanzas, 20_000)
	for _, names := range [][]string{{jumble}, {stanzas}, {jumble, stanzas}} {
		s := open(t, names...)
		for _, expression := range []string{
			"kiss", "iq", "iq and error", "killing or yonder", "type == get and unanswered", "rtt > 1us", "not message",
			"id == q5", "body contains window", "child == query and node", "jid.domain == capulet.example and body ~ 'soft.*sun'",
			"size > 100000 or presence", "words", "path('message/body') contains east", "ns == 'vcard-temp:x:update'", "",
		} {
			f := parse(t, expression)
			var want []int
			rec := s.Record(0)
			for i := range s.Len() {
				if rec.Move(i); f.Match(rec) {
					want = append(want, i)
				}
			}
			if got := search(t, s, f, 0, s.Len()); !slices.Equal(got, want) {
				t.Errorf("%d files, %q: %d rows, want %d", len(names), expression, len(got), len(want))
			}
			part := slices.DeleteFunc(slices.Clone(want), func(i int) bool { return i < 100 || i >= 700 })
			if got := search(t, s, f, 100, 700); !slices.Equal(got, part) {
				t.Errorf("%d files, %q, rows 100 to 700: %d rows, want %d", len(names), expression, len(got), len(part))
			}
		}
	}
}

func TestSearchCancelled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "b.pcapng")
	generate(t, name, 50_000)
	s := open(t, name)
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	err := s.Search(ctx, parse(t, "yonder"), 0, s.Len(), func([]int, int) {
		calls++
		cancel()
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// BenchmarkSearch searches a million stanzas. Goals: by what the index knows
// 0.1 s, by text 0.5 s.
func BenchmarkSearch(b *testing.B) {
	s := open(b, bigCapture(b))
	for _, expression := range []string{"iq and error", "from contains juliet7", "type == get and unanswered", "yonderly", "body contains yonderly", "yonder", "id == q5005"} {
		f := parse(b, expression)
		b.Run(expression, func(b *testing.B) {
			for b.Loop() {
				search(b, s, f, 0, s.Len())
			}
		})
	}
}
