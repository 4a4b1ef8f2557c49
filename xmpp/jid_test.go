package xmpp

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestJIDExamples are the tables of RFC 7622 §3.5 by their numbers.
func TestJIDExamples(t *testing.T) {
	for _, tc := range []jidCase{
		{"juliet@example.com", "juliet", "example.com", ""},                   // 1
		{"juliet@example.com/foo", "juliet", "example.com", "foo"},            // 2
		{"juliet@example.com/foo bar", "juliet", "example.com", "foo bar"},    // 3
		{"juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"},    // 4
		{`foo\20bar@example.com`, `foo\20bar`, "example.com", ""},             // 5
		{"fussball@example.com", "fussball", "example.com", ""},               // 6
		{"fu\u00dfball@example.com", "fu\u00dfball", "example.com", ""},       // 7
		{"\u03c0@example.com", "\u03c0", "example.com", ""},                   // 8
		{"\u03a3@example.com/foo", "\u03c3", "example.com", "foo"},            // 9
		{"\u03c3@example.com/foo", "\u03c3", "example.com", "foo"},            // 10
		{"\u03c2@example.com/foo", "\u03c2", "example.com", "foo"},            // 11
		{"king@example.com/\u265a", "king", "example.com", "\u265a"},          // 12
		{"example.com", "", "example.com", ""},                                // 13
		{"example.com/foobar", "", "example.com", "foobar"},                   // 14
		{"a.example.com/b@example.net", "", "a.example.com", "b@example.net"}, // 15
		{"juliet@example.com/ foo", "juliet", "example.com", " foo"},          // 18, see ParseJID
	} {
		tc.check(t)
	}
	for _, tc := range []badJID{
		{`"juliet"@example.com`, PartLocal},    // 16
		{"foo bar@example.com", PartLocal},     // 17
		{"@example.com/", PartLocal},           // 19
		{"henry\u2163@example.com", PartLocal}, // 20
		{"\u265a@example.com", PartLocal},      // 21
		{"juliet@", PartDomain},                // 22
		{"/foobar", PartDomain},                // 23
	} {
		tc.check(t)
	}
}

