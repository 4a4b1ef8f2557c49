package xmpp

import (
	"slices"
	"testing"
)

func TestConditions(t *testing.T) {
	c := Conditions()
	busy, ok := c.Lookup(StanzaCondition, "resource-constraint")
	if !ok || !slices.Equal(busy.Types, []string{"wait"}) || busy.LegacyCode != 500 || busy.Section != "8.3.3.18" ||
		busy.Meaning == "" || busy.NextStep == "" {
		t.Errorf("resource-constraint is %+v", busy)
	}
	// The same name means something else in another place.
	stream, _ := c.Lookup(StreamCondition, "not-authorized")
	sasl, _ := c.Lookup(SASLCondition, "not-authorized")
	if stream.Section != "4.9.3.12" || sasl.Section != "6.5.10" {
		t.Errorf("not-authorized is %+v and %+v", stream, sasl)
	}
	if two, _ := c.Lookup(StanzaCondition, "unexpected-request"); !slices.Equal(two.Types, []string{"wait", "modify"}) {
		t.Errorf("unexpected-request has types %q", two.Types)
	}
	if _, ok := c.Lookup(SASLCondition, "gone"); ok {
		t.Error("SASL knows gone")
	}
	if e, ok := c.Lookup(SCRAMError, "e=invalid-proof"); !ok || e.Spec != "RFC 5802" {
		t.Errorf("e=invalid-proof is %+v", e)
	}
	if code, ok := c.Lookup(RoomStatus, "307"); !ok || code.PairsWith != "presence" {
		t.Errorf("status 307 is %+v", code)
	}
}

func TestConditionElement(t *testing.T) {
	for _, tc := range []struct {
		space, local string
		kind         ConditionKind
		spec         string
	}{
		{"urn:ietf:params:xml:ns:xmpp-streams", "conflict", StreamCondition, "RFC 6120"},
		{"urn:ietf:params:xml:ns:xmpp-stanzas", "conflict", StanzaCondition, "RFC 6120"},
		{"urn:ietf:params:xml:ns:xmpp-stanzas", "item-not-found", StanzaCondition, "RFC 6120"}, // not dialback's
		{"urn:xmpp:http:upload:0", "file-too-large", AppCondition, "XEP-0363"},
		{"urn:xmpp:jingle:apps:file-transfer:errors:0", "file-too-large", AppCondition, "XEP-0234"},
		{"http://jabber.org/protocol/pubsub#errors", "closed-node", AppCondition, "XEP-0060"},
		{"", "auth", "", ""},
		{"jabber:client", "conflict", "", ""},
	} {
		got, ok := Conditions().Element(tc.space, tc.local)
		if ok != (tc.kind != "") || got.Kind != tc.kind || got.Spec != tc.spec {
			t.Errorf("{%s}%s is %+v", tc.space, tc.local, got)
		}
	}
}

func TestConditionsWhole(t *testing.T) {
	kinds := map[ConditionKind]int{}
	for c := range Conditions().All() {
		kinds[c.Kind]++
		if c.Name == "" || c.Spec == "" || c.Section == "" || c.Meaning == "" {
			t.Errorf("something is missing in %+v", c)
		}
	}
	want := map[ConditionKind]int{
		StreamCondition: 28, StanzaCondition: 24, ErrorType: 5, SASLCondition: 12, SCRAMError: 11, AppCondition: 53,
		JingleReason: 17, BOSHCondition: 13, DialbackError: 5, RoomStatus: 20,
	}
	for kind, n := range want {
		if kinds[kind] != n {
			t.Errorf("%d conditions of kind %s, want %d", kinds[kind], kind, n)
		}
	}
	if len(kinds) != len(want) {
		t.Errorf("kinds are %v", kinds)
	}
	var old []string
	for c := range Conditions().Legacy(404) {
		old = append(old, c.Name)
	}
	if want := []string{"item-not-found", "recipient-unavailable", "remote-server-not-found"}; !slices.Equal(old, want) {
		t.Errorf("404 was %q, want %q", old, want)
	}
	for c := range Conditions().Legacy(0) {
		t.Errorf("code 0 was %s", c.Name)
	}
}
