package link_test

import (
	"fmt"
	"io"
	"net"

	"xmppscope/xmpp/link"
)

// An owner is one loop over what its links post. This one answers every chunk
// with its own, which is all that an echo server needs.
func Example() {
	client, server := net.Pipe()

	inbox := make(chan link.Posted)
	done := make(chan struct{}) // closed when the owner's loop has ended
	l := link.New(server, link.Config{Post: func(p link.Posted) {
		select {
		case inbox <- p:
		case <-done:
		}
	}})
	go func() {
		defer l.Close()
		defer close(done)
		l.Grant()
		for {
			switch p := (<-inbox).(type) {
			case link.Received:
				full := p.Link.Write(p.Chunk)
				if p.Err != nil {
					return
				}
				if !full { // else when the queue has drained
					p.Link.Grant()
				}
			case link.Drained:
				if p.Err != nil {
					return
				}
				p.Link.Grant()
			}
		}
	}()

	const ack = "<r xmlns='urn:xmpp:sm:3'/>"
	go io.WriteString(client, ack)
	echo := make([]byte, len(ack))
	io.ReadFull(client, echo)
	fmt.Printf("%s\n", echo)
	client.Close()
	l.Wait()
	// Output: <r xmlns='urn:xmpp:sm:3'/>
}

func ExampleSniff() {
	for _, prefix := range []string{"\r\n<stream:stream", "\x16\x03\x01", "GET", "GET /ws HTTP/1.1"} {
		p, ok := link.Sniff([]byte(prefix))
		fmt.Println(p, ok)
	}
	// Output:
	// XMPP true
	// Direct TLS true
	// unknown false
	// HTTP true
}
