package main_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"xmppscope/cmd/xmppscope/internal/peers"
)

// same compares two long byte strings by their hashes.
func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if sha256.Sum256(got) == sha256.Sum256(want) {
		return
	}
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	t.Errorf("%s: %d bytes, SHA-256 %x; want %d, %x; they differ from byte %d: %.60q, want %.60q",
		what, len(got), sha256.Sum256(got), len(want), sha256.Sum256(want), at, got[at:], want[at:])
}

// payload is what one end sends, in the pieces that become TLS records.
type payload struct {
	name   string
	pieces func(*rand.Rand) [][]byte
}

var payloads = []payload{
	{"random chunks", func(r *rand.Rand) [][]byte { return chunks(r, stanzas(r, 2_000), 3_000) }},
	{"one byte a record", func(r *rand.Rand) [][]byte { return chunks(r, stanzas(r, 40), 1) }},
	{"broken XML", func(r *rand.Rand) [][]byte { return chunks(r, broken(r), 700) }},
	{"64 MiB stanza", func(r *rand.Rand) [][]byte {
		return chunks(r, []byte("<message id='big'><body>"+strings.Repeat("O Romeo! ", 64<<20/9)+"</body></message>"+peers.Footer), 200_000)
	}},
}

// stanzas returns well-formed stanzas with all that XML allows, and a footer.
func stanzas(r *rand.Rand, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		body := strings.Repeat([]string{"wherefore ", "ὦ φίλη ", "&amp;&#x1F339;", "<![CDATA[<&>]]>", "🌹"}[r.IntN(5)], r.IntN(60))
		fmt.Fprintf(&b, "<message to='juliet@%s' type=\"chat\" id='m%d'><body>%s</body><x xmlns='urn:example' a='>'/></message>", peers.Domain, i, body)
		if r.IntN(5) == 0 {
			b.WriteString(" \n")
		}
	}
	b.WriteString(peers.Footer)
	return b.Bytes()
}

// broken returns what no XML parser would take, among stanzas.
func broken(r *rand.Rand) []byte {
	pieces := []string{
		"<message><body>a</message></body>", "stray text", "</stray>", "<a b='1' b='2'/>", "<p:q/>", "\x00\x01\xff\xfe", "<",
		"<!DOCTYPE lol [<!ENTITY a 'b'>]>", "<!-- no -->", "<?no?>", "&undefined;", "<iq type='get' id='ok'><query xmlns='jabber:iq:version'/></iq>",
		"<a><b><c>", "</c></b></a>", "<m x=unquoted>", "</m>", "]]>", "\xef\xbb\xbf", "<presence/>", "<message id='half",
	}
	var b bytes.Buffer
	for range 3_000 {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.Bytes()
}

// chunks cuts p into pieces of 1 to most bytes.
func chunks(r *rand.Rand, p []byte, most int) (pieces [][]byte) {
	for len(p) > 0 {
		n := min(1+r.IntN(most), len(p))
		pieces = append(pieces, p[:n])
		p = p[n:]
	}
	return pieces
}

// TestPeersExact: scripted ends that speak TLS send each other what the
// payloads say. What one end has sent is byte for byte what the other gets,
// and what tshark follows in the capture.
func TestPeersExact(t *testing.T) {
	peers.Require(t, "tshark")
	program := peers.Build(t)
	for i, p := range payloads {
		w := ways[i%4] // each payload goes another way
		t.Run(p.name+" "+w.name, func(t *testing.T) { exactly(t, program, p, w, uint64(i)) })
	}
}

func exactly(t *testing.T, program peers.Program, p payload, w way, seed uint64) {
	served := make(chan *peers.End, 1)
	server := peers.Serve(t, func(e *peers.End, config *tls.Config) error {
		if err := e.AcceptTLS(config, w.upstreamDirect); err != nil {
			return err
		}
		mixed(e, w)
		if err := e.Welcome(); err != nil {
			return err
		}
		err := exchange(e, p.pieces(rand.New(rand.NewPCG(seed, 2))))
		served <- e
		return err
	})
	mode := "reverse:" + server.Addr
	if w.upstreamDirect {
		mode = "reverse+tls:" + server.Addr
	}
	scope := program.Dump(t, mode, "--upstream-ca", server.CA)
	client, err := peers.DialEnd(scope.Addr, peers.ClientConfig(t, scope.CA, peers.Domain), w.clientDirect)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	mixed(client, w)
	if err := client.Login(); err != nil {
		t.Fatal(err)
	}
	if err := exchange(client, p.pieces(rand.New(rand.NewPCG(seed, 1)))); err != nil {
		t.Fatal(err)
	}
	upstream := <-served
	same(t, "what the server got", upstream.Got.Bytes(), client.Sent.Bytes())
	same(t, "what the client got", client.Got.Bytes(), upstream.Sent.Bytes())
	scope.Stop(t)
	fromClient, fromServer := peers.Follow(t, scope.Capture, peers.Streams(t, scope.Capture, 0)[0])
	same(t, "what tshark follows from the client", fromClient, client.Sent.Bytes())
	same(t, "what tshark follows from the server", fromServer, upstream.Sent.Bytes())
}

// mixed forgets what was said in the clear where xmppscope itself spoke it on
// one of the legs.
func mixed(e *peers.End, w way) {
	if w.clientDirect || w.upstreamDirect {
		e.Sent.Reset()
		e.Got.Reset()
	}
}

// exchange sends the pieces, each in a record of its own, while it receives
// to the end of the stream.
func exchange(e *peers.End, pieces [][]byte) error {
	heard := make(chan error, 1)
	go func() { heard <- e.Drain() }()
	for _, piece := range pieces {
		if _, err := e.Write(piece); err != nil {
			return err
		}
	}
	if err := e.CloseWrite(); err != nil {
		return err
	}
	return <-heard
}
