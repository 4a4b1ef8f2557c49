package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xmppscope/cmd/xmppscope/internal/peers"
)

// way is one way of TLS through xmppscope.
type way struct {
	name             string
	clientDirect     bool
	upstreamDirect   bool
	client, upstream peers.TLSVersion
}

var ways = []way{
	{"STARTTLS to STARTTLS", false, false, peers.AnyTLS, peers.AnyTLS},
	{"Direct TLS to STARTTLS", true, false, peers.AnyTLS, peers.AnyTLS},
	{"STARTTLS to Direct TLS", false, true, peers.AnyTLS, peers.AnyTLS},
	{"Direct TLS to Direct TLS", true, true, peers.AnyTLS, peers.AnyTLS},
	{"TLS 1.2 to 1.3", false, false, peers.TLS12, peers.TLS13},
	{"TLS 1.3 to 1.2", true, false, peers.TLS13, peers.TLS12},
}

// TestPeersProxy: a real client and a real server do the same, and their
// users see the same, with xmppscope between them as without it; and the
// capture has it all, for us and for tshark.
func TestPeersProxy(t *testing.T) {
	peers.Require(t)
	program := peers.Build(t)
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			byVersion := map[peers.TLSVersion]*peers.Server{}
			for _, w := range ways {
				if byVersion[w.upstream] == nil {
					byVersion[w.upstream] = server.start(t, w.upstream)
				}
			}
			for _, client := range clients {
				direct := playDirectly(t, client, byVersion[peers.AnyTLS])
				for _, w := range ways {
					if client.name == "go-sendxmpp" && w.client == peers.TLS12 {
						w.client = peers.AnyTLS // it can be told the lowest version only
					}
					t.Run(client.name+" "+w.name, func(t *testing.T) {
						playThrough(t, program, client, byVersion[w.upstream], w, direct)
					})
				}
			}
		})
	}
}

// playDirectly returns the outcome without xmppscope.
func playDirectly(t *testing.T, client client, s *peers.Server) peers.Outcome {
	t.Helper()
	return peers.Play(t, client.start,
		peers.Login{User: "romeo", Address: s.StartTLS, CA: s.CA},
		peers.Login{User: "juliet", Address: s.StartTLS, CA: s.CA})
}

func playThrough(t *testing.T, program peers.Program, client client, s *peers.Server, w way, direct peers.Outcome) {
	mode := "reverse:" + s.StartTLS
	if w.upstreamDirect {
		mode = "reverse+tls:" + s.DirectTLS
	}
	scope := program.Dump(t, mode, "--upstream-ca", s.CA, "--domain", peers.Domain)
	outcome := peers.Play(t, client.start,
		peers.Login{User: "romeo", Address: scope.Addr, DirectTLS: w.clientDirect, CA: scope.CA, TLS: w.client},
		peers.Login{User: "juliet", Address: s.StartTLS, CA: s.CA})
	if diff := cmp.Diff(direct, outcome); diff != "" {
		t.Errorf("with xmppscope between them they saw something else (-directly +through):\n%s", diff)
	}
	scope.Stop(t)
	rows := scope.Rows(t)
	checkTLS(t, rows, w)
	checkStanzas(t, rows, client.farewell)
	checkDecoded(t, scope.Capture, rows)
	checkFollowed(t, scope.Capture, rows)
}

// checkTLS looks for the TLS versions that the capture says were spoken.
func checkTLS(t *testing.T, rows []peers.Row, w way) {
	t.Helper()
	want := map[string]peers.TLSVersion{"client": w.client, "upstream": w.upstream}
	for leg, version := range want {
		found := false
		for _, row := range rows {
			if row.Note == nil || row.Note.Topic != "tls" || row.Note.Facts["leg"] != leg {
				continue
			}
			if spoken := row.Note.Facts["version"]; spoken != "" && strings.HasSuffix(spoken, string(version)) {
				found = true
			}
		}
		if !found {
			t.Errorf("no note says that TLS %s is up on the %s leg", version, leg)
		}
	}
}

// checkStanzas looks for the play in what dump prints of the capture.
func checkStanzas(t *testing.T, rows []peers.Row, farewell bool) {
	t.Helper()
	want := map[string]bool{
		"out auth": false, "in success": false, "out header": false, "in header": false,
		"out presence": false, "in presence": false, "out message": false, "in message": false,
	}
	if farewell {
		want["out footer"] = false
	}
	for _, row := range rows {
		if row.Leg != "both" {
			continue
		}
		for _, what := range []string{row.Dir + " " + row.Name, row.Dir + " " + row.Kind} {
			if _, awaited := want[what]; awaited {
				want[what] = true
			}
		}
		// slixmpp tries channel binding first, as the server asks for it, and
		// then what works. That the first fails, in words, is right.
		if row.Note != nil && row.Note.Severity == "failure" && row.Note.Topic != "login" {
			t.Errorf("a failure is noted: %s", row.Note.Text)
		}
	}
	for what, found := range want {
		if !found {
			t.Errorf("the capture has no %s", what)
		}
	}
}

// checkDecoded holds what tshark decodes against what dump prints, stanza for
// stanza.
func checkDecoded(t *testing.T, capture string, rows []peers.Row) {
	t.Helper()
	secured := false
	for _, row := range rows {
		secured = secured || row.Name == "proceed" && row.Leg == "both"
		if secured && row.Kind == "space" && row.XML == "\n" {
			t.Log("after <proceed/> tshark takes a new line, and the stanza that follows it, for TLS: not compared")
			return
		}
	}
	for _, kind := range []string{"iq", "message", "presence"} {
		var ours []string
		for _, row := range rows {
			if row.Leg == "both" && row.Event == "framed" && row.Kind == "element" && row.Name == kind {
				ours = append(ours, row.ID)
			}
		}
		theirs := peers.StanzaIDs(t, capture, kind)
		if len(ours) != len(theirs) {
			t.Errorf("tshark decodes %d %s stanzas, dump %d", len(theirs), kind, len(ours))
			continue
		}
		for i, id := range ours {
			if id != "" && id != theirs[i] {
				t.Errorf("%s %d: tshark shows the id %q, dump %q", kind, i, theirs[i], id)
			}
		}
	}
}

// checkFollowed holds the streams that tshark follows against what dump
// prints, byte for byte.
func checkFollowed(t *testing.T, capture string, rows []peers.Row) {
	t.Helper()
	sessions, byNumber := []int{}, map[int]map[string][]byte{}
	for _, row := range rows {
		if row.Leg != "both" || row.Event != "framed" {
			continue
		}
		if byNumber[row.Session] == nil {
			sessions = append(sessions, row.Session)
			byNumber[row.Session] = map[string][]byte{}
		}
		byNumber[row.Session][row.Dir] = append(byNumber[row.Session][row.Dir], row.Bytes()...)
	}
	streams := peers.Streams(t, capture, 0)
	if len(streams) != len(sessions) {
		t.Fatalf("tshark sees %d streams, dump %d sessions", len(streams), len(sessions))
	}
	for i, stream := range streams {
		client, server := peers.Follow(t, capture, stream)
		same(t, fmt.Sprintf("session %d, client's bytes as tshark follows them", sessions[i]), client, byNumber[sessions[i]]["out"])
		same(t, fmt.Sprintf("session %d, server's bytes as tshark follows them", sessions[i]), server, byNumber[sessions[i]]["in"])
	}
}
