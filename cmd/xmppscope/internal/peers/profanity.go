package peers

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"
)

// Profanity starts profanity in a terminal and drives it by its keys. What it
// has received is read from its own debugging log, what it shows from the
// screen.
func Profanity(t testing.TB, login Login) *Client {
	t.Helper()
	home := t.TempDir()
	policy := "force" // STARTTLS or nothing
	if login.DirectTLS {
		policy = "legacy"
	}
	write(t, profanityPreferences, home, "config", "profanity", "profrc")
	write(t, fmt.Sprintf("[verona]\nenabled=true\njid=%s\npassword=%s\nresource=profanity\nserver=127.0.0.1\nport=%s\ntls.policy=%s\n",
		login.JID(), Password, port(login.Address), policy), home, "data", "profanity", "accounts")
	term := inTerminal(t, environment(t, home, login), "profanity", "--log", "DEBUG")
	log := filepath.Join(home, "data", "profanity", "logs", "profanity.log")
	return &Client{
		Name:       "profanity",
		ended:      term.ended,
		status:     term.status,
		kill:       term.kill,
		transcript: func() string { return read(log) + term.screen() },
		sights: map[Sight]*regexp.Regexp{
			Online:   regexp.MustCompile(`(\S*)/profanity logged in successfully`),
			Roster:   regexp.MustCompile(`RECV: <iq .*<query [^>]*xmlns="jabber:iq:roster"[^>]*>.*jid="([^"]*)"`),
			Presence: regexp.MustCompile(`RECV: <presence [^>]*from="([^"/]*)/slixmpp"`),
			Message:  regexp.MustCompile(`(?m)^ ?[0-9:]* - (?:juliet|Juliet)[^:]*: (.*?) *$`),
			Receipt:  regexp.MustCompile(`RECV: <message [^>]*from="([^"/]*)/[^>]*>.*<received [^>]*urn:xmpp:receipts`),
		},
		say:  func(to, body string) { term.enter("/msg " + to + " " + body) },
		quit: func() { term.enter("/quit") },
	}
}

const profanityPreferences = `[connection]
account=verona
receipts.request=true
receipts.send=true
[ui]
splash=false
`