func TestJIDNormalForm(t *testing.T) {
	const combining = "e\u0301" // é in NFD
	for _, tc := range []jidCase{
		// split
		{"mercutio@example.net/rp@rp/rp", "mercutio", "example.net", "rp@rp/rp"},
		{"mercutio@example.net//@//", "mercutio", "example.net", "/@//"},
		{"server/resource@foo/bar", "", "server", "resource@foo/bar"},
		{"user@host/a b ", "user", "host", "a b "},
		// localpart: width, case, NFC
		{"Juliet@Example.COM/Balcony", "juliet", "example.com", "Balcony"},
		{"\uff2a\uff35\uff2c@example.com", "jul", "example.com", ""},
		{"caf" + combining + "@example.com", "caf\u00e9", "example.com", ""},
		{"\u00c9cole@example.com", "\u00e9cole", "example.com", ""},
		{"\u0130@example.com", "i\u0307", "example.com", ""},
		{"\u212bngstrom@example.com", "\u00e5ngstrom", "example.com", ""},
		{"a.b-c_d+e!#$%*=?^`{|}~(),;[]@x", "a.b-c_d+e!#$%*=?^`{|}~(),;[]", "x", ""},
		{`\2f@x`, `\2f`, "x", ""},
		{"l\u00b7l@x", "l\u00b7l", "x", ""},                                 // middle dot between l (RFC 5892 §A.3)
		{"\u0915\u094d\u200d\u0937@x", "\u0915\u094d\u200d\u0937", "x", ""}, // ZWJ after virama (§A.2)
		{"\u0628\u200c\u0628@x", "\u0628\u200c\u0628", "x", ""},             // ZWNJ between joining letters (§A.1)
		{"\u05d0\u05d1@x", "\u05d0\u05d1", "x", ""},                         // right to left
		{"\u30a2\u30fb\u30a2@x", "\u30a2\u30fb\u30a2", "x", ""},             // katakana middle dot (§A.7)
		{"\uff76\uff9e@x", "\u30ac", "x", ""},                               // half-width kana compose
		{"12345@x", "12345", "x", ""},
		// resourcepart: case and width kept, spaces mapped, NFC
		{"x/\uff2a\uff55", "", "x", "\uff2a\uff55"},
		{"x/a\u00a0b\u3000c", "", "x", "a b c"},
		{"x/caf" + combining, "", "x", "caf\u00e9"},
		{"x/\u212b", "", "x", "\u00c5"},
		{"x/\U0001f600", "", "x", "\U0001f600"},
		{"x/\u2163", "", "x", "\u2163"},
		{"x/<\"'&>", "", "x", "<\"'&>"},
		// domainpart
		{"example.net.", "", "example.net", ""},
		{"a@A.Example.nEt./r", "a", "a.example.net", "r"},
		{"b\u00fccher.example", "", "b\u00fccher.example", ""},
		{"B\u00dcCHER.example", "", "b\u00fccher.example", ""},
		{"bu\u0308cher.example", "", "b\u00fccher.example", ""},
		{"xn--bcher-kva.example", "", "b\u00fccher.example", ""},
		{"XN--BCHER-KVA.Example", "", "b\u00fccher.example", ""},
		{"fa\u00df.example", "", "fa\u00df.example", ""},
		{"xn--fa-hia.example", "", "fa\u00df.example", ""},
		{"\u03b1\u03c2.example", "", "\u03b1\u03c2.example", ""},
		{"\uff45\uff58\uff41mple\uff0ecom", "", "example.com", ""},
		{"\u4f8b\u3048\u3002\u30c6\u30b9\u30c8", "", "\u4f8b\u3048.\u30c6\u30b9\u30c8", ""},
		{"\u05d0\u05d1.example", "", "\u05d0\u05d1.example", ""},
		{"localhost", "", "localhost", ""},
		{"3com.example", "", "3com.example", ""},
		{"127.0.0.1", "", "127.0.0.1", ""},
		{"a@127.0.0.1/r", "a", "127.0.0.1", "r"},
		{"[::1]", "", "[::1]", ""},
		{"a@[2001:DB8:0:0::1]/r", "a", "[2001:db8::1]", "r"},
		// sizes
		{strings.Repeat("a", 1023) + "@x/" + strings.Repeat("b", 1023), strings.Repeat("a", 1023), "x", strings.Repeat("b", 1023)},
		{strings.Repeat("a.", 509) + "a.com", "", strings.Repeat("a.", 509) + "a.com", ""},
		{strings.Repeat("\uff41", 1023) + "@x", strings.Repeat("a", 1023), "x", ""},
		{strings.Repeat("a", 63) + ".x", "", strings.Repeat("a", 63) + ".x", ""},
	} {
		tc.check(t)
	}
}

