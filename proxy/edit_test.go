package proxy

import (
	"strings"
	"testing"

	"xmppscope/xmpp"
)

// In these features what strip removes stands between ⟦ ⟧, what both modes
// remove between « ».
var featuresToEdit = []string{
	"<f:features xmlns:f='http://etherx.jabber.org/streams'> «<compression xmlns='http://jabber.org/features/compress'/>»\n<x/></f:features>",
	"<f:features xmlns:f='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\n" +
		" <mechanism>PLAIN</mechanism>⟦<mechanism> SCRAM-SHA-256-PLUS\n</mechanism>⟧<!-- <mechanism>X-PLUS</mechanism> --></mechanisms>" +
		"⟦<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>⟧</f:features>",
	"<f:features xmlns:f='http://etherx.jabber.org/streams'><s:authentication xmlns:s='urn:xmpp:sasl:2'>⟦<s:mechanism>SCRAM-SHA-1-PLUS</s:mechanism>⟧" +
		"<s:inline><q:fast xmlns:q='urn:xmpp:fast:0'>«<q:mechanism>HT-SHA-256-UNIQ</q:mechanism>»<q:mechanism>HT-SHA-256-NONE</q:mechanism>" +
		"«<q:mechanism>HT-SHA-256-ENDP</q:mechanism>»</q:fast>⟦<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'/>⟧</s:inline></s:authentication></f:features>",
	"<f:features xmlns:f='http://etherx.jabber.org/streams'><authentication xmlns='urn:xmpp:sasl:2'><inline>«<fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-EXPR</mechanism></fast>»</inline></authentication></f:features>",
	"<f:features xmlns:f='http://etherx.jabber.org/streams'><mechanisms xmlns='other'><mechanism>X-PLUS</mechanism></mechanisms><compression xmlns='other'/></f:features>",
}

func TestEditFeatures(t *testing.T) {
	for _, marked := range featuresToEdit {
		raw := strings.NewReplacer("⟦", "", "⟧", "", "«", "", "»", "").Replace(marked)
		for _, login := range []Login{Relay, Strip} {
			want := cutOut(marked, "«", "»")
			if login == Strip {
				want = cutOut(want, "⟦", "⟧")
			}
			want = strings.NewReplacer("⟦", "", "⟧", "").Replace(want)
			e, ok := xmpp.ParseElement([]byte(raw), nil)
			if !ok {
				t.Fatal(raw)
			}
			got, removed := editFeatures([]byte(raw), e, login)
			if string(got) != want {
				t.Errorf("%v:\n got %s\nwant %s", login, got, want)
			}
			if (len(removed) > 0) != (want != raw) {
				t.Errorf("%v: %d bytes of %d, but removed %v", login, len(got), len(raw), removed)
			}
		}
	}
}

func cutOut(text, open, end string) string {
	for {
		before, rest, ok := strings.Cut(text, open)
		if !ok {
			return text
		}
		_, after, _ := strings.Cut(rest, end)
		text = before + after
	}
}
