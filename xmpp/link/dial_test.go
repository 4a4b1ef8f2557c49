package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// zone is what the DNS server of the tests knows. A name whose only record is
// "fail" is answered with SERVFAIL.
const zone = `
_xmpp-client._tcp.both.example.   60 IN SRV 5 0 5222 plain.example.
_xmpp-client._tcp.both.example.   60 IN SRV 20 0 5222 last.example.
_xmpps-client._tcp.both.example.  60 IN SRV 10 0 443 direct.example.
_xmpps-client._tcp.direct.example. 60 IN SRV 0 0 5223 direct.example.
_xmpp-client._tcp.direct.example. 60 IN SRV 0 0 0 .
_xmpp-client._tcp.none.example.   60 IN SRV 0 0 0 .
_xmpps-client._tcp.none.example.  60 IN SRV 0 0 0 .
_xmpp-client._tcp.xn--bcher-kva.example. 60 IN SRV 0 0 5299 plain.example.
plain.example.  60 IN A 127.0.0.1
direct.example. 60 IN A 127.0.0.2
direct.example. 60 IN A 127.0.0.1
own.example.    60 IN A 127.0.0.1
fail.example.   60 IN A 127.0.0.1
`

// serveDNS answers from zone until the test ends, and returns a resolver that
// asks it.
func serveDNS(t *testing.T) *net.Resolver {
	t.Helper()
	records := map[string][]dns.RR{}
	parser := dns.NewZoneParser(strings.NewReader(zone), "", "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		name := rr.Header().Name
		records[name] = append(records[name], rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	answer := func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		name := strings.ToLower(q.Question[0].Name)
		for _, rr := range records[name] {
			if rr.Header().Rrtype == q.Question[0].Qtype {
				m.Answer = append(m.Answer, rr)
			}
		}
		if strings.HasSuffix(name, "_tcp.fail.example.") {
			m.Rcode = dns.RcodeServerFailure
		} else if len(records[name]) == 0 {
			m.Rcode = dns.RcodeNameError
		}
		w.WriteMsg(m)
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan error, 1)
	srv := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(answer), NotifyStartedFunc: func() { close(started) }}
	go func() { ended <- srv.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { srv.Shutdown(); <-ended })
	return NewResolver(conn.LocalAddr().String())
}