func TestJIDInvalid(t *testing.T) {
	for _, tc := range []badJID{
		{"", PartDomain}, {"@", PartLocal}, {"/", PartDomain}, {"@/", PartLocal}, {"user@", PartDomain},
		{"user@/r", PartDomain}, {"@server", PartLocal}, {"@/resource", PartLocal}, {"server/", PartResource},
		{"user@host/", PartResource}, {"user@@host", PartDomain}, {"user@@", PartDomain}, {"foo@a@b", PartDomain},
		// localpart
		{`b"d@x`, PartLocal}, {"b&d@x", PartLocal}, {"b'd@x", PartLocal}, {"b:d@x", PartLocal}, {"b<d@x", PartLocal}, {"b>d@x", PartLocal},
		{"foo bar@", PartLocal}, {" a@x", PartLocal}, {"a\t@x", PartLocal}, {"a\x00@x", PartLocal}, {"a\x7f@x", PartLocal},
		{"a\u00a0b@x", PartLocal}, {"a\uff20b@x", PartLocal}, {"a\uff0fb@x", PartLocal}, {"\ufb01x@x", PartLocal},
		{"\u1680@x", PartLocal}, {"a\u200d@x", PartLocal}, {"\u200ca@x", PartLocal}, {"a\u200bb@x", PartLocal}, {"a\u00adb@x", PartLocal},
		{"a\u00b7b@x", PartLocal}, {"a\u05d0@x", PartLocal}, {"\u05d0a@x", PartLocal}, {"\u0301a@x", ""},
		{"\u0661\u06f1@x", PartLocal}, {"\ufffd@x", PartLocal}, {"\U0001f600@x", PartLocal}, {"\ue000@x", PartLocal},
		{"\xff\xfe\xfd@x/rp", PartLocal}, {strings.Repeat("a", 1024) + "@x", PartLocal}, {strings.Repeat("\u00e9", 512) + "@x", PartLocal},
		// domainpart
		{"\xff\xfe\xfd/rp", PartDomain}, {"\xff\xfe\xfd", PartDomain}, {".", PartDomain}, {"..", PartDomain}, {"a..b", PartDomain}, {".a", PartDomain}, {"a.b..", PartDomain},
		{"-a.x", PartDomain}, {"a-.x", PartDomain}, {"ab--c.x", PartDomain}, {"a_b.x", PartDomain}, {"a b.x", PartDomain}, {"invalid-\xc2\x80-server", PartDomain},
		{"example.com:5222", PartDomain}, {"[example.net]", PartDomain}, {"[127.0.0.1]", PartDomain}, {"[fe80::1%eth0]", PartDomain}, {"::1", PartDomain}, {"[]", PartDomain}, {"[::1", PartDomain},
		{"\u265a.example", PartDomain}, {"\u2163.example", PartDomain}, {"a\u00adb.example", PartDomain}, {"a\u200db.example", PartDomain}, {"a\u00b7b.example", PartDomain},
		{"\u0301a.example", PartDomain}, {"a\u05d0.example", PartDomain}, {"xn--.example", PartDomain}, {"xn--a.example", PartDomain}, {"xn--a-.example", PartDomain}, {"xn--\u00fc.example", PartDomain},
		{"xn--u-ccb.example", PartDomain}, // u with a diaeresis apart: not NFC
		{strings.Repeat("a", 64) + ".x", PartDomain}, {strings.Repeat("\u00fc", 60) + ".x", PartDomain}, {strings.Repeat("a.", 510) + "a.com", PartDomain},
		// resourcepart
		{"x/\xff", PartResource}, {"x/a\x00", PartResource}, {"x/a\tb", PartResource}, {"x/a\nb", PartResource}, {"x/\x7f", PartResource}, {"x/a\u200d", PartResource},
		{"x/\ue000", ""}, {"x/\ufdd0", PartResource}, {"x/" + strings.Repeat("a", 1024), PartResource}, {"x/\u00ad", PartResource},
	} {
		tc.check(t)
	}
}

type jidCase struct{ in, local, domain, resource string }

func (tc jidCase) check(t *testing.T) {
	t.Helper()
	j, err := ParseJID(tc.in)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	if j.Local() != tc.local || j.Domain() != tc.domain || j.Resource() != tc.resource {
		t.Errorf("%.80q is %q, %q, %q; want %q, %q, %q", tc.in, j.Local(), j.Domain(), j.Resource(), tc.local, tc.domain, tc.resource)
	}
	made, err := NewJID(tc.local, tc.domain, tc.resource)
	if err != nil || made != j {
		t.Errorf("made of its parts %.80q is %q, %v", tc.in, made, err)
	}
	checkStable(t, j)
}

type badJID struct {
	in   string
	part JIDPart // empty: refused in any part
}

func (tc badJID) check(t *testing.T) {
	t.Helper()
	j, err := ParseJID(tc.in)
	var bad *JIDError
	if !errors.As(err, &bad) {
		t.Errorf("%.80q passed as %q", tc.in, j)
		return
	}
	if tc.part != "" && bad.Part != tc.part {
		t.Errorf("%.80q: %v; want a fault in the %s", tc.in, err, tc.part)
	}
	if !j.IsZero() || bad.JID != tc.in || bad.Reason == nil {
		t.Errorf("%.80q: result %q, error %#v", tc.in, j, bad)
	}
}

