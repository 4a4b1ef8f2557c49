package proxy

import "fmt"

// Login says what is done about mechanisms that bind a login to the TLS
// channel (RFC 5802 §6), which a man in the middle breaks. The zero value is
// Relay.
type Login uint8

const (
	// Relay leaves SASL as it is.
	Relay Login = iota
	// Strip removes the -PLUS mechanisms and the binding types of XEP-0440
	// from what the server offers.
	Strip
)

// ParseLogin reads the value of --login. The empty string is Relay.
func ParseLogin(text string) (Login, error) {
	switch text {
	case "", "relay":
		return Relay, nil
	case "strip":
		return Strip, nil
	case "split", "passive":
		return 0, fmt.Errorf("login mode %q is not available in this version; use relay or strip", text)
	}
	return 0, fmt.Errorf("login mode %q: expected relay or strip", text)
}

// String returns the mode as ParseLogin reads it.
func (l Login) String() string {
	if l == Strip {
		return "strip"
	}
	return "relay"
}
