package filter

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// span is a range of numbers, both ends included.
type span struct{ low, high int64 }

// has reports whether one of spans holds v.
func has(spans []span, v int64) bool {
	for _, s := range spans {
		if s.low <= v && v <= s.high {
			return true
		}
	}
	return false
}

// compare returns the numbers that stand in relation op to v.
func compare(op operator, v int64) []span {
	switch op {
	case opLess:
		if v == math.MinInt64 {
			return nil
		}
		return []span{{math.MinInt64, v - 1}}
	case opLessEqual:
		return []span{{math.MinInt64, v}}
	case opGreater:
		if v == math.MaxInt64 {
			return nil
		}
		return []span{{v + 1, math.MaxInt64}}
	case opGreaterEqual:
		return []span{{v, math.MaxInt64}}
	}
	return []span{{v, v}}
}

// unit is a suffix of numbers and what it multiplies by.
type unit struct {
	name   string
	factor float64
}

func durationUnits() []unit {
	return []unit{
		{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}, {"d", 86400e9},
		{"", 1e9},
	}
}

func sizeUnits() []unit {
	return []unit{
		{"b", 1}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30},
		{"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {"", 1},
	}
}

// measure reads a number with a unit, in any case.
func measure(text string, units []unit) (int64, bool) {
	end := strings.LastIndexAny(text, "0123456789.") + 1
	if end == 0 || strings.ContainsAny(text[:end], "eExXpP_iInN") {
		return 0, false
	}
	v, err := strconv.ParseFloat(text[:end], 64)
	if err != nil {
		return 0, false
	}
	for _, u := range units {
		if strings.EqualFold(u.name, text[end:]) {
			v = math.Round(v * u.factor)
			return int64(v), math.Abs(v) < math.MaxInt64
		}
	}
	return 0, false
}

// instant reads a date, with or without a time of day, as nanoseconds since
// 1970. Without a zone it is UTC.
func instant(text string) (int64, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02T15:04Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			return t.UnixNano(), true
		}
	}
	return 0, false
}

// number reads one value of a number field. What is wrong with it is said in
// the words that follow "… is no".
func (f *field) number(text string) (v int64, problem string) {
	ok := false
	switch f.typ {
	case typeDuration:
		v, ok = measure(text, durationUnits())
		problem = "length of time, as 500ms or 2s"
	case typeTime:
		if v, ok = instant(text); !ok {
			v, ok = measure(text, durationUnits())
		}
		problem = "time, as 12.5s since the start or 2026-11-22T14:00"
	case typeSize:
		v, ok = measure(text, sizeUnits())
		problem = "size, as 300, 4KB or 1MiB"
	case typeInt:
		digits := text
		if f.name == "session" { // as the list shows it
			digits = strings.TrimPrefix(text, "s")
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		v, ok, problem = int64(n), err == nil, "number"
	case typeFlag:
		switch text {
		case "true", "yes", "1":
			return 1, ""
		case "false", "no", "0":
			return 0, ""
		}
		problem = "value of a yes-or-no field: true or false"
	case typeWord:
		for i, w := range f.words {
			if w == text {
				return int64(i), ""
			}
		}
		problem = fmt.Sprintf("%s: %s", f.name, strings.Join(f.words, ", "))
	}
	if ok {
		problem = ""
	}
	return v, problem
}

// spansOf reads one value, or a range as 1..10, that op relates to.
func (f *field) spansOf(op operator, text string) (spans []span, problem string) {
	if low, high, isRange := strings.Cut(text, ".."); isRange && op == opIn {
		a, wrong := f.number(low)
		if wrong != "" {
			return nil, wrong
		}
		b, wrong := f.number(high)
		if wrong == "" && f.fact(low) != f.fact(high) {
			wrong = "range of one kind of time"
		}
		return []span{{a, b}}, wrong
	}
	v, problem := f.number(text)
	if problem != "" {
		return nil, problem
	}
	return compare(op, v), ""
}

// fact is the field of a record that a value of a number field is compared
// with: dates are compared with another one than times since the start.
func (f *field) fact(text string) Field {
	if f.typ == typeTime {
		if _, ok := instant(text); ok {
			return FieldClock
		}
	}
	return f.facts[0]
}

// quote returns text as a value in an expression: bare if that is the same.
func quote(text string) string {
	if text != "" && wordEnd(text, 0, false) == len(text) && reservedWord(text) == "" {
		return text
	}
	return quoted(text)
}

// quoted returns text as a string in quotation marks.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quotedPattern returns a regular expression in quotation marks, where a
// backslash stands for itself but before a quotation mark.
func quotedPattern(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			b.WriteByte('\\')
			b.WriteByte(text[i])
		case c == '"':
			b.WriteString(`\"`)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
