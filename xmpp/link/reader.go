package link

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
)

// readLoop answers each credit with one Received, until an error.
func (l *Link) readLoop() {
	for {
		select {
		case <-l.credits:
		case <-l.closed:
			return
		}
		r := Received{Link: l}
		r.Err = guard(func() (err error) {
			r.Chunk, err = l.read()
			return err
		})
		r.At = l.cfg.Now()
		l.granted.Store(false)
		if r.Err != nil {
			l.postLast(r)
			return
		}
		if err := guard(func() error { l.post(r); return nil }); err != nil {
			l.postLast(Received{Link: l, Err: err, At: r.At})
			return
		}
	}
}

// read waits for bytes, and returns all that wait, or an error, or both.
func (l *Link) read() ([]byte, error) {
	secure, err := l.settled()
	if err != nil {
		return nil, err
	}
	w := &l.wire
	if secure != nil {
		return readRecords(w, secure)
	}
	for len(w.buf) == 0 && w.err == nil {
		w.fill()
	}
	if len(w.buf) == 0 {
		w.release()
		return nil, w.err
	}
	return w.takeAll(), nil
}

// settled waits for a handshake under way, if any. It returns the TLS
// connection, or nil for a stream without TLS.
func (l *Link) settled() (*tls.Conn, error) {
	l.mu.Lock()
	upgrading := l.upgrading
	l.mu.Unlock()
	if upgrading == nil {
		return nil, nil
	}
	select {
	case <-upgrading:
	case <-l.closed:
		return nil, net.ErrClosed // the handshake may still be reading
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.secure, l.refused
}

// readRecords waits for a whole record and returns what all whole records that
// then wait carry.
func readRecords(w *wire, secure *tls.Conn) ([]byte, error) {
	for {
		for !w.more && !w.whole() && w.err == nil {
			w.fill()
		}
		opened := w.buffers.take()
		n, err := openRecords(w, secure, opened[:])
		w.more = n == len(opened)
		chunk := append([]byte(nil), opened[:n]...)
		w.buffers.put(opened)
		if len(w.buf) == 0 {
			w.release()
		}
		if len(chunk) > 0 || err != nil {
			return chunk, err
		}
	}
}

// openRecords opens the whole records that wait, as far as there is room, without
// waiting for more.
func openRecords(w *wire, secure *tls.Conn, into []byte) (n int, err error) {
	w.nowait = true
	for n < len(into) {
		m, err := secure.Read(into[n:])
		n += m
		switch {
		case err == notNow{}:
			return n, nil
		case err != nil:
			return n, w.endOf(err)
		case !w.whole() && w.err == nil:
			return n, nil
		}
	}
	return n, nil
}

// endOf tells apart how a TLS stream ended.
func (w *wire) endOf(err error) error {
	switch {
	case err == io.EOF && w.sawEOF():
		return ErrNoCloseNotify
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("link: the connection ended inside a TLS record: %w", err)
	}
	return err
}
