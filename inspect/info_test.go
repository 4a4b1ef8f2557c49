package inspect

import (
	"net/netip"
	"strings"
	"testing"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// clientScope is what the header of a client's stream declares.
func clientScope() *xmpp.Scope {
	return xmpp.HeaderScope(xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(
		`<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`)})
}

func framed(f xmpp.Frame) Row {
	return Row{Event: trace.Event{Kind: trace.Framed, Frame: f}, Scope: clientScope()}
}

func TestInfo(t *testing.T) {
	for in, want := range map[string]string{
		`<message type='chat'><body>Art thou not Romeo,&#10;and a Montague?</body></message>`:                                                                          `message | chat “Art thou not Romeo,␊and a Montague?”`,
		`<message><composing xmlns='http://jabber.org/protocol/chatstates'/></message>`:                                                                                `message | chatstates composing`,
		`<message type='groupchat'><subject>Fire &lt;Burn&gt;</subject></message>`:                                                                                     `message | groupchat subject “Fire <Burn>”`,
		`<message id='1'><received xmlns='urn:xmpp:receipts' id='1'/></message>`:                                                                                       `message | receipts received`,
		`<message type='error'><body>x</body><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text>no</text></error></message>`: `message error | cancel service-unavailable “no”`,
		`<presence/>`: `presence | `,
		`<presence><show>dnd</show><status>wooing</status><priority>128</priority></presence>`: `presence | dnd “wooing” priority 128`,
		`<presence type='unavailable'/>`:                                                                                      `presence | unavailable`,
		`<presence to='r@c/n'><x xmlns='http://jabber.org/protocol/muc'/></presence>`:                                         `presence | joins the room`,
		`<iq type='get' id='1'><query xmlns='http://jabber.org/protocol/disco#items' node='n'/></iq>`:                         `iq get | disco#items n`,
		`<iq type='result'><query xmlns='jabber:iq:roster'><item jid='a'/><item jid='b'/></query></iq>`:                       `iq result | roster 2 items`,
		`<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>balcony</resource></bind></iq>`:              `iq set | bind balcony`,
		`<iq type='get'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub></iq>`: `iq get | pubsub items urn:xmpp:bookmarks:1`,
		`<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>`:                                                                   `iq get | ping`,
		`<iq type='result'/>`: `iq result | result`,
		`<iq type='error'><query xmlns='x'/><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`: `iq error | cancel item-not-found`,
		`<iq type='get'><a xmlns='http://example.org/b'/></iq>`:                                                                              `iq get | a (http://example.org/b)`,
		`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>` + secret + `</auth>`:                                             `nonza | auth PLAIN`,
		`<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text>Go away</text></failure>`:                                  `nonza | failure not-authorized “Go away”`,
		`<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`:                                           `nonza | stream error host-unknown`,
		`<r xmlns='urn:xmpp:sm:3'/>`:       `nonza | sm r`,
		`<a xmlns='urn:xmpp:sm:3' h='5'/>`: `nonza | sm a h=5`,
		`<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms><sm xmlns='urn:xmpp:sm:3'/></stream:features>`: `nonza | features starttls, sasl mechanisms PLAIN, sm`,
		`<message><body>come to xmpp:a@b?preauth=` + secret + `</body></message>`: `message | “come to xmpp:a@b?preauth=[muted 14 bytes]”`,
		"<message><body>\x1b[31m</body></message>":                                `message | “␛[31m”`,
	} {
		r := framed(element(in))
		if got := r.Kind() + " | " + r.Info(); got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestInfoOfWhatIsNoElement(t *testing.T) {
	addr := netip.MustParseAddrPort("127.0.0.1:5222")
	note := &trace.Note{Topic: trace.TopicLogin, Text: "The client closed\nthe connection.", Severity: trace.Failure}
	for want, r := range map[string]Row{
		"header | to a.example version 1.0":         framed(xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(`<stream:stream to='a.example' version='1.0'>`)}),
		"space | keepalive, 1 byte":                 framed(xmpp.Frame{Kind: xmpp.KindSpace, Raw: []byte(" ")}),
		"raw | stray text, 5 bytes: “he␛lo”":        framed(xmpp.Frame{Flaw: xmpp.FlawText, Raw: []byte("he\x1blo")}),
		"opened | from 127.0.0.1:5222":              {Event: trace.Event{Kind: trace.Opened, Addr: addr}},
		"connected | to 127.0.0.1:5222":             {Event: trace.Event{Kind: trace.Connected, Addr: addr}},
		"ended | by the receiver":                   {Event: trace.Event{Kind: trace.Ended, Dir: trace.FromReceiver}},
		"login | The client closed␊the connection.": {Event: trace.Event{Kind: trace.Noted, Note: note}},
		"closed | ": {Event: trace.Event{Kind: trace.Closed}},
		"raw | torn off, 20 bytes: “[muted 20 bytes]”":                   {Event: trace.Event{Kind: trace.Framed, Frame: xmpp.Frame{Flaw: xmpp.FlawTorn, Raw: []byte(strings.Repeat("x", 20))}}, Sensitive: true},
		"space | keepalive, 2 bytes – The client closed␊the connection.": {Event: trace.Event{Kind: trace.Framed, Note: note, Frame: xmpp.Frame{Kind: xmpp.KindSpace, Raw: []byte("\n\n")}}},
	} {
		if got := r.Kind() + " | " + r.Info(); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

func TestSignAndFindings(t *testing.T) {
	note := func(s trace.Severity) Row {
		return Row{Event: trace.Event{Kind: trace.Noted, Note: &trace.Note{Severity: s}}}
	}
	edited := framed(element("<a/>"))
	edited.Event.Replaces = 3
	tool := framed(element("<a/>"))
	tool.Event.Origin = trace.Tool
	for name, c := range map[string]struct {
		row  Row
		want rune
	}{
		"plain":       {framed(element("<a/>")), 0},
		"error":       {framed(element("<iq type='error'/>")), '✖'},
		"failed note": {note(trace.Failure), '✖'},
		"warning":     {note(trace.Warning), '▲'},
		"info":        {note(trace.Info), 0},
		"edited":      {edited, '✎'},
		"ours":        {tool, '+'},
		"too large":   {framed(xmpp.Frame{Flaw: xmpp.FlawOversized, Raw: []byte("<a>")}), '▲'},
		"unfinished":  {framed(xmpp.Frame{Flaw: xmpp.FlawUnfinished, Raw: []byte("<a")}), 0},
	} {
		if got := c.row.Sign(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestShortSpace(t *testing.T) {
	for in, want := range map[string]string{
		"http://jabber.org/protocol/disco#items": "disco#items",
		"urn:xmpp:mam:2":                         "mam",
		"urn:xmpp:http:upload:0":                 "http:upload",
		"urn:ietf:params:xml:ns:xmpp-sasl":       "sasl",
		"jabber:client":                          "client",
		"urn:xmpp:":                              "urn:xmpp:",
		"http://example.org/a:1":                 "http://example.org/a:1",
		"":                                       "",
	} {
		if got := ShortSpace(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
