package xmpp

import (
	"slices"
	"testing"
)

func TestRegistryFind(t *testing.T) {
	for _, tc := range []struct {
		uri  string
		want string
		like Likeness
	}{
		{"jabber:client", "jabber:client", SameNamespace},
		{"urn:xmpp:mam:2", "urn:xmpp:mam:2", SameNamespace},
		{"urn:xmpp:mam:99", "urn:xmpp:mam:2", OtherVersion},
		{"urn:xmpp:mam", "urn:xmpp:mam:2", OtherVersion},
		{"jabber:iq:roster:1", "jabber:iq:roster", OtherVersion},
		{"http://jabber.org/protocol/chatstates#gone", "http://jabber.org/protocol/chatstates", WithoutFragment},
		{"urn:xmpp:mam:7#extended", "urn:xmpp:mam:2", WithoutFragment},
		{"jabber:iq:rooster", "jabber:iq:roster", Misspelt},
		{"jabber:clint", "jabber:client", Misspelt},
		{"http//jabber.org/protocol/caps", "http://jabber.org/protocol/caps", Misspelt},
		{"http://etherx.jabber.lit/streams", "http://etherx.jabber.org/streams", Misspelt},
		{"", "", Unknown},
		{"urn:nobody:knows", "", Unknown},
		{"urn:nobody:knows:1#x", "", Unknown},
		{":1", "", Unknown},
	} {
		got, like := Namespaces().Find(tc.uri)
		if got.URI != tc.want || like != tc.like {
			t.Errorf("%q finds %q (%s), want %q (%s)", tc.uri, got.URI, like, tc.want, tc.like)
		}
	}
}

// TestRegistryWhole: every registered namespace is found, and what replaces
// another is known.
func TestRegistryWhole(t *testing.T) {
	r, n := Namespaces(), 0
	for ns := range r.All() {
		n++
		if got, ok := r.Lookup(ns.URI); !ok || got.Title != ns.Title {
			t.Errorf("%q is not found", ns.URI)
		}
		if ns.Spec == "" || ns.Title == "" {
			t.Errorf("%q has spec %q, title %q", ns.URI, ns.Spec, ns.Title)
		}
		if _, ok := r.Lookup(ns.Newer); !ok && ns.Newer != "" {
			t.Errorf("%q is replaced by %q, which nobody knows", ns.URI, ns.Newer)
		}
	}
	if n != 940 {
		t.Errorf("%d namespaces, want 940", n)
	}
	roster, _ := r.Lookup("jabber:iq:roster")
	if roster.Spec != "RFC 6121" || !slices.Contains(roster.Elements, "query") {
		t.Errorf("the roster is %+v", roster)
	}
	if archive, _ := r.Lookup("http://jabber.org/protocol/archive"); archive.Newer != "urn:xmpp:mam:2" {
		t.Errorf("archive is replaced by %q", archive.Newer)
	}
}

func TestXEPs(t *testing.T) {
	for _, number := range []string{"0313", "313", "XEP-0313", "xep-313"} {
		if got, ok := XEPs().Lookup(number); !ok || got.Title != "Message Archive Management" {
			t.Errorf("%q is %+v", number, got)
		}
	}
	for _, number := range []string{"", "9999", "XEP-", "RFC 6120", "99999"} {
		if got, ok := XEPs().Lookup(number); ok {
			t.Errorf("%q is %+v", number, got)
		}
	}
	// Every namespace of a XEP has its XEP in the list.
	for ns := range Namespaces().All() {
		if len(ns.Spec) == 8 && ns.Spec[:4] == "XEP-" {
			if xep, ok := XEPs().Lookup(ns.Spec); !ok || xep.Title == "" {
				t.Errorf("%s of %s is not in the list", ns.Spec, ns.URI)
			}
		}
	}
	n := 0
	for range XEPs().All() {
		n++
	}
	if n != 517 {
		t.Errorf("%d XEPs, want 517", n)
	}
}

func BenchmarkRegistryFindUnknown(b *testing.B) {
	r := Namespaces()
	for b.Loop() {
		if _, like := r.Find("urn:nobody:knows:this#one"); like != Unknown {
			b.Fatal(like)
		}
	}
}
