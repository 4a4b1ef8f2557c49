package samples_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xmppscope/captures"
	"xmppscope/captures/samples"
	"xmppscope/inspect"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// TestTranscripts compares each sample with its transcript: what is printed
// of it, with times that count from its beginning.
func TestTranscripts(t *testing.T) {
	names, err := fs.Glob(samples.Files, "*.pcapng")
	if err != nil || len(names) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			got := transcript(t, name)
			file := strings.TrimSuffix(name, ".pcapng") + ".txt"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// transcript prints a sample.
func transcript(t *testing.T, name string) []byte {
	t.Helper()
	store, err := captures.Open(context.Background(), []string{name}, captures.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var out bytes.Buffer
	printer := inspect.NewPrinter(&out, inspect.PrintOptions{Layout: true, Elapsed: true})
	for i := 0; ; i++ {
		if err := store.Wait(t.Context(), i); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		row, err := inspect.ReadRow(store, i, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := printer.Print(row); err != nil {
			t.Fatal(err)
		}
	}
	if remarks := store.Progress().Remarks; len(remarks) > 0 {
		t.Errorf("remarks: %q", remarks)
	}
	return out.Bytes()
}
