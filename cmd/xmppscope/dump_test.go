package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"

	"xmppscope/captures"
	"xmppscope/inspect"
)

// TestPrintingHeedsInterruption: an interrupted print ends at once, and what
// it printed is complete.
func TestPrintingHeedsInterruption(t *testing.T) {
	name := filepath.Join(t.TempDir(), "session.pcapng")
	if err := record(name); err != nil {
		t.Fatal(err)
	}
	store, err := captures.Open(t.Context(), []string{name}, captures.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	everything, err := parseFilter(nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	p := &process{stdout: &out, lookup: func(string) (string, bool) { return "", false }}
	if err := newPrinting(p, inspect.XML, everything, false).rows(ctx, store); !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	const want = "<?xml version='1.0' encoding='UTF-8'?>\n<xmppscope:capture xmlns:xmppscope='urn:xmppscope:capture:1'>\n</xmppscope:capture>\n"
	if out.String() != want {
		t.Errorf("printed %q", out.String())
	}
}
