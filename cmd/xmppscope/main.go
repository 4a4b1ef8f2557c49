// Command xmppscope stands between any XMPP client and any server, ends TLS on
// both sides, and shows and records every stanza as it passes.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

// run is the whole program as a process: it returns the exit status.
func run() int {
	// A reader that goes away, as in "xmppscope dump | head", is seen as a
	// failed write, so that the capture can still be completed.
	signal.Ignore(syscall.SIGPIPE)
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup asks for
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends at once
	return execute(ctx, os.Args[1:], &process{
		stdin:  os.Stdin,
		stdout: os.Stdout,
		stderr: os.Stderr,
		lookup: os.LookupEnv,
	})
}
