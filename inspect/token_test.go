package inspect

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// tokens writes the tokens of text as TYPE«text» for comparison.
func tokens(text string) string {
	var b strings.Builder
	tokenizer := NewTokenizer([]byte(text))
	for token, ok := tokenizer.Next(); ok; token, ok = tokenizer.Next() {
		fmt.Fprintf(&b, "%s«%s»", token.Type, text[token.Start:token.End])
	}
	return b.String()
}

func TestTokenizer(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"stanza": {`<a to='b'>hi</a>`,
			"NameTag«<a»Text« »NameAttribute«to=»LiteralString«'b'»NameTag«>»Text«hi»NameTag«</a»NameTag«>»"},
		"empty element":  {`<x:a/>`, "NameTag«<x:a»NameTag«/>»"},
		"bracket quoted": {`<a b = ">/>"/>`, `NameTag«<a»Text« »NameAttribute«b =»Text« »LiteralString«">/>"»NameTag«/>»`},
		"references":     {`&lt;&#x1F;& a;`, "NameEntity«&lt;»NameEntity«&#x1F;»Error«&»Text« a;»"},
		"sections":       {`<![CDATA[<a>]]><!--<b>--><?c?>`, "CommentPreproc«<![CDATA[<a>]]>»Comment«<!--<b>-->»CommentPreproc«<?c?>»"},
		"doctype":        {`<!DOCTYPE a [<!ENTITY b ">">]>c`, `CommentPreproc«<!DOCTYPE a [<!ENTITY b ">">]>»Text«c»`},
		"unfinished":     {`<a b='c`, "NameTag«<a»Text« »NameAttribute«b=»LiteralString«'c»"},
		"one bracket":    {`<`, "NameTag«<»"},
		"no markup":      {`a < b`, "Text«a »Error«<»Text« b»"},
		"tag in a tag":   {`<a <b>`, "NameTag«<a»Text« »NameTag«<b»NameTag«>»"},
		"unquoted":       {`<a b=5/ >`, "NameTag«<a»Text« »NameAttribute«b=»Error«5»Error«/»Text« »NameTag«>»"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tokens(c.in); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func FuzzTokenizer(f *testing.F) {
	f.Add([]byte(`<a b='c' d="e">f&amp;g<!--h--><![CDATA[i]]><?j?></a>`))
	f.Add([]byte(`<!DOCTYPE [<'>"<a <b & &; </ `))
	f.Fuzz(func(t *testing.T, text []byte) {
		tokenizer := NewTokenizer(text)
		var joined []byte
		for token, ok := tokenizer.Next(); ok; token, ok = tokenizer.Next() {
			if token.Start != len(joined) || token.End <= token.Start {
				t.Fatalf("token %+v after %d bytes", token, len(joined))
			}
			joined = append(joined, text[token.Start:token.End]...)
		}
		if !bytes.Equal(joined, text) {
			t.Fatalf("tokens cover %q of %q", joined, text)
		}
	})
}

func BenchmarkTokenizer(b *testing.B) {
	text := []byte(`<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m44'>` +
		`<body>Shall I hear more, or shall I speak at this?</body><request xmlns='urn:xmpp:receipts'/></message>`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		tokenizer := NewTokenizer(text)
		for _, ok := tokenizer.Next(); ok; _, ok = tokenizer.Next() {
		}
	}
}
