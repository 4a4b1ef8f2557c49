package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"xmppscope/captures"
	"xmppscope/captures/samples"
	"xmppscope/inspect"
)

// openSample opens the recorded sample session. It is embedded in the
// program, and put into a file for as long as it takes to open it.
func openSample(ctx context.Context) (*captures.Store, error) {
	dir, err := os.MkdirTemp("", "xmppscope-sample-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) // where open files cannot be removed, it stays behind
	name := filepath.Join(dir, samples.Session)
	content, err := samples.Files.ReadFile(samples.Session)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return nil, err
	}
	return captures.Open(ctx, []string{name}, captures.OpenOptions{})
}

// printSample prints the sample session as dump would, and how to go on.
func printSample(ctx context.Context, p *process) error {
	store, err := openSample(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	everything, err := parseFilter(nil)
	if err != nil {
		return err
	}
	if err := newPrinting(p, inspect.Text, everything, false).rows(ctx, store); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, `To browse it: xmppscope open
To see your own: xmppscope proxy -m reverse:YOUR.SERVER, your client connected to %s; 'xmppscope ca' says how it trusts us
`, defaultListen)
	return err
}
