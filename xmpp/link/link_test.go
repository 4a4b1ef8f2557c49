package link

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestNoCreditNoRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(1 << 10)
		o := own(t, conn, Config{})
		go peer.Write(make([]byte, 8<<10)) // waits for room until Close
		synctest.Wait()
		if n := conn.reads(); n != 0 {
			t.Fatalf("%d reads without a credit", n)
		}
		time.Sleep(time.Hour) // of the bubble: there is no idle timeout
		o.link.Grant()
		o.link.Grant() // changes nothing
		first := expect[Received](o)
		if len(first.Chunk) != 1<<10 || first.Err != nil || !first.At.Equal(time.Now()) {
			t.Fatalf("received %d bytes, %v, at %v", len(first.Chunk), first.Err, first.At)
		}
		synctest.Wait()
		if n := conn.reads(); n != 1 {
			t.Fatalf("%d reads for one credit", n)
		}
	})
}

func TestChunksAreTheReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(1 << 16)
		o := own(t, conn, Config{})
		var got []Received
		for _, s := range []string{"<presence/>", "<message/>", "</stream:stream>"} {
			peer.Write([]byte(s))
			o.link.Grant()
			got = append(got, expect[Received](o))
		}
		want := []string{"<presence/>", "<message/>", "</stream:stream>"}
		for i, r := range got {
			if string(r.Chunk) != want[i] {
				t.Errorf("chunk %d is now %q, want %q", i, r.Chunk, want[i])
			}
		}
	})
}

func TestWhatWaitsIsJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(4)
		o := own(t, conn, Config{})
		o.link.Write([]byte("first"))
		synctest.Wait() // the writer is stuck: no room for the fifth byte
		for i := range 50 {
			o.link.Write([]byte(fmt.Sprintf("<m%d/>", i)), nil, []byte("\n"))
		}
		if q := o.link.Queued(); q < 50*6 {
			t.Errorf("Queued() = %d", q)
		}
		o.link.CloseWrite()
		all, err := io.ReadAll(peer)
		if err != nil {
			t.Fatal(err)
		}
		if d := expect[Drained](o); !d.Closed || d.Err != nil {
			t.Errorf("drained: %+v", d)
		}
		writes := conn.writes()
		if len(writes) != 2 || !bytes.Equal(bytes.Join(writes, nil), all) || !strings.HasSuffix(string(all), "<m49/>\n") {
			t.Errorf("%d writes: %q", len(writes), writes)
		}
		if q := o.link.Queued(); q != 0 {
			t.Errorf("Queued() = %d at the end", q)
		}
	})
}

func TestNothingIsDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(1 << 10)
		o := own(t, conn, Config{})
		begin := time.Now()
		buf := make([]byte, 100)
		for _, s := range []string{"<a/>", " ", "<b/>"} {
			o.link.Write([]byte(s))
			if n, err := peer.Read(buf); string(buf[:n]) != s || err != nil {
				t.Fatalf("read %q, %v, want %q", buf[:n], err, s)
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(10)
		o := own(t, conn, Config{Budget: 100})
		if o.link.Write(make([]byte, 99)) {
			t.Error("full with 99 of 100 bytes")
		}
		synctest.Wait()
		if !o.link.Write(make([]byte, 1)) {
			t.Error("not full with 100 of 100 bytes, though the writer is stuck")
		}
		synctest.Wait()
		select {
		case p := <-o.inbox:
			t.Fatalf("posted %#v while full", p)
		default:
		}
		go io.CopyN(io.Discard, peer, 100)
		if d := expect[Drained](o); d.Err != nil || d.Closed {
			t.Errorf("drained: %+v", d)
		}
	})
}

// Room for nothing is no room: at exactly the budget the queue is still full.
func TestBudgetIsReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(10)
		o := own(t, conn, Config{Budget: 100})
		o.link.Write(make([]byte, 100))
		synctest.Wait() // the writer is stuck with the first chunk
		o.link.Write(make([]byte, 100))
		io.CopyN(io.Discard, peer, 100)
		synctest.Wait()
		select {
		case p := <-o.inbox:
			t.Fatalf("posted %#v with %d bytes queued", p, o.link.Queued())
		default:
		}
		go io.CopyN(io.Discard, peer, 100)
		expect[Drained](o)
	})
}

// A chunk of any size is queued whole, and written in pieces that are counted.
func TestHugeChunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(batchSize)
		o := own(t, conn, Config{})
		huge := bytes.Repeat([]byte("0123456789abcde"), 100_000)
		if !o.link.Write(huge) {
			t.Error("1.5 MB do not fill the queue")
		}
		got := make([]byte, len(huge))
		io.ReadFull(peer, got[:10*batchSize])
		synctest.Wait()
		if q, most := o.link.Queued(), len(huge)-10*batchSize; q > most {
			t.Errorf("%d bytes are queued, at most %d can be", q, most)
		}
		o.link.CloseWrite()
		drained := make(chan [2]Drained, 1)
		go func() { drained <- [2]Drained{expect[Drained](o), expect[Drained](o)} }()
		io.ReadFull(peer, got[10*batchSize:])
		if !bytes.Equal(got, huge) {
			t.Error("other bytes arrived")
		}
		if d := <-drained; d[0].Closed || !d[1].Closed {
			t.Errorf("drained: %+v", d)
		}
	})
}

func TestHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(1 << 10)
		o := own(t, conn, Config{})
		o.link.Write([]byte("</stream:stream>"))
		o.link.CloseWrite()
		o.link.CloseWrite()
		if o.link.Write([]byte("late")) {
			t.Error("full after CloseWrite")
		}
		if got, err := io.ReadAll(peer); string(got) != "</stream:stream>" || err != nil {
			t.Errorf("the peer read %q, %v", got, err)
		}
		if d := expect[Drained](o); !d.Closed || d.Err != nil {
			t.Errorf("drained: %+v", d)
		}
		peer.Write([]byte("still here"))
		if got := o.receive(); got != "still here" {
			t.Errorf("received %q", got)
		}
		peer.CloseWrite()
		if rest, err := o.end(); rest != "" || err != io.EOF || !Clean(err) {
			t.Errorf("ended with %q, %v", rest, err)
		}
		o.link.Wait() // both directions have ended, and with them the goroutines
	})
}

func TestPeerGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(10)
		o := own(t, conn, Config{})
		o.link.Write(make([]byte, 100))
		synctest.Wait()
		peer.reset()
		if d := expect[Drained](o); !IsReset(d.Err) {
			t.Errorf("the writer ended with %v", d.Err)
		}
		if o.link.Write(make([]byte, DefaultBudget)) || o.link.Queued() != 0 {
			t.Error("a broken writer still queues")
		}
		if _, err := o.end(); !IsReset(err) || Clean(err) {
			t.Errorf("the reader ended with %v", err)
		}
		o.link.Wait()
	})
}

// Close ends whatever the link's goroutines are doing; the owner of each test
// would otherwise wait for ever, which synctest reports as a deadlock.
func TestCloseUnblocks(t *testing.T) {
	for name, busy := range map[string]func(*owner, *memConn){
		"idle":        func(o *owner, _ *memConn) {},
		"reading":     func(o *owner, _ *memConn) { o.link.Grant() },
		"writing":     func(o *owner, _ *memConn) { o.link.Write(make([]byte, 100)) },
		"handshake":   func(o *owner, _ *memConn) { o.link.StartTLS(serverTLS(0), true, nil); o.link.Grant() },
		"half closed": func(o *owner, _ *memConn) { o.link.CloseWrite(); expect[Drained](o) },
		"upgrade queued": func(o *owner, _ *memConn) {
			o.link.Write(make([]byte, 100))
			o.link.StartTLS(serverTLS(0), true, nil)
			o.link.Grant()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, conn := memPipe(10)
				o := own(t, conn, Config{})
				busy(o, conn)
				synctest.Wait()
				o.link.Close()
				o.link.Close()
				o.link.Wait()
				if _, open := <-o.link.Done(); open {
					t.Error("Done is not closed")
				}
				select {
				case p := <-o.inbox:
					t.Errorf("posted %#v after Close", p)
				default:
				}
			})
		})
	}
}

// A Post that waits for a slow owner holds the reader, not the writer.
func TestPostMayBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(1 << 10)
		o := own(t, conn, Config{})
		peer.Write([]byte("a"))
		o.link.Grant()
		synctest.Wait() // the reader waits in Post
		o.link.Write([]byte("b"))
		buf := make([]byte, 1)
		if n, err := peer.Read(buf); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if r := expect[Received](o); string(r.Chunk) != "a" {
			t.Errorf("received %q", r.Chunk)
		}
	})
}

// panicking is a connection with a fault of its own.
type panicking struct{ *memConn }

func (panicking) Read([]byte) (int, error)  { panic("broken read") }
func (panicking) Write([]byte) (int, error) { panic("broken write") }

func TestPanicsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, conn := memPipe(1)
		o := own(t, panicking{conn}, Config{})
		var p *PanicError
		if _, err := o.end(); !errors.As(err, &p) || p.Value != "broken read" || !strings.Contains(string(p.Stack), "Read") {
			t.Errorf("read: %v", err)
		}
		o.link.Write([]byte("x"))
		if d := expect[Drained](o); !errors.As(d.Err, &p) || p.Value != "broken write" {
			t.Errorf("write: %v", d.Err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		_, conn := memPipe(1)
		o := own(t, panicking{conn}, Config{})
		var p *PanicError
		if u := o.startTLS(serverTLS(0), true, ""); !errors.As(u.Err, &p) || u.State != nil {
			t.Errorf("handshake: %+v", u)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		peer, conn := memPipe(1)
		l := New(conn, Config{Post: func(Posted) { panic("broken owner") }})
		peer.Write([]byte("x"))
		l.Grant()
		l.Wait()
		if !l.isClosed() {
			t.Error("a link whose owner panics stays open")
		}
	})
}

func TestAddresses(t *testing.T) {
	client, server := tcpPair(t)
	a, b := own(t, client, Config{}).link, own(t, server, Config{}).link
	if !a.LocalAddr().IsValid() || a.LocalAddr() != b.RemoteAddr() || a.RemoteAddr() != b.LocalAddr() {
		t.Errorf("%v-%v and %v-%v", a.LocalAddr(), a.RemoteAddr(), b.LocalAddr(), b.RemoteAddr())
	}
	_, conn := memPipe(1)
	if addr := own(t, conn, Config{}).link.RemoteAddr(); addr.IsValid() {
		t.Errorf("a connection in memory has the address %v", addr)
	}
}
