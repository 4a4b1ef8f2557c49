package filter

import (
	"strings"
	"testing"
)

// TestCompletions shows what is offered at "|", and what of the input it
// would replace, between brackets.
func TestCompletions(t *testing.T) {
	for _, tc := range []struct{ input, want string }{
		{"fr|", "[fr] from from.bare from.local from.domain from.resource"},
		{"iq and un|", "[un] unanswered unavailable unsubscribe unsubscribed"},
		{"not (jid.d|", "[jid.d] jid.domain"},
		{"dir == |", "[] out in"},
		{"dir==o|", "[o] out"},
		{"dir == out |", "[] and or"},
		{"(dir == out |", "[] and or )"},
		{"(dir == out a|", "[a] and"},
		{"size |", "[] == != <= >= < > in not in and or"},
		{"from c|", "[c] contains"},
		{"iq |", "[] and or"},
		{"hello a|", "[a] and"},
		{"error == jid|", "[jid] jid-malformed"},
		{"type in {get, un|", "[un] unavailable unsubscribe unsubscribed"},
		{"marked == |", "[] true false"},
		{"kind == m| and iq", "[m] message"},
		{"ns == urn:xmpp:pin|", "[urn:xmpp:pin] urn:xmpp:ping"},
		{"xep == XEP-019|", "[XEP-019] XEP-0191 XEP-0194 XEP-0195 XEP-0196 XEP-0197 XEP-0198 XEP-0199"},
		{"xmpp.iq.b|", "[xmpp.iq.b] xmpp.iq.bind xmpp.iq.bind.jid xmpp.iq.bind.resource"},
		{"pat|", "[pat] path('"},
		{"from == |", "-"},
		{"iq) and |", "-"},
		{"frm == x and |", "-"},
	} {
		input, rest, _ := strings.Cut(tc.input, "|")
		got := "-"
		for i, c := range Completions(input+rest, len(input)) {
			if i == 0 {
				got = "[" + (input + rest)[c.Start:c.End] + "]"
			}
			got += " " + c.Text
		}
		if got != tc.want {
			t.Errorf("%s\n offers %s\n    not %s", tc.input, got, tc.want)
		}
	}
	if first := Completions("", 0); len(first) < 50 || first[0].Text != "kind" || first[0].Help == "" {
		t.Errorf("an empty line offers %v", first)
	}
}
