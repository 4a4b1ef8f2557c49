package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"xmppscope/captures"
	"xmppscope/proxy/ca"
	"xmppscope/xmpp/trace"
)

// The benchmarks compare xmppscope, which frames and records, with a relay
// that only ends TLS on both sides and copies (io.Copy). Both run over TCP on
// loopback with Direct TLS on both legs.

// relay is what is compared.
type relay struct {
	name  string
	start func(b *testing.B, a *ca.Authority, server string) (addr string)
}

var relays = []relay{
	{"none", func(_ *testing.B, _ *ca.Authority, server string) string { return server }},
	{"copy", startCopier},
	{"xmppscope", func(b *testing.B, a *ca.Authority, server string) string {
		return startProxy(b, a, server, new(discard))
	}},
	{"recording", func(b *testing.B, a *ca.Authority, server string) string {
		r, err := captures.NewRecorder(captures.RecorderOptions{Name: filepath.Join(b.TempDir(), "bench.pcapng")})
		if err != nil {
			b.Fatal(err)
		}
		addr := startProxy(b, a, server, r)
		b.Cleanup(func() { r.Close(context.Background()) })
		return addr
	}},
}

// discard is a Sink that numbers and forgets.
type discard struct {
	mu sync.Mutex // guards n
	n  uint64
}

func (d *discard) Record(_ context.Context, events ...trace.Event) (uint64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := d.n + 1
	d.n += uint64(len(events))
	return first, nil
}

func serverTLS(b *testing.B, a *ca.Authority) *tls.Config {
	c := certificate(b, a, "capulet.example")
	return &tls.Config{Certificates: []tls.Certificate{c}, DynamicRecordSizingDisabled: true}
}

func listen(b *testing.B) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func startProxy(b *testing.B, a *ca.Authority, server string, sink trace.Sink) string {
	mode, err := ParseMode("reverse+tls:" + server)
	if err != nil {
		b.Fatal(err)
	}
	l := listen(b)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s := NewServer(Config{Mode: mode, Sink: sink, Security: Security{Certificates: a, Insecure: true}})
	go func() { done <- s.Serve(ctx, l) }()
	b.Cleanup(func() {
		stop()
		<-done
	})
	return l.Addr().String()
}

// startCopier is the plain relay: two io.Copy per connection.
func startCopier(b *testing.B, a *ca.Authority, server string) string {
	l := tls.NewListener(listen(b), serverTLS(b, a))
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				upstream, err := tls.Dial("tcp", server, &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true})
				if err != nil {
					b.Error(err)
					return
				}
				running.Go(func() {
					io.Copy(upstream, client)
					upstream.Close()
				})
				io.Copy(client, upstream)
				client.Close()
			})
		}
	})
	b.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

// stage460 is a stanza of 460 bytes.
var stanza460 = func() string {
	s := "<message from='romeo@montague.example/orchard' to='juliet@capulet.example/balcony' type='chat' id='a1b2c3'><body>%s</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>"
	return fmt.Sprintf(s, strings.Repeat("x", 460-len(s)+2))
}()

// connections opens n streams through a relay to a server that reads.
func connections(b *testing.B, r relay, n int, serve func(net.Conn)) []*tls.Conn {
	a, err := ca.New()
	if err != nil {
		b.Fatal(err)
	}
	server := tls.NewListener(listen(b), serverTLS(b, a))
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := server.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				if _, err := io.ReadFull(c, make([]byte, len(clientHeader))); err == nil {
					io.WriteString(c, serverHeader)
					serve(c)
				}
			})
		}
	})
	addr := r.start(b, a, server.Addr().String())
	conns := make([]*tls.Conn, n)
	for i := range conns {
		c, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, ServerName: "capulet.example", DynamicRecordSizingDisabled: true})
		if err != nil {
			b.Fatal(err)
		}
		io.WriteString(c, clientHeader)
		if _, err := io.ReadFull(c, make([]byte, len(serverHeader))); err != nil {
			b.Fatal(err)
		}
		conns[i] = c
	}
	b.Cleanup(func() {
		for _, c := range conns {
			c.Close()
		}
		server.Close()
		serving.Wait()
	})
	return conns
}

// ballast is memory that is never touched, so that the garbage collector does
// not run all the time over the little that a benchmark keeps. cmd/xmppscope
// has its own.
func ballast(b *testing.B) {
	never := make([]byte, 64<<20)
	b.Cleanup(func() { runtime.KeepAlive(never) })
}

// BenchmarkRelay sends stanzas one way over 1 connection in 16 KiB records, or
// over 8 in one record each. Processor time includes both ends: take off what
// they need without a relay ("none").
func BenchmarkRelay(b *testing.B) {
	for _, load := range []struct {
		name  string
		conns int
		write []byte
	}{
		{"bulk", 1, []byte(strings.Repeat(stanza460, 16384/len(stanza460)))},
		{"small", 8, []byte(stanza460)},
	} {
		for _, r := range relays {
			b.Run(load.name+"/"+r.name, func(b *testing.B) {
				ballast(b)
				var arrived sync.WaitGroup
				each := b.N/load.conns + 1
				arrived.Add(load.conns)
				conns := connections(b, r, load.conns, func(c net.Conn) {
					io.CopyN(io.Discard, c, int64(each*len(load.write)))
					arrived.Done()
					io.Copy(io.Discard, c)
				})
				b.SetBytes(int64(len(load.write)))
				cpu := processor()
				b.ResetTimer()
				for _, c := range conns {
					go func() {
						for range each {
							c.Write(load.write)
						}
					}()
				}
				arrived.Wait()
				b.StopTimer()
				b.ReportMetric(float64(processor()-cpu)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// BenchmarkLatency sends one stanza there and back.
func BenchmarkLatency(b *testing.B) {
	for _, r := range relays {
		b.Run(r.name, func(b *testing.B) {
			conn := connections(b, r, 1, func(c net.Conn) { io.Copy(c, c) })[0]
			there, back := []byte(stanza460), make([]byte, len(stanza460))
			for b.Loop() {
				conn.Write(there)
				io.ReadFull(conn, back)
			}
		})
	}
}

// BenchmarkIdle reports the heap and stacks that a session holds while nothing
// moves, both ends included: take off what they hold without a relay.
func BenchmarkIdle(b *testing.B) {
	held := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // pools are emptied by the second
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc + m.StackInuse)
	}
	for _, r := range relays {
		b.Run(r.name, func(b *testing.B) {
			before := held()
			const n = 500
			connections(b, r, n, func(c net.Conn) { io.Copy(io.Discard, c) })
			for b.Loop() {
			}
			b.ReportMetric((held()-before)/n, "B/session")
		})
	}
}
