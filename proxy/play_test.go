package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"xmppscope/xmpp/trace"
)

var update = flag.Bool("update", false, "rewrite the plays with what the Core does now")

// TestPlays plays the dialogues in testdata. In each, a line at the margin is
// an input, the indented lines below it are all that the Core makes of it:
//
//	mode M, login L, domain D, last-seen D   the policy, before everything else
//	client> TEXT       the client sent TEXT; quoted text may hold escapes
//	server> TEXT       the server sent TEXT
//	client ended [ERROR], server ended [ERROR]
//	dialed [direct|late], dial failed ERROR
//	secured LEG [sni=NAME] [alpn=NAME], insecure LEG ERROR
//	filled LEG, drained LEG, flushed LEG, broken LEG ERROR
//	wait DURATION      time passes, and Ticked comes if a timer was set
//	stopped, shut
//	grants             from here on grants and timers are shown
//
// The play must end in the state Finished, or with the line "open" and the
// state that it leaves the session in.
func TestPlays(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no plays", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, play := range archive.Files {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+play.Name, func(t *testing.T) {
				got := newStage(t).perform(string(play.Data))
				if *update {
					archive.Files[i].Data = []byte(got)
				} else if diff := cmp.Diff(strings.Split(string(play.Data), "\n"), strings.Split(got, "\n")); diff != "" {
					t.Error(diff)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// stage is where a play is performed.
type stage struct {
	t      *testing.T
	policy Policy
	last   string
	core   *Core
	start  time.Time
	now    time.Time
	timer  time.Time
	grants bool
	out    strings.Builder
	shut   bool

	sent    [2]strings.Builder // what each leg sent
	written [2]strings.Builder // what was written to each
	passed  [2]strings.Builder // EndToEnd frames of each direction
}

func newStage(t *testing.T) *stage {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return &stage{t: t, start: start, now: start, policy: Policy{Session: 1}}
}

// perform returns the play with what the Core makes of its inputs.
func (s *stage) perform(play string) string {
	ending := false
	for _, line := range strings.Split(strings.TrimRight(play, "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "  "):
			continue
		case line == "", strings.HasPrefix(line, "#"):
		case ending:
			s.t.Errorf("%q after the end", line)
		case s.set(line):
		case strings.HasPrefix(line, "open"):
			line = "open " + s.core.State().String()
			ending = true
		default:
			if s.core == nil {
				s.raise()
			}
			fmt.Fprintln(&s.out, line)
			s.cue(line)
			continue
		}
		fmt.Fprintln(&s.out, line)
	}
	if s.core == nil || !ending && s.core.State() != Finished {
		s.t.Errorf("the play is left unfinished")
	}
	for leg := range s.passed {
		if passed, written := s.passed[leg].String(), s.written[1-leg].String(); !s.subsequence(passed, written) {
			s.t.Errorf("the frames recorded as passed from the %s were not written:\n%q\n%q", Leg(leg), passed, written)
		}
	}
	return s.out.String()
}

// subsequence reports whether all of a stands in b, in order, piece by piece.
func (s *stage) subsequence(a, b string) bool {
	for i := range len(a) {
		j := strings.IndexByte(b, a[i])
		if j < 0 {
			return false
		}
		b = b[j+1:]
	}
	return true
}

// set takes a line of the policy.
func (s *stage) set(line string) bool {
	key, value, _ := strings.Cut(line, " ")
	var err error
	switch key {
	case "mode":
		s.policy.Mode, err = ParseMode(value)
	case "login":
		s.policy.Login, err = ParseLogin(value)
	case "domain":
		s.policy.Domain = value
	case "last-seen":
		s.last = value
	case "grants":
		s.grants = true
	default:
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return true
}

func (s *stage) raise() {
	s.core = NewCore(s.policy)
	out := s.core.Handle(s.now, Accepted{
		Addr: netip.MustParseAddrPort("192.0.2.1:40000"), LastSeen: s.last, StreamID: "ours",
	})
	s.show(out)
}

var playErrors = map[string]error{
	"refused":    &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED},
	"gone":       &net.OpError{Op: "close", Err: os.NewSyscallError("shutdown", syscall.ENOTCONN)},
	"reset":      &net.OpError{Op: "read", Err: syscall.ECONNRESET},
	"pipe":       &net.OpError{Op: "write", Err: syscall.EPIPE},
	"eof":        io.EOF,
	"unknown-ca": &net.OpError{Op: "remote error", Err: tls.AlertError(48)},
	"untrusted":  x509.UnknownAuthorityError{},
	"no-domain":  noDomainError{},
}

// cue hands one input to the Core.
func (s *stage) cue(line string) {
	if from, text, ok := strings.Cut(line, "> "); ok && (from == "client" || from == "server") {
		s.input(s.received(from, text))
		return
	}
	words := strings.Fields(line)
	if len(words) < 2 {
		words = append(words, "")
	}
	leg, failure := legNamed(words[1]), error(nil)
	if last := words[len(words)-1]; playErrors[last] != nil {
		failure = playErrors[last]
	}
	switch words[0] + " " + words[1] {
	case "client ended", "server ended":
		s.input(Ended{legNamed(words[0]), failure})
		return
	case "dial failed":
		s.input(Dialed{Target: "server.example:5222", Err: failure})
		return
	}
	switch words[0] {
	case "dialed":
		var tried []string
		if words[1] == "late" {
			tried = []string{"192.0.2.9:5222 (other.example): connection refused"}
		}
		s.input(Dialed{Addr: netip.MustParseAddrPort("192.0.2.2:5222"), Target: "server.example:5222", DirectTLS: words[1] == "direct", Tried: tried})
	case "secured", "insecure":
		s.input(Secured{Leg: leg, Facts: factsIn(words[2:]), Err: failure})
	case "filled":
		s.input(Filled{leg})
	case "drained":
		s.input(Drained{leg})
	case "flushed":
		s.input(Flushed{leg})
	case "broken":
		s.input(Broken{leg, failure})
	case "wait":
		s.wait(words[1])
	case "stopped":
		s.input(Stopped{})
	case "shut":
		s.shut = true
		s.input(Shut{})
	default:
		s.t.Fatalf("what is %q?", line)
	}
}

// factsIn reads sni=NAME and alpn=NAME.
func factsIn(words []string) TLSFacts {
	facts := TLSFacts{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256"}
	for _, w := range words {
		switch key, value, _ := strings.Cut(w, "="); key {
		case "sni":
			facts.SNI = value
		case "alpn":
			facts.ALPN, facts.Offered = value, []string{value}
		}
	}
	return facts
}

func legNamed(name string) Leg {
	if name == "client" {
		return Client
	}
	return Upstream
}

func (s *stage) received(from, text string) Received {
	if strings.HasPrefix(text, `"`) {
		unquoted, err := strconv.Unquote(text)
		if err != nil {
			s.t.Fatalf("%s: %v", text, err)
		}
		text = unquoted
	}
	s.sent[legNamed(from)].WriteString(text)
	return Received{legNamed(from), []byte(text)}
}

// wait lets time pass.
func (s *stage) wait(duration string) {
	d, err := time.ParseDuration(duration)
	if err != nil {
		s.t.Fatal(err)
	}
	until := s.now.Add(d)
	for !s.timer.IsZero() && !s.timer.After(until) {
		s.now, s.timer = s.timer, time.Time{}
		s.input(Ticked{})
	}
	s.now = until
}

func (s *stage) input(in Input) { s.show(s.core.Handle(s.now, in)) }

// show writes down an output.
func (s *stage) show(out Output) {
	for _, r := range out.Records {
		s.showRecord(r)
	}
	for _, a := range out.Actions {
		switch a := a.(type) {
		case Write:
			text := ""
			for _, chunk := range a.Chunks {
				text += string(chunk)
			}
			s.written[a.Leg].WriteString(text)
			s.line("%s< %s", map[Leg]string{Client: "client", Upstream: "server"}[a.Leg], quoteIfNeeded(text))
		case Dial:
			s.line("dial %s", a.Domain)
		case StartTLS:
			s.line("start TLS %s domain=%s prefix=%q sni-first=%v alpn=%v", a.Leg, a.Domain, a.Prefix, a.PreferSNI, a.Protocols)
		case CloseWrite:
			s.line("close write %s", a.Leg)
		case Close:
			s.line("close")
		case Remember:
			s.line("remember %s", a.Domain)
		case Grant:
			if s.grants {
				s.line("grant %s", a.Leg)
			}
		case SetTimer:
			s.timer = a.At
			if s.grants {
				s.line("timer %s", a.At.Sub(s.start))
			}
		}
	}
}

func (s *stage) line(format string, args ...any) { fmt.Fprintf(&s.out, "  "+format+"\n", args...) }

func quoteIfNeeded(text string) string {
	if strings.ContainsAny(text, "\n\r\t\x00") || strings.TrimSpace(text) != text || text == "" || text[0] == '"' {
		return strconv.Quote(text)
	}
	return text
}

func (s *stage) showRecord(r Record) {
	if r.Session != 1 || r.Time != s.now {
		s.t.Errorf("event of session %d at %v", r.Session, r.Time)
	}
	text := fmt.Sprintf("[%s %s", r.Kind, r.Leg)
	if r.Kind == trace.Framed || r.Kind == trace.Unfinished || r.Kind == trace.Ended {
		text += " " + r.Dir.Arrow()
	}
	if r.Origin != trace.Peer {
		text += " by " + r.Origin.String()
	}
	if r.Key != 0 {
		text += fmt.Sprintf(" key=%d", r.Key)
	}
	if r.Replaces != 0 {
		text += fmt.Sprintf(" replaces=%d", r.Replaces)
	}
	if r.Kind == trace.Framed || r.Kind == trace.Unfinished {
		text += " " + r.Frame.Kind.String()
		if r.Frame.Flaw != 0 {
			text += " " + strings.ReplaceAll(r.Frame.Flaw.String(), " ", "-")
		}
		if r.Known > 0 {
			text += fmt.Sprintf(" known=%d", r.Known)
		}
		text += " " + short(string(r.Frame.Raw))
	}
	if r.Note != nil {
		text += fmt.Sprintf(" %s %s: %s", r.Note.Topic, r.Note.Severity, r.Note.Text)
	}
	s.line("%s]", text)
	if r.Kind == trace.Framed && r.Leg == trace.EndToEnd {
		s.passed[r.Dir].Write(r.Frame.Raw)
	}
}

func short(text string) string {
	if len(text) > 72 {
		text = text[:40] + "…" + text[len(text)-24:]
	}
	return quoteIfNeeded(text)
}
