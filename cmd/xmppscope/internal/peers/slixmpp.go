package peers

import (
	_ "embed"
	"encoding/json"
	"io"
	"os/exec"
	"regexp"
	"testing"
)

//go:embed testdata/slixmpp_client.py
var slixmppClient string

// Slixmpp starts a client that is built on Python's slixmpp. It prints what
// it sees as JSON lines, and sends no server name in a Direct TLS handshake.
func Slixmpp(t testing.TB, login Login) *Client {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's, which has slixmpp
	Require(t, python)
	dir := t.TempDir()
	args := []string{write(t, slixmppClient, dir, "client.py"), "--jid", login.JID() + "/slixmpp",
		"--password", Password, "--address", login.Address, "--ca", login.CA}
	if login.DirectTLS {
		args = append(args, "--direct-tls")
	}
	cmd := exec.Command(python, args...)
	cmd.Env = environment(t, dir, login)
	p := Start(t, cmd)
	tell := func(command map[string]string) {
		line, _ := json.Marshal(command) // of strings: cannot fail
		if _, err := p.input.Write(append(line, '\n')); err != nil {
			t.Errorf("slixmpp does not listen: %v", err)
		}
	}
	return &Client{
		Name:       "slixmpp",
		ended:      p.Ended,
		status:     p.Status,
		kill:       p.Kill,
		transcript: p.Output,
		sights: map[Sight]*regexp.Regexp{
			Online:   regexp.MustCompile(`"event": "online", "jid": "([^"]*)"`),
			Roster:   regexp.MustCompile(`"event": "roster", "contacts": (\[.*\])`),
			Presence: regexp.MustCompile(`"event": "presence", "peer": "([^"/]*)/[^"]*", "type": "available"`),
			Message:  regexp.MustCompile(`"event": "message", .*"body": "(.*)"}`),
			Receipt:  regexp.MustCompile(`"event": "receipt", "peer": "([^"/]*)`),
			Gone:     regexp.MustCompile(`"event": "presence", "peer": "([^"/]*)/[^"]*", "type": "unavailable"`),
		},
		say: func(to, body string) { tell(map[string]string{"do": "send", "to": to, "body": body}) },
		plain: func(text string) string {
			json.Unmarshal([]byte(`"`+text+`"`), &text)
			return text
		},
		quit: func() { tell(map[string]string{"do": "logout"}); p.input.(io.Closer).Close() },
	}
}