// checkStable holds for every JID: what it prints is itself.
func checkStable(t *testing.T, j JID) {
	t.Helper()
	again, err := ParseJID(j.String())
	if err != nil || again != j {
		t.Errorf("%q parsed again is %q, %v", j, again, err)
	}
	bare, err := ParseJID(j.Bare().String())
	if err != nil || bare != j.Bare() || !bare.IsBare() || bare.Resource() != "" {
		t.Errorf("%q: bare form %q, %v", j, bare, err)
	}
	for _, part := range []string{j.Local(), j.Domain(), j.Resource()} {
		if len(part) > maxPart || !utf8.ValidString(part) {
			t.Errorf("%q has a part of %d bytes", j, len(part))
		}
	}
	ascii, err := DomainToASCII(j.Domain())
	if err != nil || !isASCII(ascii) {
		t.Errorf("%q: domain in ASCII %q, %v", j, ascii, err)
	}
}

func TestJIDErrorText(t *testing.T) {
	for in, want := range map[string]string{
		"a b@x":            `"a b@x" is not a JID: the localpart has a space`,
		"a'b@x":            `"a'b@x" is not a JID: the localpart has '\'', which RFC 7622 §3.3.1 excludes`,
		"x/":               `"x/" is not a JID: the resourcepart is empty`,
		"example.com:5222": `"example.com:5222" is not a JID: the domainpart has ':', and a port is not part of a JID`,
		"a\u200d@x":        `"a\u200d@x" is not a JID: the localpart has U+200D where no joiner may stand (RFC 5892 §A)`,
	} {
		if _, err := ParseJID(in); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", in, err, want)
		}
	}
	_, err := ParseJID(strings.Repeat("a", 5000))
	if err == nil || len(err.Error()) > 300 {
		t.Errorf("the error on a long string is %v", err)
	}
}

func TestJIDWithResource(t *testing.T) {
	j, err := ParseJID("romeo@example.net/old")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := j.WithResource("new"); err != nil || got.String() != "romeo@example.net/new" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := j.WithResource(""); err != nil || got != j.Bare() {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := j.WithResource("\xff"); err == nil {
		t.Error("a broken resource passed")
	}
	if (JID{}).Bare() != (JID{}) || !(JID{}).IsZero() || j.IsZero() || (JID{}).Domain() != "" || (JID{}).Resource() != "" {
		t.Error("the zero JID is not empty")
	}
}

func TestDomainToASCII(t *testing.T) {
	for in, want := range map[string]string{
		"Example.com.":         "example.com",
		"b\u00fccher.example":  "xn--bcher-kva.example",
		"XN--BCHER-KVA.x":      "xn--bcher-kva.x",
		"fa\u00df.example":     "xn--fa-hia.example",
		"[2001:DB8::1]":        "2001:db8::1",
		"127.0.0.1":            "127.0.0.1",
		"\u4f8b\u3048\u3002jp": "xn--r8jz45g.jp",
	} {
		if got, err := DomainToASCII(in); err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", in, got, err, want)
		}
	}
	var bad *JIDError
	if _, err := DomainToASCII("a b"); !errors.As(err, &bad) || bad.Part != PartDomain {
		t.Errorf("%v", err)
	}
}

// TestJIDAllocatesNothing: the common case parses in place.
func TestJIDAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		j, _ := ParseJID("juliet.capulet@im.example.com/balcony 1")
		_ = j.Bare().String() + j.Resource()[:0]
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzJID(f *testing.F) {
	for _, s := range []string{
		"juliet@example.com/foo", "\u03a3@B\u00dcCHER.example/\u212b", "a@[::1]/x", "xn--bcher-kva.x", "\u0628\u200c\u0628@\u05d0.x",
		"\uff76\uff9e@\uff45.\uff0e", "\u0345\u1fb3@x", "x/\u0344\u1e9b\u0323",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j, err := ParseJID(s)
		if err != nil {
			var bad *JIDError
			if !errors.As(err, &bad) || !j.IsZero() {
				t.Fatalf("%q: %q, %v", s, j, err)
			}
			return
		}
		checkStable(t, j)
	})
}

func BenchmarkParseJID(b *testing.B) {
	for name, s := range map[string]string{
		"plain":         "juliet@im.example.com/balcony",
		"international": "\u03a3\u03c0@b\u00fccher.example/\u265a",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseJID(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
