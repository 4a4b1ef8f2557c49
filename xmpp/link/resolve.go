package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// The ports of a server that has no SRV record: RFC 6120 §14.7, and what is
// usual for Direct TLS.
const (
	PortStartTLS  = 5222
	PortDirectTLS = 5223
)

// Resolver looks names up; *net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, addrs []*net.SRV, err error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// NewResolver returns a resolver that asks the DNS server at that address,
// HOST or HOST:PORT, or the system's resolver for "".
func NewResolver(server string) *net.Resolver {
	if server == "" {
		return net.DefaultResolver
	}
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(unbracket(server), "53")
	}
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, server)
		},
	}
}

// Candidate is one place where a domain's server may be reached.
type Candidate struct {
	Host      string // a name, without the root's dot, or an IP address
	Port      uint16
	DirectTLS bool  // TLS from the first byte (XEP-0368), otherwise STARTTLS
	Lookup    error // the failed SRV look-up for want of whose answer this was guessed; nil as a rule
}

// String returns the candidate as HOST:PORT.
func (c Candidate) String() string {
	return net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
}

// HostPort returns the candidate that a user named: HOST:PORT, or a HOST with
// the usual port.
func HostPort(target string, directTLS bool) (Candidate, error) {
	c := Candidate{Host: unbracket(target), Port: PortStartTLS, DirectTLS: directTLS}
	if directTLS {
		c.Port = PortDirectTLS
	}
	if _, err := netip.ParseAddr(c.Host); err == nil {
		return c, nil
	}
	if host, port, err := net.SplitHostPort(target); err == nil {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Candidate{}, fmt.Errorf("link: %q: the port must be a number from 1 to 65535", target)
		}
		c.Host, c.Port = host, uint16(n)
	} else if strings.Contains(target, ":") {
		return Candidate{}, fmt.Errorf("link: %q is not HOST:PORT", target)
	}
	if c.Host == "" {
		return Candidate{}, fmt.Errorf("link: %q names no host", target)
	}
	c.Host = toASCII(c.Host)
	return c, nil
}

// ErrNotOffered says that a domain's SRV records are there to say that it has
// no XMPP service for clients (target ".", RFC 6120 §3.2.1).
var ErrNotOffered = errors.New("the domain offers no XMPP service for clients (its SRV target is “.”)")

// Candidates finds the servers of an XMPP domain: the SRV records of
// _xmpp-client._tcp and _xmpps-client._tcp together (XEP-0368 §3), in the
// order of RFC 2782. A domain without any is its own server on port 5222, and
// so is one whose look-ups failed (RFC 6120 §3.2.1); Candidate.Lookup then
// says why. An IP address, or localhost (RFC 6761 §6.3), is never looked up.
//
// pick returns a number from 0 to n-1, for the choice by weight; nil picks at
// random.
func Candidates(ctx context.Context, r Resolver, domain string, pick func(n int) int) ([]Candidate, error) {
	if pick == nil {
		pick = rand.IntN
	}
	name := toASCII(strings.TrimSuffix(unbracket(domain), "."))
	own := Candidate{Host: name, Port: PortStartTLS}
	if name == "" {
		return nil, fmt.Errorf("link: %q is no domain", domain)
	}
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return []Candidate{own}, nil
	}
	records, err := lookupBoth(ctx, r, name)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("link: looking up %s: %w", name, context.Cause(ctx))
	}
	refused := slices.ContainsFunc(records, func(s service) bool { return s.Host == "" })
	records = slices.DeleteFunc(records, func(s service) bool { return s.Host == "" })
	switch {
	case len(records) > 0:
		return order2782(records, pick), nil
	case refused:
		return nil, fmt.Errorf("link: %s: %w", name, ErrNotOffered)
	}
	own.Lookup = err
	return []Candidate{own}, nil
}

// service is one SRV record.
type service struct {
	Candidate
	priority, weight int
}

// lookupBoth asks for both kinds of service at once. Records of one are worth
// having though the other look-up failed.
func lookupBoth(ctx context.Context, r Resolver, name string) ([]service, error) {
	type answer struct {
		records []service
		err     error
	}
	ask := func(kind string, direct bool) <-chan answer {
		c := make(chan answer, 1)
		go func() { // ends with the look-up, and is always waited for below
			_, found, err := r.LookupSRV(ctx, kind, "tcp", name+".")
			c <- answer{services(found, direct), err}
		}()
		return c
	}
	startTLS, directTLS := ask("xmpp-client", false), ask("xmpps-client", true)
	a, b := <-startTLS, <-directTLS
	for _, err := range []*error{&a.err, &b.err} {
		var dns *net.DNSError
		if errors.As(*err, &dns) && dns.IsNotFound {
			*err = nil // there is none, which is an answer
		}
	}
	return append(a.records, b.records...), errors.Join(a.err, b.err)
}

func services(found []*net.SRV, direct bool) []service {
	var records []service
	for _, srv := range found {
		host := strings.TrimSuffix(srv.Target, ".") // empty: not offered
		records = append(records, service{
			Candidate: Candidate{Host: host, Port: srv.Port, DirectTLS: direct},
			priority:  int(srv.Priority),
			weight:    int(srv.Weight),
		})
	}
	return records
}

// order2782 puts records in order of priority and, within one priority, draws
// them one after another by weight, as the algorithm of RFC 2782 says.
func order2782(records []service, pick func(n int) int) []Candidate {
	slices.SortStableFunc(records, func(a, b service) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.weight, b.weight))
	})
	var ordered []Candidate
	for len(records) > 0 {
		same, sum := 0, 0
		for same < len(records) && records[same].priority == records[0].priority {
			sum += records[same].weight
			same++
		}
		drawn, i := pick(sum+1), 0
		for running := records[0].weight; running < drawn; running += records[i].weight {
			i++
		}
		ordered = append(ordered, records[i].Candidate)
		records = slices.Delete(records, i, i+1)
	}
	return ordered
}

// toASCII returns the name as DNS knows it. A name that IDNA does not allow,
// one with an underscore for example, is left as it is: DNS may know it.
func toASCII(name string) string {
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		return ascii
	}
	return name
}

// unbracket takes the brackets off an IPv6 literal.
func unbracket(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok && strings.HasSuffix(inner, "]") {
		return inner[:len(inner)-1]
	}
	return host
}
