package ca

import (
	"container/list"
	"crypto/tls"
	"sync"
)

// cacheSize bounds how many leaves are kept, since clients choose the names.
const cacheSize = 1024

// cache keeps the leaves used last. Of callers that want the same leaf at
// once, one mints and the others wait. The zero cache is empty.
type cache struct {
	mu   sync.Mutex // guards byID and used; never held while minting
	byID map[leafID]*list.Element
	used list.List // of *cacheEntry, the last used first
}

type cacheEntry struct {
	id   leafID
	leaf func() (*tls.Certificate, error)
}

// get returns the leaf, made by mint if it is not there. A failure is not
// kept.
func (c *cache) get(id leafID, mint func() (*tls.Certificate, error)) (*tls.Certificate, error) {
	c.mu.Lock()
	element, ok := c.byID[id]
	if ok {
		c.used.MoveToFront(element)
	} else {
		element = c.add(&cacheEntry{id: id, leaf: sync.OnceValues(mint)})
	}
	c.mu.Unlock()

	leaf, err := element.Value.(*cacheEntry).leaf()
	if err != nil {
		c.mu.Lock()
		c.remove(element)
		c.mu.Unlock()
	}
	return leaf, err
}

func (c *cache) add(e *cacheEntry) *list.Element {
	if c.byID == nil {
		c.byID = make(map[leafID]*list.Element)
	}
	element := c.used.PushFront(e)
	c.byID[e.id] = element
	if c.used.Len() > cacheSize {
		c.remove(c.used.Back())
	}
	return element
}

func (c *cache) remove(element *list.Element) {
	id := element.Value.(*cacheEntry).id
	if c.byID[id] == element {
		delete(c.byID, id)
		c.used.Remove(element)
	}
}
