package filter

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestNeedle(t *testing.T) {
	for _, tc := range []struct {
		needle, in string
		at         int
	}{
		{"juliet", "to='JULIET@capulet'", 4},
		{"Juliet", "julie juliet", 6},
		{"a", "A", 0},
		{"@", "`@", 1}, // a bit apart, as a letter's two cases are
		{"[", "{[", 1},
		{"rätsel", "ein RÄTSEL", 4},
		{"Ж", "жж", 0},
		{"рр", "Ѡр РР", 5}, // Ѡ and Р share a byte each with р
		{"ß", "ẞß", 3},     // the capital is longer: as written
		{"k", "\u212ak", 3},
		{"\xff\xfe", "a\xff\xfe", 1},
		{"東京", "大東京", 3},
		{"ǲ", "ǲ", 0}, // neither small nor capital
		{"none", "nonon", -1},
		{"longer than it", "longer", -1},
		{"end", strings.Repeat("x", 29) + "END", 29},
	} {
		n := newNeedle(tc.needle)
		if got := n.index([]byte(tc.in), 0); got != tc.at {
			t.Errorf("%q in %q: at %d, not %d", tc.needle, tc.in, got, tc.at)
		}
	}
}

func TestPlaces(t *testing.T) {
	f, err := Parse("(Juliet or id == m44) and message")
	if err != nil {
		t.Fatal(err)
	}
	block := []byte("ab JULIET cd &amp; m44 juliet id='M44'")
	if got := slices.Collect(f.Places().All(block)); !slices.Equal(got, []int{3, 13, 19, 23, 34}) {
		t.Errorf("places are %v", got)
	}
	for _, expression := range []string{"", "not juliet", "juliet or iq", "body contains x", "ns == urn:xmpp:ping", "id != m44", "path('a') == b"} {
		if f, _ := Parse(expression); f.Places() != nil {
			t.Errorf("%s has places", expression)
		}
	}
}

func FuzzNeedle(f *testing.F) {
	f.Add("jUliet", []byte("<message to='JULIET@capulet.example'>"), 3)
	f.Fuzz(func(t *testing.T, text string, in []byte, from int) {
		if text == "" || len(text) > 40 || from < 0 || from > len(in) {
			return
		}
		n := newNeedle(text)
		want := -1
		for i := from; i < len(in) && want < 0; i++ {
			if n.begins(in[i:]) {
				want = i
			}
		}
		if got := n.index(in, from); got != want {
			t.Errorf("%q in %q from %d: at %d, not %d", text, in, from, got, want)
		}
		if i := bytes.Index(in, []byte(text)); i >= 0 && n.index(in, 0) < 0 {
			t.Errorf("%q is not found in %q as written", text, in)
		}
	})
}

func BenchmarkNeedle(b *testing.B) {
	stanza := []byte(`<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m44'><body>Shall I hear more, or shall I speak at this?</body></message>`)
	block := bytes.Repeat(stanza, 64<<10/len(stanza))
	for _, text := range []string{"nurse", "see", "mercutio@verona", "zzz", "<message to"} {
		n := newNeedle(text)
		b.Run(text, func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				if n.index(block, 0) >= 0 {
					b.Fatal("found")
				}
			}
		})
	}
}
