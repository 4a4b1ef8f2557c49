package filter

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// author writes random expressions from the tables.
type author struct {
	*rand.Rand
	tables *tables
}

func (a author) one(words ...string) string { return words[a.IntN(len(words))] }

func (a author) expression(depth int) string {
	switch n := a.IntN(8); {
	case depth > 0 && n < 2:
		return "not " + a.expression(depth-1)
	case depth > 0 && n < 6:
		return "(" + a.expression(depth-1) + a.one(" and ", " or ", " && ", " || ") + a.expression(depth-1) + ")"
	}
	switch a.IntN(8) {
	case 0:
		return a.tables.keywords[a.IntN(len(a.tables.keywords))].name
	case 1:
		return a.tables.wireshark[a.IntN(len(a.tables.wireshark))].name
	case 2:
		return a.one("capulet", "'shall i'", `"it's"`, "receipts", "zzz", "CDATA", "&apos;")
	}
	f := a.tables.fields[a.IntN(len(a.tables.fields))]
	if a.IntN(8) == 0 {
		return "path('" + a.one("message/body", "*/@id", "iq/*/@node", "presence/priority", "auth") + "') " + a.one("> 5", "<= 127", "== 127", "!= p1", "~ b.s")
	}
	if a.IntN(5) == 0 {
		return f.name
	}
	all := operators()
	for {
		switch o := all[a.IntN(len(all))]; {
		case !f.takes(o.op):
		case o.op == opIn || o.op == opNotIn:
			return f.name + " " + o.text + " {" + a.value(&f) + ", " + a.value(&f) + "}"
		default:
			return f.name + " " + o.text + " " + a.value(&f)
		}
	}
}

func (a author) value(f *field) string {
	switch f.typ {
	case typeWord:
		return a.one(f.words...)
	case typeFlag:
		return a.one("true", "false")
	case typeDuration, typeTime, typeSize, typeInt:
		return a.one("0", "1", "2", "14", "1044", "300")
	case typeXEP:
		return a.one("0199", "XEP-0184", "30")
	}
	return a.one("juliet@capulet.example", "juliet", "capulet.example", "balcony", "chat", "get", "m44", "p1", "4", "127",
		"item-not-found", "urn:xmpp:ping", "ping", "query", "'Bist du'", "body", "dnd", "montague.example")
}

// TestCheapAgreesWithMatch asks rows that know all, a part or nothing of
// themselves: what they know must never change the answer.
func TestCheapAgreesWithMatch(t *testing.T) {
	rnd := author{rand.New(rand.NewPCG(1, 2)), newParser("").tables}
	names := strings.Fields(everything)
	shared := newPool()
	cheap := 0
	for range 2000 {
		expression := rnd.expression(3)
		f, err := Parse(expression)
		if err != nil {
			t.Fatalf("%s: %v", expression, err)
		}
		again, err := Parse(f.String())
		if err != nil {
			t.Fatalf("%s prints as %s: %v", expression, f, err)
		}
		matcher := f.Matcher()
		rows := sampleRows()
		for _, name := range names {
			r := rows[name]
			r.pool = shared
			for field := FieldFrom; field < fieldCount; field++ {
				r.hidden[field] = Unread
			}
			truth := f.Match(r)
			if again.Match(r) != truth {
				t.Fatalf("%s prints as %s, which differs on %s", expression, f, name)
			}
			for range 3 {
				for field := FieldFrom; field < fieldCount; field++ {
					if k := Known(rnd.IntN(int(Complete) + 1)); k == Complete || k == Absent {
						delete(r.hidden, field)
					} else {
						r.hidden[field] = k
					}
				}
				if got := matcher.Match(r); got != truth {
					t.Fatalf("%s on %s, knowing all but %v: %v, not %v", expression, name, r.hidden, got, truth)
				}
				v := f.Cheap(r)
				if v != Maybe {
					cheap++
					if (v == Yes) != truth {
						t.Fatalf("%s on %s, knowing all but %v: %v, but Match says %v", expression, name, r.hidden, v, truth)
					}
				}
				if p := f.Places(); p != nil && v == Maybe && truth && r.note == "" && len(slices.Collect(p.All(r.Raw()))) == 0 {
					t.Fatalf("%s matches %s, but no place in it", expression, name)
				}
			}
		}
	}
	if cheap < 5_000 {
		t.Errorf("the index answered only %d times", cheap)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "iq and error", `body ~ "a\"b\\"`, "not (a or 'b c')", "time in {1..2, 3}", "path('a/{b/c}d/@e') != x", "xmpp.x-data",
		"size>4KB&&!held", "type not in {get set}", `"\x41\u00e9"`, "no == 9223372036854775807", "id == {", "a|b", "from==a=b", "'and'",
	} {
		f.Add(s)
	}
	rows := sampleRows()
	f.Fuzz(func(t *testing.T, input string) {
		Completions(input, len(input)/2)
		Completions(input, len(input))
		one, err := Parse(input)
		if err != nil {
			err.(*Error).Caret(input)
			return
		}
		two, err := Parse(one.String())
		if err != nil {
			t.Fatalf("%q prints as %q: %v", input, one, err)
		}
		if one.String() != two.String() {
			t.Fatalf("%q prints as %q and then as %q", input, one, two)
		}
		for name, r := range rows {
			if one.Match(r) != two.Match(r) {
				t.Fatalf("%q prints as %q, which differs on %s", input, one, name)
			}
		}
	})
}

// TestNoAllocation: what the index answers costs no memory per record.
func TestNoAllocation(t *testing.T) {
	f, err := Parse("jid.domain == capulet.example and (size > 100 or error == conflict) and dir != in or ns == urn:xmpp:receipts")
	if err != nil {
		t.Fatal(err)
	}
	r := indexed{row: newRow("<message/>")}
	m := f.Matcher()
	if m.Cheap(r) != Yes {
		t.Fatal("the index does not answer")
	}
	if n := testing.AllocsPerRun(100, func() { m.Match(r) }); n != 0 {
		t.Errorf("%v allocations for each record", n)
	}
}

// indexed is a record with fixed answers, for counting.
type indexed struct{ *row }

func (indexed) Number(f Field) (int64, Known) { return 200, Complete }
func (indexed) Name(f Field) (uint32, Known)  { return uint32(f), Complete }
func (indexed) Text(name uint32) string       { return "capulet.example" }

func BenchmarkCheap(b *testing.B) {
	for _, expression := range []string{"jid.domain == capulet.example", "iq and error", "size > 1KB and size < 2KB or not message"} {
		f, err := Parse(expression)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(expression, func(b *testing.B) {
			m, r := f.Matcher(), &indexed{}
			b.ReportAllocs()
			for b.Loop() {
				m.Cheap(r)
			}
		})
	}
}
