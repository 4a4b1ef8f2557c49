// Package link drives one connection: a reader that reads only when it was
// granted a credit, a writer that never makes its owner wait, the change to
// TLS in the middle of a stream (RFC 6120 §5), telling a connection's kind by
// its first bytes, and finding and dialling a domain's server (RFC 6120 §3.2,
// XEP-0368).
//
// A [Link] has one owner: the goroutine that calls its methods and to which
// it tells, through [Config].Post, what happened. Bytes are told as they
// came: the link knows nothing of XML.
//
// # Records
//
// What waits already is joined, and nothing is ever delayed to be joined. One
// credit delivers all that the socket held when it was looked at, up to about
// 64 KiB; one write carries all that was queued while the last one went out.
// So a flood of small TLS records travels on in few large ones, while a record
// that comes alone is delivered alone and leaves alone: a quiet stream keeps
// its record boundaries.
//
// # Memory
//
// Large buffers are borrowed from [Buffers] while bytes move, and the stack of
// a handshake is given back after it. What an idle link keeps is its two
// goroutines and the state of crypto/tls.
package link
