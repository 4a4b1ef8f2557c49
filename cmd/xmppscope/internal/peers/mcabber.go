package peers

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Mcabber starts mcabber in a terminal and drives it through its FIFO. What
// it has received is read from its own trace log. It sends no server name in
// a Direct TLS handshake (its "old-style SSL").
func Mcabber(t testing.TB, login Login) *Client {
	t.Helper()
	home := t.TempDir()
	encryption := "set tls = 1\n"
	if login.DirectTLS {
		// There mcabber expects the name that it connects to, 127.0.0.1, in
		// the certificate, and no server's has it.
		encryption = "set ssl = 1\nset ssl_ignore_checks = 1\n"
	}
	if login.TLS != AnyTLS {
		encryption += "set ssl_ciphers = NORMAL:-VERS-ALL:+VERS-TLS" + string(login.TLS) + "\n"
	}
	trace, fifo := filepath.Join(home, "trace.log"), filepath.Join(home, "fifo")
	config := write(t, fmt.Sprintf(mcabberConfig, login.JID(), Password, port(login.Address), login.CA, trace, fifo)+
		encryption+"module load fifo\n", home, "mcabberrc")
	term := inTerminal(t, environment(t, home, login), "mcabber", "-f", config)
	command := func(line string) {
		f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			term.enter(line)
			return
		}
		defer f.Close()
		if _, err := fmt.Fprintln(f, line); err != nil {
			t.Errorf("mcabber does not listen: %v", err)
		}
	}
	return &Client{
		Name:       "mcabber",
		ended:      term.ended,
		status:     term.status,
		kill:       term.kill,
		transcript: func() string { return read(trace) + term.screen() },
		sights: map[Sight]*regexp.Regexp{
			Online: regexp.MustCompile(`(Connection established)`),
			Roster: regexp.MustCompile(`<query [^>]*xmlns=['"]jabber:iq:roster['"][^>]*>.*jid=['"](juliet@[^'"]*)`),
			// It asks for receipts only who is known to send them.
			Presence: regexp.MustCompile(`<iq (?:[^>]*type='result')?[^>]*from='(juliet@[^'/]*)/slixmpp'(?:[^>]*type='result')?[^>]*><query [^>]*disco#info[^>]*><.*urn:xmpp:receipts`),
			Message:  regexp.MustCompile(`<message [^>]*from=['"]juliet@.*<body>(.*)</body>`),
			Receipt:  regexp.MustCompile(`<message [^>]*from=['"](juliet@[^'"/]*)/.*<received [^>]*urn:xmpp:receipts`),
		},
		plain: html.UnescapeString,
		say:   func(to, body string) { command("/say_to " + to + " " + body) },
		quit:  func() { command("/quit") },
	}
}

const mcabberConfig = `set jid = %s
set password = %s
set server = 127.0.0.1
set port = %s
set resource = mcabber
set ssl_ca = %s
set tracelog_level = 3
set tracelog_file = %s
set fifo_name = %s
`
