// Package xmpp holds what every other part of xmppscope stands on: the bytes
// of a stream cut into frames, views of the elements in them, what the frames
// state about their stream, and the names of the field (RFC 6120, RFC 7622).
//
// A [Scanner] cuts one direction of a stream into [Frame] values, exactly and
// without ever failing. [Summarize] tells what a list shows of a frame, an
// [Element] lets one look into it and edit it span by span, [Check] finds what
// is wrong with its bytes, and an [Observer] follows the negotiation of both
// directions. Nothing here does I/O, starts a goroutine or looks at a clock.
package xmpp
