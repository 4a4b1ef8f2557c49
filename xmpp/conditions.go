package xmpp

import (
	_ "embed"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed data/conditions.csv
var conditionsCSV string

// ConditionKind says in what a condition stands.
type ConditionKind string

// The kinds of conditions.
const (
	StreamCondition ConditionKind = "stream"         // <stream:error/>, RFC 6120 §4.9.3
	StanzaCondition ConditionKind = "stanza"         // <error/> of a stanza, RFC 6120 §8.3.3
	ErrorType       ConditionKind = "error-type"     // its type attribute, RFC 6120 §8.3.2
	SASLCondition   ConditionKind = "sasl"           // <failure/>, RFC 6120 §6.5
	SCRAMError      ConditionKind = "scram-error"    // e= of a SCRAM message, RFC 5802 §7
	AppCondition    ConditionKind = "app"            // beside a general condition, RFC 6120 §8.3.4
	JingleReason    ConditionKind = "jingle-reason"  // <reason/>, XEP-0166 §7.4
	BOSHCondition   ConditionKind = "bosh-terminate" // condition attribute, XEP-0124 §17.2
	DialbackError   ConditionKind = "dialback"       // <db:result type='error'/>, XEP-0220 §2.5
	RoomStatus      ConditionKind = "muc-status"     // <status code=''/>, XEP-0045 §16.6.2
)

// Condition explains one condition: an element, or a code or attribute value
// in the place of one.
type Condition struct {
	Kind       ConditionKind
	Name       string   // local name, code or value as it stands on the wire
	Namespace  string   // of the element; empty where there is none
	Types      []string // the error types that fit, the usual one first; "any", "fatal"
	PairsWith  string   // the general condition (app), or the stanza (muc-status)
	LegacyCode int      // number from before 2004 (XEP-0086), or 0
	Spec       string   // "RFC 6120", "XEP-0060"
	Section    string   // of Spec
	Meaning    string   // in a sentence
	NextStep   string   // what to do about it; may be empty
}

// ConditionTable holds all conditions. It is immutable and safe for use from
// any goroutine.
type ConditionTable struct {
	all    []Condition
	byKind map[[2]string]int // kind, name
	byName map[[2]string]int // namespace, name
}

// Conditions returns the table, parsed at the first call.
func Conditions() *ConditionTable { return conditions() }

var conditions = sync.OnceValue(func() *ConditionTable {
	t := &ConditionTable{byKind: make(map[[2]string]int), byName: make(map[[2]string]int)}
	for row := range table(conditionsCSV) {
		c := Condition{
			Kind: ConditionKind(row("kind")), Name: row("condition"), Namespace: row("namespace"),
			PairsWith: row("pairs_with"), Spec: row("spec"), Section: row("section"),
			Meaning: row("meaning"), NextStep: row("next_step"),
		}
		if types := row("default_type"); types != "" {
			c.Types = strings.Split(types, "|")
		}
		c.LegacyCode, _ = strconv.Atoi(row("legacy_code"))
		t.add(c)
	}
	return t
})

// add keeps the first of two under the same key: stanza conditions come
// before their use in dialback.
func (t *ConditionTable) add(c Condition) {
	for key, m := range map[[2]string]map[[2]string]int{
		{string(c.Kind), c.Name}: t.byKind,
		{c.Namespace, c.Name}:    t.byName,
	} {
		if _, taken := m[key]; !taken {
			m[key] = len(t.all)
		}
	}
	t.all = append(t.all, c)
}

// All yields every condition, grouped by kind.
func (t *ConditionTable) All() iter.Seq[Condition] { return slices.Values(t.all) }

// Lookup finds a condition by its kind and its name on the wire. Where two
// specifications use one name for an application condition, [ConditionTable.Element]
// tells them apart.
func (t *ConditionTable) Lookup(kind ConditionKind, name string) (Condition, bool) {
	return t.at(t.byKind, [2]string{string(kind), name})
}

// Element finds the condition that an element is, by its namespace and local
// name.
func (t *ConditionTable) Element(space, local string) (Condition, bool) {
	if space == "" {
		return Condition{}, false
	}
	return t.at(t.byName, [2]string{space, local})
}

// Legacy yields the stanza conditions that a code from before 2004 stands
// for (XEP-0086 §2).
func (t *ConditionTable) Legacy(code int) iter.Seq[Condition] {
	return func(yield func(Condition) bool) {
		for _, c := range t.all {
			if code != 0 && c.LegacyCode == code && !yield(c) {
				return
			}
		}
	}
}

func (t *ConditionTable) at(m map[[2]string]int, key [2]string) (Condition, bool) {
	i, ok := m[key]
	if !ok {
		return Condition{}, false
	}
	return t.all[i], true
}
