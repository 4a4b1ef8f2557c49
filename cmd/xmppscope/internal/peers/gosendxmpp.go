package peers

import (
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// GoSendXMPP starts go-sendxmpp, which listens for messages and sends each of
// its own in a session of its own. It has no roster and asks for no receipt.
func GoSendXMPP(t testing.TB, login Login) *Client {
	t.Helper()
	Require(t, "go-sendxmpp")
	home := t.TempDir()
	run := func(input string, args ...string) *exec.Cmd {
		options := []string{"-u", login.JID(), "-p", Password, "-j", login.Address}
		if login.DirectTLS {
			options = append(options, "-t")
		}
		if login.TLS == TLS13 { // it can be told the lowest version only
			options = append(options, "--tls-version=13")
		}
		cmd := exec.Command("go-sendxmpp", append(options, args...)...)
		cmd.Env = environment(t, home, login)
		cmd.Stdin = strings.NewReader(input)
		return cmd
	}
	p := Start(t, run("", "-d", "-l"))
	return &Client{
		Name:  "go-sendxmpp",
		ended: p.Ended,
		status: func() int {
			if p.Status() == -1 { // ended by the signal, the only way to end it
				return 0
			}
			return p.Status()
		},
		kill:       p.Kill,
		transcript: p.Output,
		sights: map[Sight]*regexp.Regexp{
			Online:   regexp.MustCompile(`<jid>([^/]*)/go-sendxmpp`),
			Presence: regexp.MustCompile(`<presence [^>]*from=['"](juliet@[^'"/]*)/slixmpp`),
			Message:  regexp.MustCompile(`(?m)^\S* juliet@[^:]*: (.*)$`),
		},
		say: func(to, body string) {
			if out, err := run(body, to).CombinedOutput(); err != nil {
				t.Errorf("go-sendxmpp: %v\n%s", err, out)
			}
		},
		quit: func() { p.cmd.Process.Signal(syscall.SIGINT) },
	}
}
