package inspect

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"xmppscope/xmpp"
)

// secret is what the tests plant; it needs no escaping, and its Base64 form
// is planted where that is what protocols carry.
const secret = "hunter2hunter2"

// plants are elements that hold a secret each, one for every kind that must
// be muted. Further tests print them in every format.
func plants() map[string]string {
	return map[string]string{
		"SASL auth":             `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>SECRET</auth>`,
		"SASL challenge":        `<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>SECRET</challenge>`,
		"SASL response":         `<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>SECRET</response>`,
		"SASL success":          `<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>SECRET</success>`,
		"SASL prefixed":         `<s:auth xmlns:s="urn:ietf:params:xml:ns:xmpp-sasl">SECRET</s:auth>`,
		"SASL escaped space":    `<auth xmlns='urn:ietf:params:xml:ns:xmpp&#45;sasl'>SECRET</auth>`,
		"SASL CDATA":            `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><![CDATA[SECRET]]></auth>`,
		"SASL comment":          `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><!--SECRET--></auth>`,
		"SASL nested":           `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><x><y>SECRET</y></x>SECRET</auth>`,
		"SASL unbound prefix":   `<s:auth>SECRET</s:auth>`,
		"SASL too many":         `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>` + strings.Repeat("<x>", 100) + "SECRET" + strings.Repeat("</x>", 100) + `</auth>`,
		"SASL2 initial":         `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='SCRAM-SHA-1'><initial-response>SECRET</initial-response><user-agent id='a'/></authenticate>`,
		"SASL2 challenge":       `<challenge xmlns='urn:xmpp:sasl:2'>SECRET</challenge>`,
		"SASL2 response":        `<response xmlns='urn:xmpp:sasl:1'>SECRET</response>`,
		"SASL2 success":         `<success xmlns='urn:xmpp:sasl:2'><additional-data>SECRET</additional-data><authorization-identifier>a@b</authorization-identifier></success>`,
		"SASL2 continue":        `<continue xmlns='urn:xmpp:sasl:2'><additional-data>SECRET</additional-data></continue>`,
		"SASL2 task":            `<task-data xmlns='urn:xmpp:sasl:2'><hash xmlns='urn:xmpp:scram-upgrade:0'>SECRET</hash></task-data>`,
		"FAST token":            `<success xmlns='urn:xmpp:sasl:2'><token xmlns='urn:xmpp:fast:0' expiry='2026-01-01T00:00:00Z' token='SECRET'/></success>`,
		"ISR":                   `<enabled xmlns='urn:xmpp:sm:3'><isr-enabled xmlns='https://xmpp.org/extensions/isr/0' key='SECRET'/></enabled>`,
		"register":              `<iq type='set'><query xmlns='jabber:iq:register'><username>u</username><password>SECRET</password></query></iq>`,
		"register key":          `<iq type='set'><query xmlns='jabber:iq:register'><key>SECRET</key></query></iq>`,
		"register form":         `<iq type='set'><query xmlns='jabber:iq:register'><x xmlns='jabber:x:data' type='submit'><field var='password'><value>SECRET</value></field></x></query></iq>`,
		"iq:auth password":      `<iq type='set'><query xmlns='jabber:iq:auth'><password>SECRET</password></query></iq>`,
		"iq:auth digest":        `<iq type='set'><q:query xmlns:q='jabber:iq:auth'><q:digest>SECRET</q:digest></q:query></iq>`,
		"room":                  `<presence to='r@c/n'><x xmlns='http://jabber.org/protocol/muc'><password>SECRET</password></x></presence>`,
		"invitation":            `<message><x xmlns='http://jabber.org/protocol/muc#user'><invite to='a'/><password>SECRET</password></x></message>`,
		"direct invitation":     `<message><x xmlns='jabber:x:conference' jid='r@c' password='SECRET'/></message>`,
		"room configuration":    `<iq><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_roomsecret'><value>SECRET</value></field></x></query></iq>`,
		"private field":         `<iq><x xmlns='jabber:x:data'><field type='text-private' var='x'><value>SECRET</value></field></x></iq>`,
		"private field escaped": `<iq><x xmlns='jabber:x:data'><field type='text&#x2D;private' var='x'><value>SECRET</value></field></x></iq>`,
		"bookmark":              `<iq><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'><conference jid='r@c'><password>SECRET</password></conference></storage></query></iq>`,
		"PEP bookmark":          `<message><event><items><item><conference xmlns='urn:xmpp:bookmarks:1'><password>SECRET</password></conference></item></items></event></message>`,
		"in a carbon":           `<message><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><x xmlns='http://jabber.org/protocol/muc#user'><password>SECRET</password></x></message></forwarded></received></message>`,
		"preauth":               `<presence type='subscribe'><preauth xmlns='urn:xmpp:pars:0' token='SECRET'/></presence>`,
		"invitation command":    `<iq><command xmlns='http://jabber.org/protocol/commands' node='urn:xmpp:invite#invite'><x xmlns='jabber:x:data'><field var='landing-url'><value>https://a.example/#SECRET</value></field></x></command></iq>`,
		"invitation link":       `<message><body>Come: xmpp:a@b?roster;preauth=SECRET;name=x</body></message>`,
		"link in attribute":     `<message><x uri='xmpp:a@b?preauth=SECRET'/></message>`,
		"link, escaped token":   `<message><body>xmpp:a@b?preauth=a&#x62;SECRET</body></message>`,
		"upload header":         `<iq><slot xmlns='urn:xmpp:http:upload:0'><put url='https://a.example/f'><header name='Authorization'>SECRET</header></put></slot></iq>`,
		"upload address":        `<iq><slot xmlns='urn:xmpp:http:upload:0'><put url='https://a.example/f?v=SECRET'/></slot></iq>`,
		"relay password":        `<iq><services xmlns='urn:xmpp:extdisco:2'><service host='h' username='u' password="SECRET"/></services></iq>`,
		"relay user":            `<iq><services xmlns='urn:xmpp:extdisco:2'><service password='p' username="SECRET"/></services></iq>`,
		"duplicate attributes":  `<iq><x password='SECRET' b='' password='SECRET'/></iq>`,
		"handshake":             `<handshake>SECRET</handshake>`,
		"handshake, declared":   `<handshake xmlns='jabber:component:accept'>SECRET</handshake>`,
		"call":                  `<iq><transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' pwd='SECRET' ufrag='u'/></iq>`,
		"OAuth":                 `<iq><oauth xmlns='urn:xmpp:oauth:0'><oauth_token>SECRET</oauth_token></oauth></iq>`,
	}
}

