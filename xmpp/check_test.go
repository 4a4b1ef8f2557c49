package xmpp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	scope := HeaderScope(Frame{Raw: []byte(header)})
	many := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	for _, test := range []struct {
		raw  string
		want []string // rules with offsets, of the first frame
	}{
		{"<a b='c' d=\"e\"><f/>g &amp;&#x9;&#0000000000000000000000000000000000000000000000000000000000000000000000000000000000000033; <stream:x/></a >", nil},
		{"<é:a xmlns:é='x' é:b='1' b='1' xml:lang='en'>π€𐌰</é:a>", nil},
		{"<a><![CDATA[<&]]></a>", nil},
		{"<a><b></a></b>", []string{"xml-not-well-formed 6"}},
		{"<a></b>", []string{"xml-not-well-formed 3"}},
		{"<a b=c/>", []string{"xml-not-well-formed 3"}},
		{"<a b/>", []string{"xml-not-well-formed 3"}},
		{"<a b='1'c='2'/>", []string{"xml-not-well-formed 8"}},
		{"<a b='<'/>", []string{"xml-not-well-formed 6"}},
		{"<a b='&'/>", []string{"xml-not-well-formed 6"}},
		{"<a>& &b; &#0; &#xD800;</a>", []string{"xml-not-well-formed 3", "xml-entity-reference 5"}},
		{"<a>]]></a>", []string{"xml-cdata-end-in-text 3"}},
		{"<a>\x01\xff</a>", []string{"xml-illegal-character 3", "xml-encoding-not-utf8 4"}},
		{"<a>\xed\xa0\x80</a>", []string{"xml-encoding-not-utf8 3"}},
		{"<a>\xef\xbf\xbe</a>", []string{"xml-illegal-character 3"}},
		{"<a><!-- x --></a>", []string{"xml-comment 3"}},
		{"<a><!-- x -- --></a>", []string{"xml-comment 3", "xml-not-well-formed 3"}},
		{"<a><?p?></a>", []string{"xml-processing-instruction 3"}},
		{"<a><?xml version='1.0'?></a>", []string{"xml-declaration-late 3"}},
		{"<a b='1' b='2'/>", []string{"xml-duplicate-attribute 9"}},
		{"<a" + many(" b%d=''", 20) + " b3=''/>", []string{"xml-duplicate-attribute 133"}},
		{"<a xmlns:x='u' xmlns:y='u' x:b='' y:b=''/>", []string{"xml-duplicate-attribute 34"}},
		{"<x:a/>", []string{"xml-unbound-prefix 1"}},
		{"<a x:b=''/>", []string{"xml-unbound-prefix 3"}},
		{"<a><b xmlns:x='u'><x:c/></b><x:d/></a>", []string{"xml-unbound-prefix 29"}},
		{"<a" + many(" xmlns:x%d='u'", 20) + "><b xmlns:x3='v'><x3:c/></b><x3:d/><x19:e/><y:f/></a>", []string{"xml-unbound-prefix 316"}},
		{"<a xmlns:x=''/>", []string{"xml-unbound-prefix 3"}},
		{"<a:b:c/>", []string{"xml-not-well-formed 1"}},
		{"<a>< </a>", []string{"xml-not-well-formed 4"}},
		{"<a><1/></a>", []string{"xml-not-well-formed 4"}},
		{"<a/><", nil},
		{"x<a/>", []string{"xml-text-between-stanzas 0"}},
		{"</a>", []string{"xml-not-well-formed 0"}},
		{"<!DOCTYPE a>", []string{"xml-doctype 0"}},
		{"<!---->", []string{"xml-comment 0"}},
		{"<?p?>", []string{"xml-processing-instruction 0"}},
		{"\xef\xbb\xbf", []string{"xml-byte-order-mark 0"}},
		{"<?xml version='1.0' encoding='UTF-8'?>", nil},
		{"<?xml version=\"1.1\" encoding='latin1' standalone='yes'?>", []string{"xml-version-unsupported 15", "xml-encoding-not-utf8 30", "xml-declaration-standalone 38"}},
		{"<?xml encoding='utf-8'?>", []string{"xml-not-well-formed 6"}},
		{"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' a='1' a='2'>", []string{"xml-duplicate-attribute 69"}},
		{"</stream:stream >", nil},
		{"</stream:stream x>", []string{"xml-not-well-formed 0"}},
	} {
		s := NewScanner(Limits{})
		s.Feed([]byte(test.raw))
		f, ok := s.Next()
		if !ok {
			s.Close()
			f, _ = s.Next()
		}
		var got []string
		Check(f, scope, func(fault Fault) { got = append(got, fmt.Sprintf("%s %d", fault.Rule, fault.Offset)) })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%.80s: %s", test.raw, diff)
		}
	}
}
