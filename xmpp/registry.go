package xmpp

import (
	_ "embed"
	"encoding/csv"
	"iter"
	"slices"
	"strings"
	"sync"
)

//go:embed data/namespaces.csv
var namespacesCSV string

// Namespace is what is known of an XML namespace.
type Namespace struct {
	URI      string
	Spec     string   // "XEP-0313", "RFC 6120", "W3C", "vendor", "other", "example", "slip"
	Title    string   // of the defining document
	Status   string   // of the XEP, as in the source ("Draft" is shown as Stable); empty for the rest
	Newer    string   // the namespace that replaces it; for a slip, the one meant
	Elements []string // elements that stand for themselves in a stanza or stream
}

// IsSlip reports whether the namespace is a known misspelling of Newer.
func (n Namespace) IsSlip() bool { return n.Spec == "slip" }

// Likeness says how a namespace was found in the registry.
type Likeness uint8

const (
	Unknown         Likeness = iota // not found
	SameNamespace                   // registered as it is
	OtherVersion                    // registered with another version number, or with or without one
	WithoutFragment                 // registered without what follows "#"
	Misspelt                        // one letter away from a registered one, or a known slip
)

// String says it in a few words.
func (l Likeness) String() string {
	names := [...]string{"unknown", "registered", "other version", "without its fragment", "misspelt"}
	if int(l) < len(names) {
		return names[l]
	}
	return names[0]
}

// Registry is the table of XML namespaces of XMPP. It is immutable and safe
// for use from any goroutine.
type Registry struct {
	all    []Namespace // sorted by URI
	byURI  map[string]int
	byStem map[string]int // URI without its version; the highest version
}

// Namespaces returns the registry, parsed at the first call.
func Namespaces() *Registry { return namespaces() }

var namespaces = sync.OnceValue(func() *Registry {
	r := &Registry{byURI: make(map[string]int), byStem: make(map[string]int)}
	for row := range table(namespacesCSV) {
		r.all = append(r.all, Namespace{
			URI: row("namespace"), Spec: row("spec"), Title: row("title"), Status: row("status"),
			Newer: row("newer"), Elements: strings.Fields(row("elements")),
		})
	}
	slices.SortFunc(r.all, func(a, b Namespace) int { return strings.Compare(a.URI, b.URI) })
	for i, n := range r.all {
		r.byURI[n.URI] = i
		if n.IsSlip() || n.Spec == "example" {
			continue
		}
		stem, version := splitVersion(n.URI)
		if old, ok := r.byStem[stem]; !ok || isNewer(version, r.all[old].URI) {
			r.byStem[stem] = i
		}
	}
	return r
})

// All yields every namespace, sorted by URI.
func (r *Registry) All() iter.Seq[Namespace] { return slices.Values(r.all) }

// Lookup returns the namespace that is registered under exactly this URI.
func (r *Registry) Lookup(uri string) (Namespace, bool) {
	i, ok := r.byURI[uri]
	if !ok {
		return Namespace{}, false
	}
	return r.all[i], true
}

// Find returns the registered namespace that a URI is, or else is most
// likely meant to be: without its version number, without its fragment, one
// letter corrected, in this order. For a known misspelling it returns the
// namespace meant.
func (r *Registry) Find(uri string) (Namespace, Likeness) {
	if n, ok := r.Lookup(uri); ok {
		if meant, ok := r.Lookup(n.Newer); ok && n.IsSlip() {
			return meant, Misspelt
		}
		return n, SameNamespace
	}
	if i, ok := r.stem(uri); ok {
		return r.all[i], OtherVersion
	}
	if base, _, ok := strings.Cut(uri, "#"); ok {
		if n, ok := r.Lookup(base); ok && !n.IsSlip() {
			return n, WithoutFragment
		}
		if i, ok := r.stem(base); ok {
			return r.all[i], WithoutFragment
		}
	}
	for _, n := range r.all {
		if n.Spec != "example" && !n.IsSlip() && oneEditApart(n.URI, uri) {
			return n, Misspelt
		}
	}
	return Namespace{}, Unknown
}

func (r *Registry) stem(uri string) (int, bool) {
	stem, _ := splitVersion(uri)
	i, ok := r.byStem[stem]
	return i, ok
}

// splitVersion takes ":digits" off the end of a URI (XEP-0053 §4).
func splitVersion(uri string) (stem, version string) {
	i := strings.LastIndexByte(uri, ':')
	if i < 0 || i == len(uri)-1 || strings.Trim(uri[i+1:], "0123456789") != "" {
		return uri, ""
	}
	return uri[:i], uri[i+1:]
}

// isNewer compares a version with that of a URI, as numbers.
func isNewer(version, uri string) bool {
	_, old := splitVersion(uri)
	version, old = strings.TrimLeft(version, "0"), strings.TrimLeft(old, "0")
	if len(version) != len(old) {
		return len(version) > len(old)
	}
	return version > old
}

// oneEditApart reports whether one inserted, removed or changed byte makes a
// into b.
func oneEditApart(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// table yields the rows of an embedded CSV file as look-ups by column name.
// The files are part of the program: a fault in them panics.
func table(data string) iter.Seq[func(column string) string] {
	rows, err := csv.NewReader(strings.NewReader(data)).ReadAll()
	if err != nil {
		panic("xmpp: embedded table: " + err.Error())
	}
	columns := make(map[string]int)
	for i, name := range rows[0] {
		columns[name] = i
	}
	return func(yield func(func(string) string) bool) {
		for _, row := range rows[1:] {
			field := func(column string) string {
				i, ok := columns[column]
				if !ok {
					panic("xmpp: embedded table has no column " + column)
				}
				return row[i]
			}
			if !yield(field) {
				return
			}
		}
	}
}
