package captures

import (
	"errors"
	"io"
	"sync"
)

const (
	pageSize  = 64 << 10
	pagesKept = 48
)

// pages caches parts of the capture's files. Pages are never written to again
// once they are in the cache, so that what view returns may alias them and be
// kept. Any goroutine may use it.
type pages struct {
	mu   sync.Mutex // guards what follows
	kept map[pageKey]*page
	tick uint64
}

type pageKey struct {
	volume int
	number int64
}

type page struct {
	data []byte // shorter than pageSize at the end of a file
	used uint64
}

// view returns n bytes at off, or fewer with io.EOF at the end of the file.
func (c *pages) view(volume int, file io.ReaderAt, off int64, n int) ([]byte, error) {
	number, start := off/pageSize, int(off%pageSize)
	if start+n > pageSize {
		p := make([]byte, n)
		got, err := file.ReadAt(p, off)
		if got == n {
			err = nil
		}
		return p[:got], err
	}
	data, err := c.page(pageKey{volume, number}, file, start+n)
	if err != nil {
		return nil, err
	}
	if len(data) < start+n {
		return data[min(start, len(data)):], io.EOF
	}
	return data[start : start+n : start+n], nil
}

// page returns a page that has at least want bytes, if the file has.
func (c *pages) page(key pageKey, file io.ReaderAt, want int) ([]byte, error) {
	if data := c.find(key); len(data) >= want {
		return data, nil
	}
	data := make([]byte, pageSize)
	n, err := file.ReadAt(data, key.number*pageSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	data = data[:n]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick++
	if c.kept == nil {
		c.kept = make(map[pageKey]*page)
	}
	c.kept[key] = &page{data: data, used: c.tick}
	for len(c.kept) > pagesKept {
		c.drop()
	}
	return data, nil
}

func (c *pages) find(key pageKey) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.kept[key]
	if p == nil {
		return nil
	}
	c.tick++
	p.used = c.tick
	return p.data
}

// drop removes the page that was not used for longest. The caller holds mu.
func (c *pages) drop() {
	var oldest pageKey
	least := uint64(1<<64 - 1)
	for key, p := range c.kept {
		if p.used < least {
			oldest, least = key, p.used
		}
	}
	delete(c.kept, oldest)
}
