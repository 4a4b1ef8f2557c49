package peers

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// Tshark runs tshark on a capture, or any of its companions, and returns what
// it prints. A complaint on standard error, such as one about a file that was
// cut short, fails the test.
func Tshark(t testing.TB, capture string, args ...string) string {
	t.Helper()
	Require(t, "tshark")
	cmd := exec.Command("tshark", append([]string{"-r", capture}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark %q: %v\n%s", args, err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if !strings.Contains(line, "Running as user") {
			t.Errorf("tshark: %s", line)
		}
	}
	return string(out)
}

// plainTCP leaves the XMPP dissector out where only bytes matter: its time
// grows with the square of a stanza's length.
const plainTCP = "--disable-protocol=xmpp"

// Streams returns tshark's numbers of the TCP streams with bytes on an
// interface, in the order of their first bytes.
func Streams(t testing.TB, capture string, iface int) []string {
	t.Helper()
	var streams []string
	known := map[string]bool{}
	filter := fmt.Sprintf("frame.interface_id==%d && tcp.len>0", iface)
	for _, n := range strings.Fields(Tshark(t, capture, plainTCP, "-Y", filter, "-T", "fields", "-e", "tcp.stream")) {
		if !known[n] {
			known[n] = true
			streams = append(streams, n)
		}
	}
	return streams
}

// Follow returns what Wireshark's "Follow TCP stream" shows that the client
// and the server sent.
func Follow(t testing.TB, capture, stream string) (client, server []byte) {
	t.Helper()
	lines := bufio.NewScanner(strings.NewReader(Tshark(t, capture, plainTCP, "-q", "-z", "follow,tcp,raw,"+stream)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		// Two tables' edges and three headings are no hexadecimal digits.
		digits, fromServer := strings.CutPrefix(lines.Text(), "\t")
		bytes, err := hex.DecodeString(digits)
		switch {
		case err != nil:
		case fromServer:
			server = append(server, bytes...)
		default:
			client = append(client, bytes...)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return client, server
}

// StanzaIDs returns the ids of the stanzas of a kind (iq, message, presence)
// that tshark sees end to end, in order.
func StanzaIDs(t testing.TB, capture, kind string) []string {
	t.Helper()
	out := Tshark(t, capture, "-Y", "frame.interface_id==0 && xmpp."+kind, "-T", "fields", "-E", "occurrence=f", "-e", "xmpp.id")
	return strings.Split(strings.TrimSuffix(out, "\n"), "\n")
}
