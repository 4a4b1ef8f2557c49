package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "xmppscope/"

// layers are the packages from top to bottom: each imports only from below.
var layers = []string{
	"cmd/xmppscope", "inspect/tui", "inspect", "replay", "proxy", "proxy/ca", "captures",
	"xmpp/lab", "xmpp/server", "xmpp/client", "xmpp/sasl", "xmpp/link", "xmpp/filter", "xmpp/trace", "xmpp",
}

// edges are the imports that exist between our packages, tests left out. A
// new one is a decision: add it here and say why in the commit.
var edges = map[string][]string{
	"cmd/xmppscope": {"inspect/tui", "inspect", "proxy", "proxy/ca", "captures", "captures/samples", "xmpp/link", "xmpp/filter"},
	"inspect/tui":   {"inspect", "captures", "xmpp/filter", "xmpp/trace", "xmpp"},
	"inspect":       {"captures", "xmpp/filter", "xmpp/trace", "xmpp"},
	"proxy":         {"xmpp/link", "xmpp/trace", "xmpp"},
	"proxy/ca":      {"xmpp"},
	"captures":      {"xmpp/filter", "xmpp/trace", "xmpp"},
	"xmpp/filter":   {"xmpp"},
	"xmpp/trace":    {"xmpp"},
}

// strangers are packages from outside of which only some of ours may know.
var strangers = map[string][]string{
	"github.com/rivo/tview":                  {"inspect/tui"},
	"github.com/gdamore/tcell":               {"inspect/tui"},
	"github.com/alecthomas/chroma/v2/lexers": nil, // 3.2 MB that our own tokenizer replaces
	"github.com/spf13/cobra":                 {"cmd/xmppscope"},
	"net":                                    {"cmd/xmppscope", "proxy", "proxy/ca", "xmpp/link"},
	"crypto/tls":                             {"cmd/xmppscope", "proxy", "proxy/ca", "xmpp/link"},
	"testing":                                nil,
	module + "cmd/xmppscope/internal/peers":  nil, // for tests only
	"github.com/google/gopacket":             nil, // the maintained one is gopacket/gopacket
	"encoding/xml":                           nil, // it forgets bytes; package xmpp does not
}

// listed is what the test needs of go list -json.
type listed struct {
	ImportPath string
	Imports    []string
}

// list returns all packages of the module as they are built for a system.
func list(t *testing.T, system string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestImports(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		packages := list(t, system)
		if len(packages) < 8 {
			t.Fatalf("go list for %s names only %d packages", system, len(packages))
		}
		for _, p := range packages {
			from := strings.TrimPrefix(p.ImportPath, module)
			if strings.HasPrefix(from, "cmd/xmppscope/internal/peers") {
				continue // part of the tests
			}
			checkPackage(t, from, p.Imports)
			for _, to := range edges[from] {
				if !slices.Contains(p.Imports, module+to) {
					t.Errorf("%s does not import %s on %s: the edge is to go", from, to, system)
				}
			}
		}
	}
}

// checkPackage holds the imports of one package against the picture.
func checkPackage(t *testing.T, from string, imports []string) {
	t.Helper()
	for _, imported := range imports {
		to, ours := strings.CutPrefix(imported, module)
		if ours && !slices.Contains(edges[from], to) {
			t.Errorf("%s imports %s: a new edge, which DESIGN.md's picture does not have", from, to)
		}
		if ours && depth(from) >= depth(to) {
			t.Errorf("%s imports %s, which does not stand below it", from, to)
		}
		for stranger, allowed := range strangers {
			if (imported == stranger || strings.HasPrefix(imported, stranger+"/v")) && !slices.Contains(allowed, from) {
				t.Errorf("%s imports %s, which only %v may", from, imported, allowed)
			}
		}
	}
}

// depth returns how far down a package stands. What is not in layers, such as
// captures/samples, stands directly below the package that its path begins with.
func depth(name string) float64 {
	for extra := 0.0; name != "."; name, extra = path.Dir(name), extra+0.5 {
		if i := slices.Index(layers, name); i >= 0 {
			return float64(i) + extra
		}
	}
	return -1 // above everything: nobody may import it
}
