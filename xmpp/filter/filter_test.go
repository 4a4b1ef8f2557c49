package filter

import (
	"errors"
	"strings"
	"testing"
)

// The rows that the tests below look at.
func sampleRows() map[string]*row {
	const ms = 1_000_000
	return map[string]*row{
		"header": newRow(testHeader),
		"space":  newRow(" ").with(FieldDir, 1),
		"auth":   newRow(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGp1bGlldA==</auth>`),
		"chat": newRow(`<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m44'>`+
			`<body>Shall I hear more, or shall I speak at this? It&apos;s R&#xE4;tsel &amp; <![CDATA[<tag>]]></body><request xmlns='urn:xmpp:receipts'/></message>`).
			with(FieldSession, 2).with(FieldNo, 1044).with(FieldTime, 14002*ms),
		"groupchat": newRow(`<message from='balcony@conference.example/nurse' to='romeo@montague.example' type='groupchat'><body xml:lang='en'>Art thou</body><body xml:lang='de'>Bist du</body></message>`).
			with(FieldDir, 1),
		"plain":    newRow(`<message to='Juliet@Capulet.Example'><subject>Moin</subject></message>`),
		"presence": newRow(`<presence from='juliet@capulet.example/balcony'><show>dnd</show><priority>127</priority></presence>`).with(FieldDir, 1),
		"ping":     newRow(`<iq type='get' id='p1' to='montague.example'><ping xmlns='urn:xmpp:ping'/></iq>`).with(FieldUnanswered, 1).with(FieldOrigin, 3),
		"iq-error": newRow(`<iq type='error' id='d1' from='pubsub.example' to='romeo@montague.example/orchard'><query xmlns='http://jabber.org/protocol/disco#info' node='n'/>`+
			`<error type='cancel' code='404'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Wherefore</text></error></iq>`).
			with(FieldDir, 1).with(FieldRTT, 2400*ms),
		"raw":  newRow(`stray`),
		"note": newNote("The server's certificate names another domain."),
	}
}

const everything = "auth chat groupchat header iq-error note ping plain presence raw space"

