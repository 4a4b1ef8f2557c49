package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/smallstep/truststore"

	"xmppscope/proxy/ca"
)

// runCA runs the command and returns what it prints.
func runCA(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := newCACommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	err := cmd.Execute()
	return out.String(), err
}

func TestCAShows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my own")
	out, err := runCA(t, "--ca-dir", dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ca.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	wants := []string{a.Path(), a.Root().Subject.CommonName, ca.Fingerprint(a.Root()), a.Root().NotAfter.Format("2006-01-02"),
		"SSL_CERT_FILE=" + a.Path() + " CLIENT", "set ssl_ca = " + a.Path()}
	for _, g := range trustGuides() {
		wants = append(wants, "\n"+g.Client+"\n  trust ")
	}
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.ContainsAny(out, "`{}") || strings.Contains(out, "expired") {
		t.Errorf("marks are left in\n%s", out)
	}
}

func TestCAPrints(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"print"}, {"--print"}} {
		out, err := runCA(t, append(args, "--ca-dir", dir)...)
		if err != nil {
			t.Fatal(err)
		}
		if file, err := os.ReadFile(filepath.Join(dir, ca.CertificateFile)); err != nil || out != string(file) {
			t.Errorf("%v prints %q, the file holds %q, %v", args, out, file, err)
		}
	}
}

func TestCARefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{}, {"print"}, {"install"}, {"uninstall"}} {
		if _, err := runCA(t, append(args, "--ca-dir", filepath.Join(file, "x"))...); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := runCA(t, "--ca-dir", t.TempDir(), "nonsense"); err == nil {
		t.Error("an unknown command passed")
	}
	if refuseSudo("romeo", 0) == nil || refuseSudo("", 0) != nil || refuseSudo("romeo", 1000) != nil {
		t.Error("sudo is judged wrongly")
	}
}

// TestExplainStore: whatever the system's store says, the user reads why and
// what is left.
func TestExplainStore(t *testing.T) {
	if got := explainStore(truststore.ErrNotSupported, "/x/ca.pem").Error(); !strings.Contains(got, "/x/ca.pem") {
		t.Errorf("unsupported: %s", got)
	}
	failed := truststore.NewCmdError(errors.New("exit status 1"), exec.Command("tee", "f"), []byte("tee: f: Permission denied\n"))
	if got := explainStore(failed, "").Error(); !strings.HasPrefix(got, "failed to execute tee: exit status 1: tee: f: Permission denied") {
		t.Errorf("refused: %s", got)
	}
	other := errors.New("other")
	if got := explainStore(other, ""); !errors.Is(got, other) {
		t.Errorf("other: %v", got)
	}
}

func TestWrap(t *testing.T) {
	const pem = "/home/my self/ca.pem"
	for _, g := range trustGuides() {
		for _, step := range append(g.Trust, g.Untrust...) {
			if strings.Count(step, "`")%2 != 0 {
				t.Errorf("unbalanced: %s", step)
			}
			lines := wrap(step, 30, pem)
			for _, line := range lines {
				if utf8.RuneCountInString(line) > 30 && !strings.Contains(step, "`"+strings.ReplaceAll(line, pem, "{pem}")) {
					t.Errorf("%q is too long", line)
				}
			}
			want := strings.ReplaceAll(strings.ReplaceAll(step, "`", ""), "{pem}", pem)
			if got := strings.Join(lines, " "); got != want {
				t.Errorf("wrapped it says %q, want %q", got, want)
			}
		}
	}
}

// TestTrustPage holds docs/trust.md to the table of the command. With
// XMPPSCOPE_UPDATE=1 it writes the page's part anew.
func TestTrustPage(t *testing.T) {
	const begin, end = "<!-- begin: written by TestTrustPage -->\n", "<!-- end -->\n"
	var want strings.Builder
	for _, g := range trustGuides() {
		want.WriteString("\n### " + g.Client + "\n\n")
		for _, part := range []struct {
			label string
			steps []string
		}{{"Trust", g.Trust}, {"Untrust", g.Untrust}} {
			for i, step := range part.steps {
				step = strings.ReplaceAll(step, "{pem}", "ca.pem")
				if i == 0 {
					step = part.label + ": " + step
				}
				want.WriteString("- " + step + "\n")
			}
		}
	}
	want.WriteString("\n")

	path := filepath.Join("..", "..", "docs", "trust.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), begin)
	got, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no marks", path)
	}
	if got == want.String() {
		return
	}
	if os.Getenv("XMPPSCOPE_UPDATE") == "" {
		t.Fatalf("%s is stale: run XMPPSCOPE_UPDATE=1 go test -run TestTrustPage ./cmd/xmppscope", path)
	}
	if err := os.WriteFile(path, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
