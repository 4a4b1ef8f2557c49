package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Login says who logs in, where and how.
type Login struct {
	User      string // "romeo" or "juliet"
	Address   string // loopback address of the server, or of xmppscope
	DirectTLS bool
	CA        string     // PEM file of the authority that the client trusts
	TLS       TLSVersion // the only version that the client speaks
}

// JID returns the bare JID of the user.
func (l Login) JID() string { return l.User + "@" + Domain }

// Sight is something that a client shows its user, or its log, of a session.
type Sight string

// What a [Play] looks for. The pattern of each may have one group, whose text
// is part of the [Outcome].
const (
	Online   Sight = "online"   // logged in
	Roster   Sight = "roster"   // the contact on the roster
	Presence Sight = "presence" // the contact's presence
	Message  Sight = "message"  // text of the contact
	Receipt  Sight = "receipt"  // the contact has got a message
	Gone     Sight = "gone"     // the contact has left
)

// Client is a real client, logged in or about to be. Its methods must be
// called from the test's goroutine.
type Client struct {
	Name       string
	transcript func() string // all that it has shown and logged so far
	sights     map[Sight]*regexp.Regexp
	plain      func(string) string // message text from a sight's; nil: as it is
	say        func(to, body string)
	quit       func()
	ended      func() bool
	status     func() int
	kill       func()
}

// Starter starts a client that logs in by itself.
type Starter func(testing.TB, Login) *Client

// Shows says whether the client can show the sight at all.
func (c *Client) Shows(sight Sight) bool { return c.sights[sight] != nil }

// Await waits until the client shows the sight, and returns the text of the
// pattern's group, or of all that matched.
func (c *Client) Await(t testing.TB, sight Sight) string {
	t.Helper()
	var found []string
	Until(t, fmt.Sprintf("%s shows %s", c.Name, sight), func() string { return tail(c.transcript()) }, func() bool {
		found = c.sights[sight].FindStringSubmatch(c.transcript())
		return found != nil
	})
	text := found[len(found)-1]
	if sight == Message && c.plain != nil {
		return c.plain(text)
	}
	return text
}

// Say sends a chat message and asks for a receipt where the client can.
func (c *Client) Say(to, body string) { c.say(to, body) }

// Quit logs out as a user does, waits for the program to end, and returns its
// exit status.
func (c *Client) Quit(t testing.TB) int {
	t.Helper()
	c.quit()
	Until(t, c.Name+" ends", func() string { return tail(c.transcript()) }, c.ended)
	return c.status()
}

// Kill ends the program without a word to the server.
func (c *Client) Kill() { c.kill() }

// environment returns variables for a client: a home of its own, a terminal,
// the authority for those that take it from OpenSSL's or Go's variable, and
// the TLS version for those that use OpenSSL.
func environment(t testing.TB, home string, login Login) []string {
	t.Helper()
	env := []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"XDG_DATA_HOME=" + filepath.Join(home, "data"),
		"XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"TERM=xterm-256color", "LANG=C.UTF-8",
		"SSL_CERT_FILE=" + login.CA,
	}
	if login.TLS != AnyTLS {
		config := write(t, strings.ReplaceAll(opensslConfig, "VERSION", string(login.TLS)), home, "openssl.cnf")
		env = append(env, "OPENSSL_CONF="+config)
	}
	return env
}

const opensslConfig = `openssl_conf = top
[top]
ssl_conf = ssl
[ssl]
system_default = versions
[versions]
MinProtocol = TLSv1.2
MinProtocol = TLSvVERSION
MaxProtocol = TLSvVERSION
`
