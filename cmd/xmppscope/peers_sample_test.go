package main_test

import (
	"os"
	"testing"

	"xmppscope/cmd/xmppscope/internal/peers"
)

// TestRecordSample records the sample session anew, where asked to:
//
//	XMPPSCOPE_PEERS=1 XMPPSCOPE_RECORD=1 go test -run TestRecordSample ./cmd/xmppscope
//	go test ./captures/samples -update
func TestRecordSample(t *testing.T) {
	if os.Getenv("XMPPSCOPE_RECORD") == "" {
		t.Skip("the sample is recorded with XMPPSCOPE_RECORD=1")
	}
	server := peers.Prosody(t, peers.AnyTLS)
	scope := peers.Build(t).Dump(t, "reverse:"+server.StartTLS, "--upstream-ca", server.CA)
	romeo := peers.Login{User: "romeo", Address: scope.Addr, CA: scope.CA}
	juliet := peers.Login{User: "juliet", Address: server.StartTLS, CA: server.CA}
	peers.Play(t, peers.Slixmpp, romeo, juliet)
	scope.Stop(t)
	capture, err := os.ReadFile(scope.Capture)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("../../captures/samples/session.pcapng", capture, 0o644); err != nil {
		t.Fatal(err)
	}
}