func TestMute(t *testing.T) {
	for name, plant := range plants() {
		t.Run(name, func(t *testing.T) {
			raw := strings.ReplaceAll(plant, "SECRET", secret)
			muted := string(Mute(element(raw), nil, false))
			if strings.Contains(muted, secret) || !strings.Contains(muted, "[muted ") {
				t.Errorf("%s", muted)
			}
			if name != "SASL unbound prefix" {
				wellFormed(t, muted)
			}
			// Torn off right behind the secret, it stays muted.
			torn := raw[:strings.Index(raw, secret)+len(secret)-2]
			if muted := string(Mute(xmpp.Frame{Flaw: xmpp.FlawTorn, Raw: []byte(torn)}, nil, false)); strings.Contains(muted, secret[:8]) {
				t.Errorf("torn off: %s", muted)
			}
		})
	}
}

// What a client still being written gets wrong does not show its password.
func TestMuteInBrokenMarkup(t *testing.T) {
	for _, plant := range []string{
		`<x password=SECRET/>`,
		`<x password=SECRET b='c'>`,
		`<x password= SECRET>`,
		`<x password=a'SECRET'>`,
		`<x password=!SECRET=SECRET>`,
		`<x password=SECRET<a/>`,
		`<x b=c password='SECRET'>`,
		`<x password='SECRET`,
		`<AUTH xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>SECRET</AUTH>`,
		`<Password>SECRET</Password>`,
	} {
		muted := string(Mute(element(strings.ReplaceAll(plant, "SECRET", secret)), nil, false))
		if strings.Contains(muted, secret) || !strings.Contains(muted, "[muted ") {
			t.Errorf("%s became %s", plant, muted)
		}
	}
	for _, raw := range []string{`<x a=b password/>`, `<x a=b c='d'/>`, `<x a= b='c'/>`} {
		if muted := string(Mute(element(raw), nil, false)); muted != raw {
			t.Errorf("%s became %s", raw, muted)
		}
	}
}

