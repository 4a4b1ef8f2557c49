package link

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
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
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.secure, l.refused
}

// readRecords waits for a whole record and returns what all whole records that
// then wait carry.
func readRecords(w *wire, secure *tls.Conn) ([]byte, error) {
	for {
		for !w.whole() && w.err == nil {
			w.fill()
		}
		chunk, err := openRecords(w, secure)
		if len(w.buf) == 0 {
			w.release()
		}
		// Padding (RFC 8446 §5.4) must not make few bytes hold much memory.
		if len(chunk) < cap(chunk)/2 {
			chunk = bytes.Clone(chunk)
		}
		if len(chunk) > 0 || err != nil {
			return chunk, err
		}
	}
}

// openRecords opens all whole records that wait, without waiting for more.
func openRecords(w *wire, secure *tls.Conn) ([]byte, error) {
	// The least that a record adds: header, the tag of an AEAD, and in TLS 1.3
	// the inner type. So the chunk always has room for all that is opened.
	const overhead = recordHeader + 16
	w.nowait = true
	chunk := make([]byte, 0, max(w.payload(overhead), 1))
	for {
		n, err := secure.Read(chunk[len(chunk):cap(chunk)])
		chunk = chunk[:len(chunk)+n]
		switch {
		case err == notNow{}:
			return chunk, nil
		case err != nil:
			return chunk, w.endOf(err)
		case len(chunk) == cap(chunk), !w.whole() && w.err == nil:
			return chunk, nil
		}
	}
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
