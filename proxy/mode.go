package proxy

import (
	"fmt"
	"net/netip"
	"strings"

	"xmppscope/xmpp/link"
)

// Mode says how the server is reached. The zero value looks it up by SRV.
type Mode struct {
	Server link.Candidate // the zero value in srv mode
}

// ParseMode reads the value of -m: "reverse:HOST[:PORT]" (upstream by
// STARTTLS, port 5222), "reverse+tls:HOST[:PORT]" (upstream by Direct TLS,
// port 5223) or "srv". IPv6 literals stand in brackets. The error says what
// was expected.
func ParseMode(text string) (Mode, error) {
	kind, where, _ := strings.Cut(text, ":")
	if kind == "srv" && where == "" {
		return Mode{}, nil
	}
	if kind != "reverse" && kind != "reverse+tls" {
		return Mode{}, fmt.Errorf("mode %q: expected reverse:HOST:PORT, reverse+tls:HOST:PORT or srv", text)
	}
	if strings.Count(where, ":") > 1 && !strings.HasPrefix(where, "[") {
		return Mode{}, fmt.Errorf("mode %q: an IPv6 address stands in brackets, as in %s:[::1]:5222", text, kind)
	}
	server, err := link.HostPort(where, kind == "reverse+tls")
	if err != nil {
		return Mode{}, fmt.Errorf("mode %q: %w", text, err)
	}
	return Mode{Server: server}, nil
}

// SRV reports whether the server is looked up for the stream's domain.
func (m Mode) SRV() bool { return m.Server.Host == "" }

// Domain returns the host if it can be an XMPP domain, that is if it is a
// name and no address, and "" otherwise. It is the last resort for a client
// that names no domain.
func (m Mode) Domain() string {
	if _, err := netip.ParseAddr(m.Server.Host); err == nil {
		return ""
	}
	return m.Server.Host
}

// String returns the mode as ParseMode reads it.
func (m Mode) String() string {
	switch {
	case m.SRV():
		return "srv"
	case m.Server.DirectTLS:
		return "reverse+tls:" + m.Server.String()
	}
	return "reverse:" + m.Server.String()
}
