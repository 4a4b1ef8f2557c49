package xmpp

import "bytes"

// Scope is the namespace declarations in force at some place of a stream
// (Namespaces in XML 1.0 §6). It is immutable and may be read from any
// goroutine; nil is a Scope with no declaration but that of "xml".
type Scope struct {
	outer  *Scope
	prefix string // "" for the default namespace
	uri    string
	raw    []byte // uri again, for those who must not allocate
}

const (
	xmlNS   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNS = "http://www.w3.org/2000/xmlns/"
)

// HeaderScope returns what the stream header (or any other start tag at the
// beginning of the frame) declares for the elements of its stream. It keeps
// nothing of the frame's bytes.
func HeaderScope(header Frame) *Scope {
	b := bytes.Clone(header.Raw) // a Scope lives as long as its stream, and must not hold a read buffer
	if len(b) < 2 || b[0] != '<' {
		return nil
	}
	return (*Scope)(nil).with(b, 1+len(nameOf(b[1:])))
}

// Lookup returns the namespace that prefix stands for, with "" for the default
// namespace, and whether it is declared. An undeclared default namespace is
// "", and declared.
func (s *Scope) Lookup(prefix string) (uri string, declared bool) {
	for ; s != nil; s = s.outer {
		if s.prefix == prefix {
			return s.uri, s.uri != "" || prefix == ""
		}
	}
	switch prefix {
	case "":
		return "", true
	case "xml":
		return xmlNS, true
	}
	return "", false
}

// lookup is Lookup for a prefix in bytes.
func (s *Scope) lookup(prefix []byte) string {
	for ; s != nil; s = s.outer {
		if s.prefix == string(prefix) {
			return s.uri
		}
	}
	if string(prefix) == "xml" {
		return xmlNS
	}
	return ""
}

// bytes is lookup without a string to be made, or nil if there is nothing.
func (s *Scope) bytes(prefix []byte) []byte {
	for ; s != nil; s = s.outer {
		if s.prefix == string(prefix) {
			return s.raw
		}
	}
	return nil
}

var xmlnsPrefix = []byte("xmlns")

// with returns the scope inside a start tag whose attributes begin at i.
func (s *Scope) with(b []byte, i int) *Scope {
	inner := s
	for a, ok := nextAttr(b, i); ok; a, ok = nextAttr(b, a.next) {
		prefix, declares := declaredPrefix(b[a.name:a.nameEnd])
		if declares {
			uri := UnescapeAttr(b[a.value:a.valueEnd])
			inner = &Scope{outer: inner, prefix: string(prefix), uri: string(uri), raw: uri}
		}
	}
	return inner
}

// declaredPrefix returns the prefix that an attribute of this name declares.
func declaredPrefix(name []byte) (prefix []byte, declares bool) {
	if !bytes.HasPrefix(name, xmlnsPrefix) {
		return nil, false
	}
	rest := name[len(xmlnsPrefix):]
	if len(rest) == 0 {
		return nil, true
	}
	if rest[0] != ':' {
		return nil, false
	}
	return rest[1:], true
}
