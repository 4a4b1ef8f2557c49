package link

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// wire is the connection as crypto/tls sees it.
//
// Reading, it drains the socket into one large buffer, but hands on no more
// than the record that is being read, so that crypto/tls never holds bytes
// beyond it and the link always knows whether a whole record waits. Writing,
// it gathers the records that one call seals, for the writer to send at once.
//
// The reading half belongs to one goroutine at a time: the reader, or, during
// the handshake, the handshake. The writing half may be used by any, since
// crypto/tls answers a key update from within Read.
type wire struct {
	conn    net.Conn
	buffers *Buffers
	poke    func() // wakes the writer, which flushes

	raw     syscall.RawConn    // nil where a socket cannot be asked without waiting
	tryRead func(uintptr) bool // for raw.Read, made once

	buf    []byte  // read and not yet handed on: a part of store, or a prefix
	store  *buffer // borrowed; nil while idle
	small  []byte  // waits for first bytes where raw is nil
	left   int     // of the TLS record that is being handed on
	err    error   // of the socket; comes after buf
	nowait bool    // Read fails with notNow rather than wait for a record
	failed bool    // err was handed on
	more   bool    // crypto/tls may hold opened bytes that found no room
	spaced bool    // white space may come before the first record
	space  []byte  // that did

	mu     sync.Mutex // guards what follows; never held during I/O
	gather bool       // Write gathers; otherwise it writes
	ended  bool       // Write drops: the writer has ended
	out    []byte     // gathered
	lent   *buffer    // what out began in
}

// maxGathered is far more than one batch. Only answers to key updates, given
// to a peer that asks for them but reads nothing, can reach it.
const maxGathered = 1 << 20

var errGathered = errors.New("link: the peer requests TLS key updates but does not read the answers")

func (w *wire) init(conn net.Conn, buffers *Buffers, poke func()) {
	w.conn, w.buffers, w.poke = conn, buffers, poke
	w.raw = rawConn(conn)
	w.tryRead = w.readNow
}

// fill waits for bytes from the socket, reads once as much as there is room
// for behind what is buffered, or sets w.err.
func (w *wire) fill() {
	switch {
	case w.err != nil:
	case w.raw != nil:
		if err := w.raw.Read(w.tryRead); err != nil && w.err == nil {
			w.err = err
		}
	default:
		w.fillPortably()
	}
}

// fillPortably waits in a small buffer while nothing is there, and takes a
// large one for the rest of what has begun.
func (w *wire) fillPortably() {
	if len(w.buf) > 0 {
		w.borrow()
		n, err := w.conn.Read(w.store[len(w.buf):])
		w.buf, w.err = w.store[:len(w.buf)+n], err
		return
	}
	w.release()
	if w.small == nil {
		w.small = make([]byte, 2048)
	}
	n, err := w.conn.Read(w.small)
	w.buf, w.err = w.small[:n], err
}

// borrow makes store hold buf at its beginning. What is buffered is then less
// than a record, for otherwise nobody would want more.
func (w *wire) borrow() {
	if w.store == nil {
		w.store = w.buffers.take()
	}
	w.buf = w.store[:copy(w.store[:], w.buf)]
}

// release gives the large buffer back; what is left in it, always less than a
// record, moves to a slice of its own size.
func (w *wire) release() {
	if w.store == nil {
		return
	}
	if len(w.buf) > 0 {
		w.buf = append([]byte(nil), w.buf...)
	} else {
		w.buf = nil
	}
	w.buffers.put(w.store)
	w.store = nil
}

// takeAll returns a copy of all that is buffered, for a stream without TLS.
func (w *wire) takeAll() []byte {
	chunk := append([]byte(nil), w.buf...)
	w.buf = nil
	w.release()
	return chunk
}

// recordSize returns the length of the record that p begins with, header
// included, or all of p where it cannot be one: crypto/tls then says why.
func recordSize(p []byte) int {
	if len(p) < recordHeader {
		return len(p)
	}
	size := recordHeader + int(p[3])<<8 + int(p[4])
	if size > maxRecord {
		return len(p)
	}
	return size
}

// whole reports whether a whole record waits.
func (w *wire) whole() bool {
	return len(w.buf) >= recordHeader && recordSize(w.buf) <= len(w.buf)
}

// maxSpace is how much white space before a handshake is put up with.
const maxSpace = 4 << 10

// skipSpace takes the white space that comes before the first record: some
// clients (go-sendxmpp) send a line feed behind <starttls/>, which may come
// alone and late. No record begins so.
func (w *wire) skipSpace() {
	for w.spaced {
		rest := bytes.TrimLeft(w.buf, " \t\r\n")
		w.space = append(w.space, w.buf[:len(w.buf)-len(rest)]...)
		w.buf = rest
		if w.spaced = len(rest) == 0 && w.err == nil && len(w.space) < maxSpace; w.spaced {
			w.fill()
		}
	}
}

// Read hands on bytes of one record.
func (w *wire) Read(p []byte) (int, error) {
	w.skipSpace()
	for len(w.buf) == 0 || w.left == 0 && len(w.buf) < recordHeader {
		if w.err != nil {
			break
		}
		if w.nowait {
			return 0, notNow{}
		}
		w.fill()
	}
	if len(w.buf) == 0 {
		w.failed = true
		return 0, w.err
	}
	if w.left == 0 {
		if w.nowait && w.err == nil && !w.whole() {
			return 0, notNow{}
		}
		w.left = recordSize(w.buf)
	}
	n := copy(p, w.buf[:min(w.left, len(w.buf))])
	w.buf = w.buf[n:]
	w.left -= n
	return n, nil
}

// sawEOF reports whether crypto/tls was told that the socket had ended: an
// io.EOF from it is otherwise a close_notify.
func (w *wire) sawEOF() bool { return w.failed && w.err == io.EOF }

// Write gathers p, or, during the handshake, writes it.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	switch {
	case w.ended:
	case !w.gather:
		w.mu.Unlock()
		return w.conn.Write(p)
	case len(w.out)+len(p) > maxGathered:
		w.mu.Unlock()
		return 0, errGathered
	default:
		if w.lent == nil {
			w.lent = w.buffers.take()
			w.out = w.lent[:0]
		}
		w.out = append(w.out, p...)
	}
	w.mu.Unlock()
	w.poke()
	return len(p), nil
}

// flush sends what was gathered in one write. Only the writer calls it.
func (w *wire) flush() error {
	w.mu.Lock()
	out, lent := w.out, w.lent
	w.out, w.lent = nil, nil
	w.mu.Unlock()
	if lent == nil {
		return nil
	}
	_, err := w.conn.Write(out)
	w.buffers.put(lent)
	return err
}

// startGathering ends the handshake's direct writes.
func (w *wire) startGathering() {
	w.mu.Lock()
	w.gather = true
	w.mu.Unlock()
}

// end makes Write drop what it is given: nobody would send it.
func (w *wire) end() {
	w.mu.Lock()
	w.ended, w.out, w.lent = true, nil, nil
	w.mu.Unlock()
}

func (w *wire) Close() error         { return w.conn.Close() }
func (w *wire) LocalAddr() net.Addr  { return w.conn.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr { return w.conn.RemoteAddr() }

// Deadlines are the owner's affair: it calls Close. crypto/tls sets one around
// close_notify, which must not cut off what the writer still has to send.

func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// notNow tells crypto/tls that no whole record waits. Being temporary, it is
// forgotten at once.
type notNow struct{}

func (notNow) Error() string   { return "link: no whole TLS record waits" }
func (notNow) Timeout() bool   { return true }
func (notNow) Temporary() bool { return true }
