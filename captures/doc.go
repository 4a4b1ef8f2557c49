// Package captures records what passed as a pcapng file that Wireshark opens,
// and reads such files back: the writer, the reader, the index and the Store.
//
//	trace.Sink ──> Recorder ──> file ──> Store (rows by number, payload by ReadAt)
//	                   └──> index entries ──┘
//
// A [Recorder] is the only writer of its file. A [Store] is what screens,
// printers and filters read; it is the same type for a capture in the making
// and for files that were opened, and holds one small [Entry] a row, never
// content. The format is described in docs/capture-format.md.
package captures
