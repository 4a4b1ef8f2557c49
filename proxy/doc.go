// Package proxy stands between XMPP clients and servers: it ends TLS on both
// sides, relays every byte as it comes, and tells a [trace.Sink] what passed.
//
//	           ┌──────────────────── session ────────────────────┐
//	client ──> Link ──> inbox ──> Core ──> Link ──> server
//	server ──> Link ──> inbox ──┘    └──> Sink
//
// A [Core] is one session as a state machine without I/O: it takes an [Input]
// and the time, and returns an [Output] of records and actions. Each state
// says what it waits for. A session is the goroutine that owns one Core and
// its two links, and a [Server] accepts clients and makes sessions.
//
// # What a session looks like
//
// The client's first bytes tell plain XMPP from Direct TLS (XEP-0368); the
// server is reached as the [Mode] says. Four ways follow:
//
//	client       server      what happens
//	STARTTLS     STARTTLS    all of it is relayed; TLS is made with the server first, and
//	                         only then does the client get <proceed/>
//	Direct TLS   STARTTLS    our own header, <starttls/> and TLS upstream, then the client's header
//	STARTTLS     Direct TLS  TLS upstream, then we offer STARTTLS in the server's place
//	Direct TLS   Direct TLS  TLS with both, then relay
//
// A client that does without TLS gets its wish, but upstream TLS is used
// wherever the server offers it. What one leg alone spoke is recorded as
// such; so are the originals of features that were edited.
//
// # What is held back
//
// Frames are looked at as they pass. Only what may be a step of STARTTLS or of
// the login is held back until it is whole, and for a second at most.
// Everything else leaves as it came, in pieces where it came in pieces.
//
// # How sessions end
//
// A half-close goes through. When both ends have ended, or one connection
// broke, everything received is sent, and then both are closed. No stream
// footer is ever forged. There is no idle timeout.
package proxy
