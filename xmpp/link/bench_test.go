package link

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// relayEnv makes the test binary a relay, "link" or "copy", to the address
// that follows, for BenchmarkRelay: in a process of its own, so that its CPU
// time can be told from the load's.
const relayEnv = "LINK_TEST_RELAY"

// TestRelayProcess is the relay's process. It says where it listens and ends
// with its standard input.
func TestRelayProcess(t *testing.T) {
	kind, upstream, ok := strings.Cut(os.Getenv(relayEnv), " ")
	if !ok {
		t.Skip("only BenchmarkRelay runs this")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	fmt.Printf("listening on %s\n", ln.Addr())
	server, client := serverTLS(tls.VersionTLS13), &tls.Config{InsecureSkipVerify: true}
	var buffers Buffers
	for {
		down, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		up, err := net.Dial("tcp", upstream)
		if err != nil {
			t.Fatal(err)
		}
		if kind == "copy" {
			go copyRelay(tls.Server(down, server), tls.Client(up, client))
			continue
		}
		go func() {
			r := newRelay(down, up, Config{Buffers: &buffers})
			defer r.close()
			if r.secure(server, client) == nil {
				r.run()
			}
		}()
	}
}

// copyRelay is the plain relay that links are compared with.
func copyRelay(down, up *tls.Conn) {
	var both sync.WaitGroup
	for _, d := range [][2]*tls.Conn{{down, up}, {up, down}} {
		both.Go(func() {
			io.Copy(d[0], d[1])
			d[0].CloseWrite()
			d[0].NetConn().(*net.TCPConn).CloseWrite()
		})
	}
	both.Wait()
	down.Close()
	up.Close()
}

// BenchmarkRelay measures a relay of two links against one of io.Copy: bytes
// a second, and the relay's CPU time for each byte.
//
// Chunks are immutable and so cannot be used again, while io.Copy makes no
// garbage at all. This relay's heap is otherwise empty, and the collector
// would run every few milliseconds; GOGC=400 is nearer to a real program.
func BenchmarkRelay(b *testing.B) {
	for _, load := range []struct {
		name               string
		conns, piece, size int
	}{
		{"bulk", 1, 64 << 10, 64 << 20},
		{"small", 8, 460, 4 << 20},
	} {
		for _, kind := range []string{"copy", "link"} {
			b.Run(load.name+"/"+kind, func(b *testing.B) {
				measure(b, kind, load.conns, load.piece, load.size)
			})
		}
	}
}

func measure(b *testing.B, kind string, conns, piece, size int) {
	sink, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer sink.Close()
	relay := exec.Command(os.Args[0], "-test.run=^TestRelayProcess$")
	relay.Env = append(os.Environ(), relayEnv+"="+kind+" "+sink.Addr().String())
	stdin, _ := relay.StdinPipe()
	stdout, _ := relay.StdoutPipe()
	if err := relay.Start(); err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if !ok {
		b.Fatalf("the relay says %q, %v", line, err)
	}
	var total int64
	begin := time.Now()
	for b.Loop() {
		total += carry(b, sink, addr, conns, piece, size)
	}
	took := time.Since(begin)
	stdin.Close()
	relay.Wait()
	cpu := relay.ProcessState.UserTime() + relay.ProcessState.SystemTime()
	b.ReportMetric(float64(total)/1e6/took.Seconds(), "MB/s")
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(total)*1000, "cpu-µs/MB")
}

// carry sends size bytes over each of conns connections through the relay, one
// TLS record for each piece, and waits until they have arrived.
func carry(b *testing.B, sink net.Listener, relay string, conns, piece, size int) int64 {
	var running sync.WaitGroup
	defer running.Wait()
	for range conns {
		raw, err := net.Dial("tcp", relay)
		if err != nil {
			b.Fatal(err)
		}
		end, err := sink.Accept()
		if err != nil {
			b.Fatal(err)
		}
		running.Go(func() {
			defer end.Close()
			if err := tls.Server(end, serverTLS(tls.VersionTLS13)).Handshake(); err != nil {
				b.Error(err)
			}
			io.Copy(io.Discard, end) // not decrypted: the sink must cost little
		})
		running.Go(func() {
			defer raw.Close()
			// Records that wait anyway go out together: a flood.
			gathered := &gathering{Conn: raw}
			conn := tls.Client(gathered, &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true})
			if err := conn.Handshake(); err != nil {
				b.Error(err)
				return
			}
			gathered.w = bufio.NewWriterSize(raw, 64<<10)
			data := bytes.Repeat([]byte("x"), piece)
			for left := size; left > 0; left -= piece {
				conn.Write(data)
			}
			gathered.w.Flush()
			raw.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, raw)
		})
	}
	return int64(conns * size)
}

// gathering is a connection whose writes are joined once w is set.
type gathering struct {
	net.Conn
	w *bufio.Writer
}

func (g *gathering) Write(p []byte) (int, error) {
	if g.w == nil {
		return g.Conn.Write(p)
	}
	return g.w.Write(p)
}

// BenchmarkIdle reports what one idle link under TLS keeps.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(idleMemory(b, 10_000)), "B/link")
	}
}

// An idle link with TLS is small, also after it has carried something: a
// session of two must stay below 64 KiB.
func TestIdleMemory(t *testing.T) {
	if got := idleMemory(t, 500); got > 32<<10 {
		t.Errorf("an idle link keeps %d bytes", got)
	} else {
		t.Logf("an idle link keeps %d bytes", got)
	}
}

// idleMemory returns heap and stacks of one of n idle links, servers and
// clients in equal parts, that have each exchanged a stanza.
func idleMemory(t testing.TB, n int) uint64 {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	var buffers Buffers
	inbox := make(chan Posted)
	stop := make(chan struct{})
	cfg := Config{Buffers: &buffers, Post: func(p Posted) {
		select {
		case inbox <- p:
		case <-stop:
		}
	}}
	server, client := serverTLS(0), clientTLS()
	before := inUse()
	var links []*Link
	for range n / 2 {
		a, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		b, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		pair := []*Link{New(a, cfg), New(b, cfg)}
		pair[0].StartTLS(client, false, nil)
		pair[1].StartTLS(server, true, nil)
		for range pair {
			if u := (<-inbox).(Upgraded); u.Err != nil {
				t.Fatal(u.Err)
			}
		}
		for i, l := range pair {
			l.Write(make([]byte, 460))
			pair[1-i].Grant()
			<-inbox
			pair[1-i].Grant()
		}
		links = append(links, pair...)
	}
	used := inUse() - before
	close(stop)
	for _, l := range links {
		l.Close()
		l.Wait()
	}
	return used / uint64(n)
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC() // pools are emptied by the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
