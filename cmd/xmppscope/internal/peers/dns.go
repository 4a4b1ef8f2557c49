package peers

import (
	"net"
	"testing"

	"github.com/miekg/dns"
)

// DNS starts a name server on loopback that knows these records, in zone-file
// form, and nothing else. It returns its address and ends with the test.
func DNS(t testing.TB, records ...string) string {
	t.Helper()
	var known []dns.RR
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, rr)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }}
	server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, question *dns.Msg) {
		answer := new(dns.Msg).SetReply(question)
		for _, rr := range known {
			asked := question.Question[0]
			if rr.Header().Name == dns.CanonicalName(asked.Name) && rr.Header().Rrtype == asked.Qtype {
				answer.Answer = append(answer.Answer, rr)
			}
		}
		w.WriteMsg(answer)
	})
	ended := make(chan error, 1)
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		server.Shutdown()
		<-ended
	})
	return conn.LocalAddr().String()
}
