package captures

import (
	"errors"
	"io"
	"sync"
)

// memory is a writeFile for where no file can be made. It holds no more than
// memoryLimit, and is then a full disk.
type memory struct {
	mu     sync.RWMutex // guards data
	data   [][]byte     // pieces of pageSize
	length int64
}

const memoryLimit = 64 << 20

var errMemoryFull = errors.New("64 MiB are recorded in memory, since no file could be made; restart with -w FILE, or set TMPDIR")

// WriteAt appends: off is where the file ends.
func (m *memory) WriteAt(p []byte, off int64) (n int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(p) > 0 {
		if m.length >= memoryLimit {
			return n, errMemoryFull
		}
		k := int(m.length / pageSize)
		if k == len(m.data) {
			m.data = append(m.data, make([]byte, pageSize))
		}
		c := copy(m.data[k][m.length%pageSize:], p)
		p, n, m.length = p[c:], n+c, m.length+int64(c)
	}
	return n, nil
}

func (m *memory) ReadAt(p []byte, off int64) (n int, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for n < len(p) {
		if off >= m.length {
			return n, io.EOF
		}
		in := off % pageSize
		page := m.data[off/pageSize]
		c := copy(p[n:], page[in:min(pageSize, in+m.length-off)])
		n, off = n+c, off+int64(c)
	}
	return n, nil
}

func (m *memory) Truncate(size int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.length = min(size, m.length)
	m.data = m.data[:(m.length+pageSize-1)/pageSize]
	return nil
}

func (m *memory) Close() error { return nil }