func TestMuteLeavesTheRest(t *testing.T) {
	client := xmpp.HeaderScope(xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(`<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`)})
	for name, raw := range map[string]string{
		"message":         `<message to='juliet@capulet.example'><body>my password is ` + secret + `</body></message>`,
		"resumption":      `<resume xmlns='urn:xmpp:sm:3' previd='` + secret + `' h='1'/>`,
		"mechanisms":      `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
		"failure":         `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text>no</text></failure>`,
		"other response":  `<message><response xmlns='urn:example'>yes</response></message>`,
		"client's auth":   `<auth>no SASL</auth>`,
		"open field":      `<iq><x xmlns='jabber:x:data'><field var='uri'><value>a</value></field><field type='text-single'><value>b</value></field></x></iq>`,
		"empty":           `<iq><query xmlns='jabber:iq:register'><password/><username/></query></iq>`,
		"upload get":      `<iq><slot xmlns='urn:xmpp:http:upload:0'><put url='https://a/b'/><get url='https://a/b?c'/></slot></iq>`,
		"prefix password": `<iq xmlns:password='urn:example'/>`,
	} {
		t.Run(name, func(t *testing.T) {
			if muted := Mute(element(raw), client, false); string(muted) != raw {
				t.Errorf("%s", muted)
			}
		})
	}
}

func TestMuteSaysHowMuch(t *testing.T) {
	got := string(Mute(element(`<a><password>x</password><password b='>'>l&amp;g</password><c password=""/></a>`), nil, false))
	want := `<a><password>[muted 1 byte]</password><password b='>'>[muted 7 bytes]</password><c password=""/></a>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestMuteWhileCredentialsPass(t *testing.T) {
	raw := xmpp.Frame{Raw: []byte("AGp1bGlldABzM2NyM3Q=")}
	if got := string(Mute(raw, nil, true)); got != "[muted 20 bytes]" {
		t.Errorf("raw bytes: %s", got)
	}
	misspelt := element(`<response xmlns='urn:ietf:params:xml:ns:xmpp-salsa'>` + secret + `</response>`)
	if got := string(Mute(misspelt, nil, true)); strings.Contains(got, secret) {
		t.Errorf("unknown namespace: %s", got)
	}
}

// FuzzMute plants a secret in whatever XML the fuzzer makes, and looks for it.
func FuzzMute(f *testing.F) {
	f.Add("<a b='c'>", "<d/>", "</a>")
	f.Add("<x:a xmlns:x='y'><![CDATA[", "]]>", "<b>&lt;<c d=\"e\"/>")
	f.Fuzz(func(t *testing.T, before, inside, after string) {
		if !balanced(before) || !balanced(inside) {
			return
		}
		raw := before + `<password>` + inside + secret + `</password>` + after
		if muted := string(Mute(element(raw), nil, false)); strings.Contains(muted, secret) {
			t.Fatalf("%q became %q", raw, muted)
		}
	})
}

// balanced reports whether text is content that leaves nothing open: then
// what follows it is read as what it is.
func balanced(text string) bool {
	if strings.Contains(text, "<!DOCTYPE") || strings.Contains(text, secret) {
		return false
	}
	d := xml.NewDecoder(strings.NewReader("<r>" + text + "</r>"))
	depth := 0
	for {
		token, err := d.RawToken()
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth == 0 {
				return d.InputOffset() == int64(len(text)+7) && err == nil
			}
		case xml.Directive:
			return false
		}
		if err != nil {
			return false
		}
	}
}

func BenchmarkMute(b *testing.B) {
	f := element(`<message from='romeo@montague.example/orchard' to='juliet@capulet.example' type='chat' id='m44'>` +
		`<body>Shall I hear more, or shall I speak at this?</body><request xmlns='urn:xmpp:receipts'/></message>`)
	b.SetBytes(int64(len(f.Raw)))
	b.ReportAllocs()
	for b.Loop() {
		Mute(f, nil, false)
	}
}

func TestMuteIsLinear(t *testing.T) {
	raw := []byte("<a>" + strings.Repeat("<b xmlns:c='d'>", 200_000))
	if got := Mute(element(string(raw)), nil, false); !bytes.Equal(got, raw) {
		t.Error("changed")
	}
}

func element(raw string) xmpp.Frame {
	return xmpp.Frame{Kind: xmpp.KindElement, Raw: []byte(raw)}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
}
