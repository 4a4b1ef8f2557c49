package main_test

import (
	"testing"

	"xmppscope/cmd/xmppscope/internal/peers"
)

// servers and clients are the real programs that the peers' tests run.
var (
	servers = []struct {
		name  string
		start func(testing.TB, peers.TLSVersion) *peers.Server
	}{
		{"Prosody", peers.Prosody},
		{"ejabberd", peers.Ejabberd},
	}
	clients = []client{
		{"slixmpp", peers.Slixmpp, true},
		{"profanity", peers.Profanity, true},
		{"mcabber", peers.Mcabber, true},
		{"go-sendxmpp", peers.GoSendXMPP, false},
	}
)

// client is a real client.
type client struct {
	name     string
	start    peers.Starter
	farewell bool // it closes its streams, as RFC 6120 §4.4 wants
}

func TestPeersDirect(t *testing.T) {
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			s := server.start(t, peers.AnyTLS)
			for _, client := range clients {
				for _, direct := range []bool{false, true} {
					name := client.name + " STARTTLS"
					addr := s.StartTLS
					if direct {
						name, addr = client.name+" Direct TLS", s.DirectTLS
					}
					t.Run(name, func(t *testing.T) {
						juliet := peers.Login{User: "juliet", Address: s.StartTLS, CA: s.CA}
						romeo := peers.Login{User: "romeo", Address: addr, DirectTLS: direct, CA: s.CA}
						for _, seen := range peers.Play(t, client.start, romeo, juliet) {
							t.Logf("%s %s: %s", seen.By, seen.Sight, seen.Text)
						}
					})
				}
			}
		})
	}
}
