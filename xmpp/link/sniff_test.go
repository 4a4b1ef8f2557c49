package link

import (
	"strings"
	"testing"
)

func TestSniff(t *testing.T) {
	type row struct {
		prefix string
		want   Protocol
		ok     bool
	}
	for _, r := range []row{
		{"", Unknown, false},
		{"<", PlainXMPP, true},
		{"<?xml version='1.0'?><stream:stream", PlainXMPP, true},
		{" \r\n\t<stream:stream", PlainXMPP, true},
		{" ", Unknown, false},
		{strings.Repeat(" ", enoughSpace-1), Unknown, false},
		{strings.Repeat(" ", enoughSpace), PlainXMPP, true},
		{"\xEF", Unknown, false},
		{"\xEF\xBB", Unknown, false},
		{"\xEF\xBB\xBF", Unknown, false},
		{"\xEF\xBB\xBF<", PlainXMPP, true},
		{"\xEF\xBB\xBF\n <", PlainXMPP, true},
		{"\xEF\xBBx", Unknown, true},
		{" x", Unknown, true},
		{"\x16", Unknown, false},
		{"\x16\x03", DirectTLS, true},
		{"\x16\x03\x01\x02\x00\x01", DirectTLS, true},
		{"\x16\x02", Unknown, true},
		{"G", Unknown, false},
		{"GET", Unknown, false},
		{"GET ", HTTP, true},
		{"GETX", Unknown, true},
		{"P", Unknown, false},
		{"POST /http-bind HTTP/1.1\r\n", HTTP, true},
		{"PRI * HTTP/2.0\r\n", HTTP, true},
		{"\x05", Unknown, false},
		{"\x05\x01\x00", SOCKS, true},
		{"\x05\x00", Unknown, true},
		{"\x04\x01", SOCKS, true},
		{"\x04\x03", Unknown, true},
		{"SSH-2.0-", Unknown, true},
		{"\x00", Unknown, true},
	} {
		if p, ok := Sniff([]byte(r.prefix)); p != r.want || ok != r.ok {
			t.Errorf("Sniff(%.20q) = %v, %v; want %v, %v", r.prefix, p, ok, r.want, r.ok)
		}
	}
}

// What is once decided must not change when more arrives, and one byte at a
// time must lead to the same end.
func FuzzSniff(f *testing.F) {
	for _, seed := range []string{"<", "\xEF\xBB\xBF <", "POST ", "\x16\x03\x01", "\x05\x01", "   x", strings.Repeat("\n", 2*enoughSpace) + "x"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, decided := Sniff(data)
		for i := range data {
			p, ok := Sniff(data[:i])
			if !ok {
				continue
			}
			if p != want || !decided {
				t.Fatalf("Sniff(%q) = %v but Sniff(%q) = %v, %v", data[:i], p, data, want, decided)
			}
			return
		}
	})
}