// TestLanguage reads as documentation: each expression picks the rows named.
func TestLanguage(t *testing.T) {
	stanzas := "chat groupchat iq-error ping plain presence"
	others := "auth header note raw space"
	for _, tc := range []struct{ expression, rows string }{
		{"", everything},
		{"   ", everything},

		// Kinds are words of their own, and so are types.
		{"message", "chat groupchat plain"},
		{"iq", "iq-error ping"},
		{"stanza", stanzas},
		{"nonza", "auth"},
		{"header or space or raw or note", "header note raw space"},
		{"groupchat", "groupchat"},
		{"normal", "plain"},
		{"get", "ping"},

		// and, or, not, in words or signs; and binds tighter than or.
		{"iq and error", "iq-error"},
		{"iq && !error", "ping"},
		{"presence or iq and error", "iq-error presence"},
		{"(presence || iq) and not error", "ping presence"},
		{"not nonza", "chat groupchat header iq-error note ping plain presence raw space"},
		{"not not iq AND get", "ping"},
		{"not stanza", others},

		// A field alone asks whether there is a value.
		{"error", "iq-error"},
		{"body", "chat groupchat"},
		{"to", "chat groupchat header iq-error ping plain"},
		{"jid.resource", "chat groupchat iq-error presence"},
		{"to.resource", "iq-error"},
		{"rtt", "iq-error"},
		{"unanswered", "ping"},

		// == asks for any value, != that there is one and that all differ.
		{"type == chat", "chat"},
		{"type != chat", "groupchat iq-error ping"},
		{"not type == chat", "auth groupchat header iq-error note ping plain presence raw space"},
		{"jid == pubsub.example", "iq-error"},
		{"jid.domain != montague.example", "plain presence"},
		{"id == m44", "chat"},
		{"kind == iq and dir == in", "iq-error"},
		{"dir != out", "groupchat iq-error presence space"},

		// Addresses: bare part in any case, resource as written.
		{"jid.bare == juliet@capulet.example", "chat plain presence"},
		{"to == juliet@capulet.example", "chat plain"},
		{"jid == juliet@capulet.example/balcony", "presence"},
		{"jid == juliet@capulet.example/Balcony", ""},
		{"from.local == ROMEO", "chat header"},
		{"jid.domain==conference.example and not presence", "groupchat"},
		{"from.resource == nurse", "groupchat"},
		{"to.domain contains PULET", "chat plain"},

		// What a stanza carries, or what something else is.
		{"ns == urn:xmpp:ping", "ping"},
		{"child == query", "iq-error"},
		{"child == body", "chat groupchat"},
		{"child == auth", "auth"},
		{"xep == 0199", "ping"},
		{"xep == XEP-0184 or xep == 30", "chat iq-error"},
		{"ns != jabber:client and ns != urn:xmpp:receipts and stanza", "ping"},

		// Errors by condition.
		{"error == item-not-found", "iq-error"},
		{"error in {forbidden, item-not-found}", "iq-error"},

		// Text of fields: contains as written, ~ in any case.
		{"body contains Shall", "chat"},
		{"body contains SHALL", ""},
		{`body contains "It's Rätsel & <tag>"`, "chat"},
		{"body ~ ^shall.*this", "chat"},
		{`body matches '(?-i)^shall'`, ""},
		{`body ~ "\bBist\b"`, "groupchat"},
		{"body != 'Bist du'", "chat"},

		// Numbers with units.
		{"rtt > 500ms or unanswered", "iq-error ping"},
		{"rtt > 2.4s", ""},
		{"rtt >= 2.4s", "iq-error"},
		{"rtt < 1m and rtt != 3", "iq-error"},
		{"size > 0.2KiB and size < 1MB", "chat iq-error"},
		{"size == 1", "space"},
		{"time > 14 and time <= 14.002", "chat"},
		{"time == 2026-11-22T14:00Z and time < 2026-11-23 and iq", "iq-error ping"},
		{"session == s2", "chat"},
		{"no in {1, 1000..1100}", "chat"},
		{"origin == tool", "ping"},

		// Lists.
		{"kind in {message presence}", "chat groupchat plain presence"},
		{"kind not in {message, presence, iq}", others},
		{"type in {'get', groupchat,}", "groupchat ping"},
		{"jid.domain not in {montague.example, conference.example}", "plain presence"},

		// Paths into the element.
		{"path('message/body')", "chat groupchat"},
		{"path('message/body') == 'Bist du'", "groupchat"},
		{"path('message/body/@xml:lang') == de", "groupchat"},
		{"path('presence/priority') > 5", "presence"},
		{"path('presence/priority') > 127", ""},
		{"path('iq/{http://jabber.org/protocol/disco#info}query/@node') == n", "iq-error"},
		{"path('auth/@mechanism') ~ plain|scram", "auth"},
		{"path(\"*/error/text\") contains fore", "iq-error"},

		// Other words search the bytes, in any case and with references resolved.
		{"capulet", "chat plain presence"},
		{"'SHALL I HEAR'", "chat"},
		{`"it's rÄtsel &"`, "chat"},
		{"&apos;s", "chat"},
		{"CDATA", "chat"},
		{"certificate", "note"},
		{"romeo@montague.example/orchard and not chat", "iq-error"},
		{"xmlns:stream", "header"},
		{"nowhere-to-be-found", ""},

		// Wireshark's names.
		{"xmpp.iq", "iq-error ping"},
		{"xmpp.from == pubsub.example", "iq-error"},
		{"xmpp.error.code == 404", "iq-error"},
		{"xmpp.in and xmpp.presence", "presence"},
		{"xmpp.ping || xmpp.auth", "auth ping"},
		{"xmpp.query.node", "iq-error"},
		{"xmpp.presence.show == dnd", "presence"},

		// Facts that nothing states yet.
		{"lint or held or edited or injected or marked or comment", ""},
		{"held > 10s or lint == xml-comment or comment contains x", ""},
		{"edited == false and iq", "iq-error ping"},
		{"marked != true and iq", "iq-error ping"},
	} {
		f, err := Parse(tc.expression)
		if err != nil {
			t.Errorf("%s: %v", tc.expression, err)
			continue
		}
		var got []string
		rows := sampleRows()
		for _, name := range strings.Fields(everything) {
			if f.Match(rows[name]) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != tc.rows {
			t.Errorf("%s\n picks %s\n   not %s", tc.expression, strings.Join(got, " "), tc.rows)
		}
		again, err := Parse(f.String())
		if err != nil || again.String() != f.String() {
			t.Errorf("%s prints as %s, which is no expression of the same meaning: %v", tc.expression, f, err)
		}
	}
}

// TestErrors shows each mistake with what is said of it.
func TestErrors(t *testing.T) {
	for _, tc := range []struct{ input, carets, message string }{
		{"frm == x", "^^^", "unknown `frm` – `from`?"},
		{"iq and jid.dmain", "       ^^^^^^^^^", "unknown `jid.dmain` – `jid.domain`?"},
		{"xmpp.fron", "^^^^^^^^^", "unknown `xmpp.fron` – `xmpp.from`?"},
		{"xmpp.iq.id == 4", "^^^^^^^^^^", "unknown `xmpp.iq.id` – `xmpp.iq.bind`?"},
		{"type = chat", "     ^", "`=` is no operator – `==`?"},
		{"dir == sideways", "       ^^^^^^^^", "`sideways` is no dir: out, in"},
		{"kind == mesage", "        ^^^^^^", "`mesage` is no kind: raw, declaration, header, footer, space, message, presence, iq, nonza, note – `message`?"},
		{"rtt > fast", "      ^^^^", "`fast` is no length of time, as 500ms or 2s"},
		{"size > 4 KB", "         ^^", "`and` or `or` is missing here; text with spaces needs quotation marks – `and KB`?"},
		{"size > 4XB", "       ^^^", "`4XB` is no size, as 300, 4KB or 1MiB"},
		{"edited == maybe", "          ^^^^^", "`maybe` is no value of a yes-or-no field: true or false"},
		{"xep == ping", "       ^^^^", "`ping` is no number of a XEP, as 0199"},
		{"size contains 4", "     ^^^^^^^^", "`contains` does not fit `size`, whose values are sizes"},
		{"from < 4", "     ^", "`<` does not fit `from`, whose values are addresses"},
		{"iq == 4", "^^", "`iq` stands alone: it has no value – `kind == iq`?"},
		{"art thou", "    ^^^^", "`and` or `or` is missing here; text with spaces needs quotation marks – `and thou`?"},
		{"(iq or get", "^", "this ( is never closed"},
		{"iq)", "  ^", "no ( belongs to this )"},
		{"iq and", "      ^", "the expression ends too early"},
		{"and iq", "^^^", "`and` needs something to match before it"},
		{"&& iq", "^^", "`&&` needs something to match before it"},
		{"()", " ^", "something to match is missing before )"},
		{"== chat", "^", "`=` needs something to match before it"},
		{"from ==", "       ^", "`from` has nothing to be compared with"},
		{"'chat' == type", "       ^", "an operator needs a field before it"},
		{"id == 'm44", "      ^^^^", "the string has no end"},
		{`id == "a\qb"`, `        ^^`, "no such escape; a backslash is written twice – `\\\\q`?"},
		{"body ~ '('", "       ^^^", "the regular expression has a mistake: missing closing ): `(`"},
		{"type in chat", "        ^", "`in` takes a list in braces – `{a, b}`?"},
		{"type in {}", "        ^^", "the list is empty"},
		{"type in {get", "        ^", "this { is never closed"},
		{"path(body)", "^^^^^", "a path stands in quotation marks – `path('message/body')`?"},
		{"path('message//body')", "     ^^^^^^^^^^^^^^^", "a path has a name between its /; it begins with the element's own"},
		{"path('@id')", "     ^^^^^", "an attribute stands last in a path, after its element"},
		{"'東京' and frm==1", "           ^^^", "unknown `frm` – `from`?"},
		{"''", "^^", "no text to look for"},
	} {
		_, err := Parse(tc.input)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: no error", tc.input)
			continue
		}
		if e.Error() != tc.message {
			t.Errorf("%s\n says %s\n  not %s", tc.input, e, tc.message)
		}
		if got, want := e.Caret(tc.input), tc.input+"\n"+tc.carets; got != want {
			t.Errorf("%s: carets are\n%s", tc.input, got)
		}
	}
}

func TestHostileExpressions(t *testing.T) {
	for _, input := range []string{
		strings.Repeat("(", 60_000), strings.Repeat("not ", 15_000) + "iq", strings.Repeat("!", 60_000) + "iq",
		strings.Repeat("a", maxLength+1),
	} {
		if _, err := Parse(input); err == nil {
			t.Errorf("%.10s… was accepted", input)
		}
	}
	if _, err := Parse(strings.Repeat("iq or ", 10_000) + "iq"); err != nil {
		t.Errorf("a long chain: %v", err)
	}
}
