package link

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
)

// relay is the least owner of two links: what one receives the other writes.
// It returns when both directions have ended, or at once on an error.
type relay struct {
	inbox chan Posted
	done  chan struct{}
	ends  [2]*Link
}

func newRelay(a, b net.Conn, cfg Config) *relay {
	r := &relay{inbox: make(chan Posted), done: make(chan struct{})}
	cfg.Post = func(p Posted) {
		select {
		case r.inbox <- p:
		case <-r.done:
		}
	}
	r.ends = [2]*Link{New(a, cfg), New(b, cfg)}
	return r
}

// secure upgrades both ends, the first as server, and returns the error.
func (r *relay) secure(server, client *tls.Config) error {
	r.ends[0].StartTLS(server, true, nil)
	r.ends[1].StartTLS(client, false, nil)
	for range 2 {
		if u := (<-r.inbox).(Upgraded); u.Err != nil {
			return u.Err
		}
	}
	return nil
}

func (r *relay) other(l *Link) *Link {
	if l == r.ends[0] {
		return r.ends[1]
	}
	return r.ends[0]
}

func (r *relay) run() (err error) {
	for _, l := range r.ends {
		l.Grant()
	}
	for finished := 0; finished < 2 && err == nil; {
		switch p := (<-r.inbox).(type) {
		case Received:
			to := r.other(p.Link)
			full := to.Write(p.Chunk)
			switch {
			case p.Err != nil && !Clean(p.Err):
				err = p.Err
			case p.Err != nil:
				to.CloseWrite()
			case !full:
				p.Link.Grant()
			}
		case Drained:
			err = p.Err
			if p.Closed {
				finished++
			}
			r.other(p.Link).Grant()
		}
	}
	return err
}

func (r *relay) close() {
	close(r.done)
	for _, l := range r.ends {
		l.Close()
		l.Wait()
	}
}

// noise returns n bytes that do not repeat.
func noise(seed uint64, n int) []byte {
	src := rand.NewChaCha8([32]byte{byte(seed)})
	p := make([]byte, n)
	src.Read(p)
	return p
}

// send writes data in pieces of all sizes and ends the stream.
func send(w *tls.Conn, data []byte, seed uint64) error {
	rnd := rand.New(rand.NewPCG(seed, 0))
	for len(data) > 0 {
		n := 1 + rnd.IntN(100)
		if rnd.IntN(10) == 0 {
			n = 1 + rnd.IntN(100_000)
		}
		n = min(n, len(data))
		if _, err := w.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return w.CloseWrite()
}

// Whatever the pieces, the versions and the sizes of the buffers on the way,
// both directions at once carry exactly what was sent.
func TestRelayIsExact(t *testing.T) {
	for i, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			a, relayA := tcpPair(t)
			relayB, b := tcpPair(t)
			checkExact(t, a, b, relayA, relayB, version, Config{Budget: 10_000})
		})
		t.Run(tls.VersionName(version)+" in drops", func(t *testing.T) {
			a, relayA := memPipe(100 + i)
			relayB, b := memPipe(3000 + i)
			relayA.taps.drip = true
			checkExact(t, a, b, relayA, relayB, version, Config{Budget: 1})
		})
	}
}

func checkExact(t *testing.T, a, b, relayA, relayB net.Conn, version uint16, cfg Config) {
	r := newRelay(relayA, relayB, cfg)
	defer r.close()
	client, server := tls.Client(a, clientTLS()), tls.Server(b, serverTLS(version))
	size := 2 << 20
	if _, ok := a.(*memConn); ok {
		size = 40_000
	}
	var running sync.WaitGroup
	for i, end := range []*tls.Conn{client, server} {
		sent, expected := noise(uint64(i), size), noise(uint64(1-i), size)
		running.Go(func() {
			if err := send(end, sent, uint64(i)); err != nil {
				t.Errorf("end %d sends: %v", i, err)
			}
		})
		running.Go(func() {
			got, err := io.ReadAll(end)
			if err != nil || !bytes.Equal(got, expected) {
				t.Errorf("end %d received %d bytes, %v, equal: %v", i, len(got), err, bytes.Equal(got, expected))
			}
		})
	}
	if err := r.secure(serverTLS(version), clientTLS()); err != nil {
		t.Error(err)
		a.Close()
		b.Close()
	} else if err := r.run(); err != nil {
		t.Error(err)
	}
	running.Wait()
}

// Many relays at once share their buffers and keep their bytes apart.
func TestRelaysAtOnce(t *testing.T) {
	var buffers Buffers
	var all sync.WaitGroup
	for i := range 20 {
		a, relayA := tcpPair(t)
		relayB, b := tcpPair(t)
		all.Go(func() {
			r := newRelay(relayA, relayB, Config{Buffers: &buffers})
			defer r.close()
			var running sync.WaitGroup
			running.Go(func() { r.run() })
			want := slices.Repeat([]byte(fmt.Sprintf("<message id='%d'/>", i)), 10_000)
			running.Go(func() { a.Write(want); a.CloseWrite() })
			running.Go(func() { b.CloseWrite() })
			got, err := io.ReadAll(b)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("relay %d: %d bytes, %v", i, len(got), err)
			}
			running.Wait()
		})
	}
	all.Wait()
}
