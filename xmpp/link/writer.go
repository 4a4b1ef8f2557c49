package link

import (
	"crypto/tls"
	"errors"
	"slices"
)

// order is one thing for the writer to do. Exactly one field is set.
type order struct {
	chunk   []byte
	upgrade *upgrade
	finish  bool
}

// errFinished ends the writer after CloseWrite.
var errFinished = errors.New("link: finished")

// writeLoop carries out the orders, and tells how it ended.
func (l *Link) writeLoop() {
	err := guard(l.writeAll)
	l.wire.end()
	if l.stop(err) {
		l.postLast(Upgraded{Link: l, Err: err})
	}
	switch {
	case err == errFinished:
		l.postLast(Drained{Link: l, Closed: true})
	case err != nil:
		l.postLast(Drained{Link: l, Err: err})
	}
}

// stop drops what is queued, and reports whether a StartTLS was among it.
func (l *Link) stop(err error) (refused bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	refused = slices.ContainsFunc(l.queue, func(o order) bool { return o.upgrade != nil })
	if refused {
		l.refused = err
		close(l.upgrading)
	}
	l.broken, l.queue, l.queued = true, nil, 0
	return refused
}

func (l *Link) writeAll() error {
	var batch [][]byte
	for {
		var next order
		var secure *tls.Conn
		batch, next, secure = l.nextBatch(batch[:0])
		switch {
		case len(batch) > 0:
			if err := l.writeBatch(batch, secure); err != nil {
				return err
			}
			clear(batch)
			if cap(batch) > 64 {
				batch = nil
			}
		case next.upgrade != nil:
			u := next.upgrade
			l.running.Go(func() { l.handshake(u) })
		case next.finish:
			return l.finish(secure)
		default:
			if err := l.wire.flush(); err != nil { // the reader answered a key update
				return err
			}
			select {
			case <-l.wake:
			case <-l.closed:
				return nil
			}
		}
	}
}

// nextBatch takes what is next from the queue: one chunk of any size, or
// several that are a batch together, or another order. It takes nothing while
// a handshake is under way, nor ever again if it failed.
func (l *Link) nextBatch(batch [][]byte) ([][]byte, order, *tls.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.shaking || l.refused != nil {
		return batch, order{}, nil
	}
	if first := l.queue[0]; first.chunk == nil {
		l.dequeue(1)
		l.shaking = first.upgrade != nil
		return batch, first, l.secure
	}
	size := 0
	for _, o := range l.queue {
		size += len(o.chunk)
		if o.chunk == nil || len(batch) > 0 && size > batchSize {
			break
		}
		batch = append(batch, o.chunk)
	}
	l.dequeue(len(batch))
	return batch, order{}, l.secure
}

// dequeue forgets the first n orders. The caller holds mu.
func (l *Link) dequeue(n int) {
	clear(l.queue[:n])
	l.queue = l.queue[n:]
	if len(l.queue) == 0 {
		l.queue = nil
	}
}

// writeBatch sends chunks, joined, as large TLS records if there is TLS.
func (l *Link) writeBatch(batch [][]byte, secure *tls.Conn) error {
	write := l.conn.Write
	if secure != nil {
		write = secure.Write // gathered by the wire, sent by flush
	}
	if len(batch) > 1 {
		store := l.cfg.Buffers.take()
		joined := store[:0]
		for _, chunk := range batch {
			joined = append(joined, chunk...)
		}
		_, err := write(joined)
		l.cfg.Buffers.put(store)
		return l.wrote(len(joined), err)
	}
	for chunk := batch[0]; len(chunk) > 0; {
		piece := chunk[:min(len(chunk), batchSize)]
		_, err := write(piece)
		if err := l.wrote(len(piece), err); err != nil {
			return err
		}
		chunk = chunk[len(piece):]
	}
	return nil
}

// wrote sends what was gathered from n bytes of the queue, if writing them
// went well, and tells the owner if the queue has room again.
func (l *Link) wrote(n int, err error) error {
	if err == nil {
		err = l.wire.flush()
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.queued -= n
	drained := l.full && l.queued < l.cfg.Budget
	if drained {
		l.full = false
	}
	l.mu.Unlock()
	if drained {
		l.post(Drained{Link: l})
	}
	return nil
}

// finish ends the sending half.
func (l *Link) finish(secure *tls.Conn) error {
	if secure != nil {
		if err := secure.CloseWrite(); err != nil {
			return err
		}
		if err := l.wire.flush(); err != nil {
			return err
		}
	}
	var err error
	if half, ok := l.conn.(interface{ CloseWrite() error }); ok {
		err = half.CloseWrite()
	} else if secure == nil {
		err = l.conn.Close()
	}
	if err != nil {
		return err
	}
	return errFinished
}
