// Package samples holds captures of real sessions, recorded through the proxy.
package samples

import "embed"

// Session is the name of the capture that is shown when nothing else is asked
// for.
const Session = "session.pcapng"

// Files holds the captures.
//
//go:embed *.pcapng
var Files embed.FS
