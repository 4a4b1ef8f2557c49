package xmpp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var factNames = []string{
	"header", "restart", "footer", "features", "starttls", "proceed", "tls-failure", "auth", "challenge", "response", "abort",
	"success", "failure", "bound", "session", "sm-enabled", "sm-resumed", "sm-failed", "compress", "compressed", "dialback", "stream-error",
}

func (f Facts) list() string {
	var names []string
	for i, name := range factNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// TestObserver plays the dialogues of testdata/observer. A line "C: …" or
// "S: …" is what one side sends, and a line "= …" after it is what the
// Observer must make of it: the facts, then a comma and the phase, then what
// else is worth telling.
func TestObserver(t *testing.T) {
	plays, err := filepath.Glob("testdata/observer/*.txt")
	if err != nil || len(plays) == 0 {
		t.Fatal("no dialogues", err)
	}
	for _, play := range plays {
		t.Run(filepath.Base(play), func(t *testing.T) {
			text, err := os.ReadFile(play)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			o := NewObserver()
			scanners := [2]*Scanner{NewScanner(Limits{}), NewScanner(Limits{})}
			for line := range strings.Lines(string(text)) {
				line = strings.TrimSuffix(line, "\n")
				want = append(want, line)
				if strings.HasPrefix(line, "= ") {
					continue
				}
				got = append(got, line)
				d := FromInitiator
				if strings.HasPrefix(line, "S: ") {
					d = FromReceiver
				}
				scanners[d].Feed([]byte(line[3:]))
				for f, ok := scanners[d].Next(); ok; f, ok = scanners[d].Next() {
					if facts := o.Observe(d, f); facts != 0 {
						got = append(got, "= "+facts.list()+", "+o.describe())
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// describe says all that o knows, what is empty left out.
func (o *Observer) describe() string {
	out := o.phase.String()
	add := func(name, value string) {
		if value != "" {
			out += " " + name + "=" + value
		}
	}
	if o.TLS() {
		out += " tls"
	}
	add("profile", o.Login().Profile)
	add("mechanism", o.Login().Mechanism)
	add("binding", o.Login().Binding)
	if o.Login().Outcome != OutcomeNone {
		add("outcome", []string{"", "success", "failure"}[o.Login().Outcome])
	}
	add("condition", o.Login().Condition)
	add("jid", o.JID())
	if enabled, resumed := o.SM(); enabled {
		add("sm", fmt.Sprint("resumed:", resumed))
	}
	if o.Sensitive() {
		out += " sensitive"
	}
	return out
}

func TestStreamInfo(t *testing.T) {
	o := NewObserver()
	for _, f := range frames(t, "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='a' to='b&amp;' id='1' version='1.0' xml:lang='en'>", 1<<10, Limits{}) {
		o.Observe(FromReceiver, f)
	}
	want := StreamInfo{From: "a", To: "b&", ID: "1", Version: "1.0", Lang: "en", Space: "jabber:server"}
	if diff := cmp.Diff(want, o.Stream(FromReceiver)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(StreamInfo{}, o.Stream(FromInitiator)); diff != "" {
		t.Error(diff)
	}
	for _, f := range frames(t, "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>A</mechanism><mechanism> B </mechanism></mechanisms><authentication xmlns='urn:xmpp:sasl:2'><mechanism>C</mechanism></authentication><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/><compression xmlns='http://jabber.org/features/compress'/></stream:features>", 1<<10, Limits{}) {
		o.Observe(FromReceiver, f)
	}
	features := Features{StartTLS: true, StartTLSRequired: true, SASL: []string{"A", "B"}, SASL2: []string{"C"}, Bind: true, SM: true, Compression: true}
	if diff := cmp.Diff(features, o.Features()); diff != "" {
		t.Error(diff)
	}
}
