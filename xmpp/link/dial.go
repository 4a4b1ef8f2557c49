package link

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Dialer connects to candidates. The zero value is ready for use.
type Dialer struct {
	// Resolver finds the addresses of a candidate's host. Nil: the system's.
	Resolver Resolver
	// Attempt limits each look-up and each address. Zero: 5 seconds.
	Attempt time.Duration
	// DialContext connects to one address. Nil: a net.Dialer's.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Failed, if set, is told of each failed attempt as it fails, also when a
	// later one succeeds. Dial calls it from its caller's goroutine.
	Failed func(*AttemptError)
}

// AttemptError is why one candidate, or one of its addresses, was not reached.
type AttemptError struct {
	Candidate Candidate
	Addr      netip.AddrPort // zero if the host has no known address
	Err       error
}

// Error names the address, the candidate that it belongs to, and the cause.
func (e *AttemptError) Error() string {
	cause := plainly(e.Err)
	if !e.Addr.IsValid() {
		return fmt.Sprintf("%s: %s", e.Candidate, cause)
	}
	if e.Addr.String() == e.Candidate.String() {
		return fmt.Sprintf("%s: %s", e.Addr, cause)
	}
	return fmt.Sprintf("%s (%s): %s", e.Addr, e.Candidate.Host, cause)
}

// Unwrap returns the cause.
func (e *AttemptError) Unwrap() error { return e.Err }

// DialError lists every attempt that was made, in order.
type DialError struct{ Attempts []*AttemptError }

// Error names each address that was tried and why it failed, in one line.
func (e *DialError) Error() string {
	if len(e.Attempts) == 0 {
		return "link: nothing to connect to"
	}
	var b strings.Builder
	b.WriteString("link: cannot connect: ")
	for i, attempt := range e.Attempts {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(attempt.Error())
	}
	return b.String()
}

// Unwrap returns the attempts, for errors.Is and errors.As.
func (e *DialError) Unwrap() []error {
	errs := make([]error, len(e.Attempts))
	for i, attempt := range e.Attempts {
		errs[i] = attempt
	}
	return errs
}

// Dial connects to the first address of the first candidate that answers, and
// returns which candidate that was. It tries one address after another, each
// with d's time limit, until ctx is done. If all fail, the error is a
// *DialError that names each. To go on with the next candidate after a
// failed TLS handshake (XEP-0368 §3), call it with those that follow.
func Dial(ctx context.Context, d Dialer, candidates []Candidate) (net.Conn, Candidate, error) {
	if d.Resolver == nil {
		d.Resolver = net.DefaultResolver
	}
	if d.Attempt == 0 {
		d.Attempt = 5 * time.Second
	}
	if d.DialContext == nil {
		d.DialContext = new(net.Dialer).DialContext
	}
	failed := new(DialError)
	fail := func(c Candidate, addr netip.AddrPort, err error) {
		attempt := &AttemptError{Candidate: c, Addr: addr, Err: err}
		failed.Attempts = append(failed.Attempts, attempt)
		if d.Failed != nil {
			d.Failed(attempt)
		}
	}
	for _, c := range candidates {
		if c.Lookup != nil {
			fail(c, netip.AddrPort{}, c.Lookup)
		}
		addrs, err := d.addresses(ctx, c)
		if err != nil {
			fail(c, netip.AddrPort{}, err)
		}
		for _, addr := range addrs {
			conn, err := d.attempt(ctx, addr)
			if err == nil {
				return conn, c, nil
			}
			fail(c, addr, err)
			if ctx.Err() != nil {
				return nil, Candidate{}, failed
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, Candidate{}, failed
}

// addresses returns where a candidate's host is, in the resolver's order.
func (d *Dialer) addresses(ctx context.Context, c Candidate) ([]netip.AddrPort, error) {
	if addr, err := netip.ParseAddr(c.Host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(addr, c.Port)}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.Attempt)
	defer cancel()
	found, err := d.Resolver.LookupNetIP(ctx, "ip", c.Host)
	if err != nil {
		return nil, err
	}
	var addrs []netip.AddrPort
	for _, addr := range found {
		addrs = append(addrs, netip.AddrPortFrom(addr.Unmap(), c.Port))
	}
	return addrs, nil
}

// attempt connects to one address in the time that it has.
func (d *Dialer) attempt(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Attempt)
	defer cancel()
	return d.DialContext(ctx, "tcp", addr.String())
}

// plainly says the cause without the address, which the reader knows already.
func plainly(err error) string {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled):
		return "given up"
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("no such host: %s", dns.Name)
	case errors.As(err, &dns):
		return fmt.Sprintf("looking up %s: %s", dns.Name, dns.Err)
	case isTimeout(err):
		return "no answer in time"
	case errors.As(err, &op):
		return strings.TrimPrefix(op.Err.Error(), "connect: ")
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout() || errors.Is(err, context.DeadlineExceeded)
}