func TestCandidates(t *testing.T) {
	r := serveDNS(t)
	for domain, want := range map[string]string{
		"both.example":        "plain.example:5222 direct.example:443 TLS, last.example:5222",
		"direct.example":      "direct.example:5223 TLS",
		"own.example":         "own.example:5222",
		"own.example.":        "own.example:5222",
		"nowhere.example":     "nowhere.example:5222",
		"fail.example":        "fail.example:5222 guessed",
		"bücher.example":      "plain.example:5299",
		"under_score.example": "under_score.example:5222",
		"localhost":           "localhost:5222",
		"192.0.2.7":           "192.0.2.7:5222",
		"[2001:db8::7]":       "[2001:db8::7]:5222",
		"2001:db8::7":         "[2001:db8::7]:5222",
	} {
		found, err := Candidates(t.Context(), r, domain, nil)
		if err != nil {
			t.Errorf("%s: %v", domain, err)
			continue
		}
		var got []string
		for _, c := range found {
			s := c.String()
			if c.DirectTLS {
				s += " TLS,"
			}
			if c.Lookup != nil {
				s += " guessed"
			}
			got = append(got, s)
		}
		if s := strings.TrimSuffix(strings.Join(got, " "), ","); s != want {
			t.Errorf("%s: %s, want %s", domain, s, want)
		}
	}
	if _, err := Candidates(t.Context(), r, "none.example", nil); !errors.Is(err, ErrNotOffered) {
		t.Errorf("a domain without the service: %v", err)
	}
	if _, err := Candidates(t.Context(), r, ".", nil); err == nil {
		t.Error("the root is taken for a domain")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Candidates(ctx, r, "both.example", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

func TestOrderOfRFC2782(t *testing.T) {
	record := func(host string, priority, weight int) service {
		return service{Candidate: Candidate{Host: host}, priority: priority, weight: weight}
	}
	hosts := func(found []Candidate) (s string) {
		for _, c := range found {
			s += c.Host
		}
		return s
	}
	records := []service{
		record("d", 20, 1), record("a", 10, 60), record("b", 10, 20), record("c", 10, 20), record("z", 10, 0),
	}
	// Sorted by weight: z 0, b 20, c 20, a 60; the sums are 0, 20, 40, 100.
	for draws, want := range map[[5]int]string{
		{0, 0, 0, 0, 0}:      "zbcad",
		{1, 0, 0, 0, 0}:      "bzcad",
		{20, 20, 0, 0, 0}:    "bczad",
		{21, 100, 0, 0, 0}:   "cazbd",
		{100, 40, 20, 0, 0}:  "acbzd",
		{100, 21, 0, 20, 1}:  "aczbd",
		{40, 20, 60, 0, 100}: "cbazd",
	} {
		i := 0
		pick := func(n int) int {
			i++
			return min(draws[i-1], n-1)
		}
		if got := hosts(order2782(slices.Clone(records), pick)); got != want {
			t.Errorf("draws %v: %s, want %s", draws, got, want)
		}
	}
}

func TestDial(t *testing.T) {
	r := serveDNS(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port := ln.Addr().(*net.TCPAddr).AddrPort().Port()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shut := closed.Addr().(*net.TCPAddr).AddrPort()
	closed.Close()

	var failed []string
	d := Dialer{Resolver: r, Failed: func(e *AttemptError) { failed = append(failed, e.Error()) }}
	want := Candidate{Host: "direct.example", Port: port, DirectTLS: true}
	conn, got, err := Dial(t.Context(), d, []Candidate{
		{Host: "plain.example", Port: shut.Port()}, {Host: "nowhere.example", Port: 1}, want,
	})
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	if got != want {
		t.Errorf("reached %v", got)
	}
	refusal := fmt.Sprintf("%v (plain.example): connection refused", shut)
	if len(failed) < 2 || failed[0] != refusal || failed[1] != "nowhere.example:1: no such host: nowhere.example" {
		t.Errorf("failed: %q", failed)
	}

	_, _, err = Dial(t.Context(), d, []Candidate{
		{Host: shut.Addr().String(), Port: shut.Port(), Lookup: errors.New("no DNS")}, {Host: "nowhere.example", Port: 1},
	})
	text := fmt.Sprintf("link: cannot connect: %v: no DNS; %[1]v: connection refused; nowhere.example:1: no such host: nowhere.example", shut)
	if err == nil || err.Error() != text {
		t.Errorf("%v\nwant %s", err, text)
	}
	var all *DialError
	if !errors.As(err, &all) || len(all.Attempts) != 3 || all.Attempts[1].Addr != shut {
		t.Errorf("attempts: %+v", all)
	}
	if _, _, err := Dial(t.Context(), Dialer{}, nil); err == nil {
		t.Error("dialling nobody succeeds")
	}
}

// Each address has its time; the whole ends with the context.
func TestDialTakesItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := Dialer{Attempt: 3 * time.Second, DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "192.0.2.3") {
				_, conn := memPipe(1)
				return conn, nil
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		var tried []Candidate
		for i := range byte(4) {
			tried = append(tried, Candidate{Host: netip.AddrFrom4([4]byte{192, 0, 2, i}).String(), Port: 5222})
		}
		begin := time.Now()
		_, c, err := Dial(t.Context(), d, tried)
		if took := time.Since(begin); err != nil || c != tried[3] || took != 9*time.Second {
			t.Errorf("reached %v, %v, after %v", c, err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		begin = time.Now()
		_, _, err = Dial(ctx, d, tried)
		const text = "link: cannot connect: 192.0.2.0:5222: no answer in time; 192.0.2.1:5222: no answer in time"
		if took := time.Since(begin); took != 4*time.Second || err == nil || err.Error() != text {
			t.Errorf("%v, after %v", err, took)
		}
	})
}

func TestHostPort(t *testing.T) {
	for target, want := range map[string]string{
		"xmpp.example:5299": "xmpp.example:5299", "xmpp.example": "xmpp.example:5222", "127.0.0.1:1": "127.0.0.1:1",
		"[::1]:5222": "[::1]:5222", "::1": "[::1]:5222", "[::1]": "[::1]:5222", "bücher.example:1": "xn--bcher-kva.example:1",
	} {
		if c, err := HostPort(target, false); err != nil || c.String() != want {
			t.Errorf("%s: %v, %v", target, c, err)
		}
	}
	if c, err := HostPort("xmpp.example", true); err != nil || c.Port != PortDirectTLS || !c.DirectTLS {
		t.Errorf("Direct TLS: %+v, %v", c, err)
	}
	for _, target := range []string{"", ":5222", "a:b", "a:0", "a:65536", "a:1:2", "a:"} {
		if c, err := HostPort(target, false); err == nil {
			t.Errorf("%q: %v", target, c)
		}
	}
}

func TestNewResolver(t *testing.T) {
	if NewResolver("") != net.DefaultResolver {
		t.Error("without a name it is not the system's")
	}
	for _, server := range []string{"127.0.0.1", "[::1]", "::1", "127.0.0.1:5353"} {
		conn, err := NewResolver(server).Dial(t.Context(), "udp", "ignored:53")
		if err != nil {
			t.Errorf("%s: %v", server, err)
			continue
		}
		to := conn.RemoteAddr().String()
		conn.Close()
		if !strings.Contains(to, strings.Trim(strings.TrimSuffix(server, ":5353"), "[]")) ||
			strings.HasSuffix(server, ":5353") != strings.HasSuffix(to, ":5353") {
			t.Errorf("%s: asks %s", server, to)
		}
	}
}
