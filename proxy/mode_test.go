package proxy

import (
	"strings"
	"testing"
)

func TestParseMode(t *testing.T) {
	tests := []struct{ text, want, domain string }{
		{"srv", "srv", ""},
		{"reverse:xmpp.example:5333", "reverse:xmpp.example:5333", "xmpp.example"},
		{"reverse:xmpp.example", "reverse:xmpp.example:5222", "xmpp.example"},
		{"reverse+tls:xmpp.example", "reverse+tls:xmpp.example:5223", "xmpp.example"},
		{"reverse:localhost:5222", "reverse:localhost:5222", "localhost"},
		{"reverse:192.0.2.1:5222", "reverse:192.0.2.1:5222", ""},
		{"reverse:[2001:db8::1]:5333", "reverse:[2001:db8::1]:5333", ""},
		{"reverse+tls:[2001:db8::1]", "reverse+tls:[2001:db8::1]:5223", ""},
	}
	for _, test := range tests {
		m, err := ParseMode(test.text)
		if err != nil || m.String() != test.want || m.Domain() != test.domain {
			t.Errorf("ParseMode(%q) = %v, %v, domain %q", test.text, m, err, m.Domain())
		}
		if again, err := ParseMode(m.String()); err != nil || again != m {
			t.Errorf("%v does not survive: %v, %v", m, again, err)
		}
	}
}

func TestParseModeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "expected reverse:HOST:PORT",
		"forward:x:1":              "expected reverse:HOST:PORT",
		"srv:example":              "expected",
		"reverse":                  "names no host",
		"reverse::5222":            "names no host",
		"reverse:xmpp.example:0":   "port must be a number",
		"reverse:xmpp.example:a":   "port must be a number",
		"reverse:2001:db8::1:5222": "in brackets",
		"reverse:[2001:db8::1":     "not HOST:PORT",
	} {
		if m, err := ParseMode(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseMode(%q) = %v, %v; want an error with %q", text, m, err, want)
		}
	}
}

func TestParseLogin(t *testing.T) {
	for _, text := range []string{"relay", "strip"} {
		if l, err := ParseLogin(text); err != nil || l.String() != text {
			t.Errorf("ParseLogin(%q) = %v, %v", text, l, err)
		}
	}
	for _, text := range []string{"split", "passive"} {
		if _, err := ParseLogin(text); err == nil || !strings.Contains(err.Error(), "not available in this version") {
			t.Errorf("ParseLogin(%q): %v", text, err)
		}
	}
	if _, err := ParseLogin("other"); err == nil {
		t.Error("other is accepted")
	}
}
