package link

import "sync"

// maxRecord is the largest TLS record with its header: RFC 5246 §6.2.3 allows
// 2,048 bytes more than the 16,384 of payload, RFC 8446 §5.2 only 256.
const maxRecord = recordHeader + 16384 + 2048

// recordHeader is the length of a TLS record's header (RFC 8446 §5.1).
const recordHeader = 5

// batchSize is how many bytes are joined into one write, and about how many
// are delivered for one credit: four full records.
const batchSize = 4 * 16384

// buffer holds batchSize bytes as TLS records with whatever overhead.
type buffer [batchSize + 2048]byte

// Buffers lends the large buffers that links need while bytes move. Share one
// between all links of a program: Config.Buffers. The zero value is ready for
// use. Any goroutine may use it.
type Buffers struct{ pool sync.Pool }

func (b *Buffers) take() *buffer {
	if v := b.pool.Get(); v != nil {
		return v.(*buffer)
	}
	return new(buffer)
}

func (b *Buffers) put(x *buffer) { b.pool.Put(x) }
