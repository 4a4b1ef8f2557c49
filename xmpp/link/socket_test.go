package link

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// On a real socket: all that waits comes in one chunk, and a reset is told
// apart from an end.
func TestSocket(t *testing.T) {
	client, server := tcpPair(t)
	o := own(t, server, Config{})
	o.link.Grant() // waits without a buffer
	whole := bytes.Repeat([]byte("x"), 3000)
	client.Write(whole)
	if got := expect[Received](o); !bytes.Equal(got.Chunk, whole) {
		t.Errorf("received %d bytes of %d", len(got.Chunk), len(whole))
	}
	client.SetLinger(0)
	client.Close()
	_, err := o.end()
	var op *net.OpError
	if !IsReset(err) || Clean(err) || !errors.Is(err, syscall.ECONNRESET) || !errors.As(err, &op) {
		t.Errorf("ended with %v", err)
	}

	client, server = tcpPair(t)
	o = own(t, server, Config{})
	client.Write([]byte("last"))
	client.CloseWrite()
	if got, err := o.end(); got != "last" || err != io.EOF {
		t.Errorf("ended with %q, %v", got, err)
	}
}

// securedSocket is secured over TCP.
func securedSocket(t *testing.T, version uint16) (*owner, *tls.Conn) {
	raw, conn := tcpPair(t)
	o := own(t, conn, Config{})
	peer := tls.Client(raw, clientTLS())
	done := make(chan error, 1)
	go func() { done <- peer.Handshake() }()
	if err := errors.Join(o.startTLS(serverTLS(version), true, "").Err, <-done); err != nil {
		t.Fatal(err)
	}
	return o, peer
}

func TestRecordsOnASocket(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		o, peer := securedSocket(t, version)
		for _, size := range []int{1, 460, 16384} { // a quiet stream
			o.link.Grant()
			peer.Write(make([]byte, size))
			if r := expect[Received](o); len(r.Chunk) != size {
				t.Errorf("a record of %d bytes came as %d", size, len(r.Chunk))
			}
		}
		for range 100 { // a flood, which lies in the socket before the credit
			peer.Write(make([]byte, 460))
		}
		chunks := 0
		for n := 0; n < 46_000; chunks++ {
			n += len(o.receive())
		}
		if chunks > 25 { // few, as TCP lets small packets through
			t.Errorf("100 records that waited came in %d chunks", chunks)
		}
	}
}

// A peer that renews its keys (RFC 8446 §4.6.3) is answered though we have
// nothing to write, and both directions go on.
func TestKeyUpdate(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	client := exec.Command(openssl, "s_client", "-brief", "-connect", ln.Addr().String())
	in, _ := client.StdinPipe()
	out, _ := client.StdoutPipe()
	said, _ := client.StderrPipe()
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	defer client.Wait()
	defer client.Process.Kill()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	o := own(t, conn, Config{})
	if u := o.startTLS(serverTLS(tls.VersionTLS13), true, ""); u.Err != nil {
		t.Fatal(u.Err)
	}
	read, words := bufio.NewReader(out), bufio.NewScanner(said)
	for _, line := range []string{"one\n", "two\n"} {
		o.link.Grant()
		io.WriteString(in, "K\n") // s_client's command, which asks for our update too
		for words.Scan() && !strings.Contains(words.Text(), "KEYUPDATE") {
		}
		io.WriteString(in, line)
		if r := expect[Received](o); string(r.Chunk) != line || r.Err != nil {
			t.Fatalf("received %q, %v", r.Chunk, r.Err)
		}
		o.link.Write([]byte(line))
		if got, err := read.ReadString('\n'); got != line || err != nil {
			t.Fatalf("the peer read %q, %v", got, err)
		}
	}
}
