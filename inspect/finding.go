package inspect

import (
	_ "embed"
	"encoding/csv"
	"strings"
	"sync"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// Severity grades a [Finding], as it grades notes.
type Severity = trace.Severity

// Finding is a remark on the bytes of one row.
type Finding struct {
	Rule     string // id of what is broken: xml-unbound-prefix
	Severity Severity
	Offset   int64  // in its direction of the stream
	Text     string // one sentence for people; clean
	Spec     string // "RFC 6120 §11.3", or "" where only a limit of ours is meant
}

//go:embed findings.csv
var findingsCSV string

// knownFindings holds every Finding that there is, by rule, without offsets.
var knownFindings = sync.OnceValue(func() map[string]Finding {
	records, err := csv.NewReader(strings.NewReader(findingsCSV)).ReadAll()
	if err != nil {
		panic("findings.csv: " + err.Error())
	}
	known := make(map[string]Finding, len(records))
	severities := map[string]Severity{"error": trace.Failure, "warning": trace.Warning}
	for _, r := range records[1:] {
		f := Finding{Rule: r[0], Severity: severities[r[1]], Text: r[2]}
		if r[3] != "" {
			f.Spec = r[3] + " §" + r[4]
		}
		known[f.Rule] = f
	}
	return known
})

// Findings returns what is wrong with the row's bytes, in no order: what
// [xmpp.Check] found, and limits that were reached. In a frame whose stream
// header is not known, prefixes are not judged.
func (r Row) Findings() []Finding {
	if !r.HasFrame() {
		return nil
	}
	var findings []Finding
	add := func(f xmpp.Fault) {
		finding, ok := knownFindings()[f.Rule]
		if !ok {
			finding = Finding{Rule: f.Rule, Severity: trace.Failure, Text: f.Rule}
		}
		finding.Offset = f.Offset
		findings = append(findings, finding)
	}
	frame := r.Event.Frame
	switch frame.Flaw {
	case xmpp.FlawOversized:
		add(xmpp.Fault{Rule: "limit-frame-size", Offset: frame.Offset})
	case xmpp.FlawTooDeep:
		add(xmpp.Fault{Rule: "limit-depth", Offset: frame.Offset})
	case xmpp.FlawUnfinished:
		add(xmpp.Fault{Rule: "unfinished", Offset: frame.Offset})
		return findings // whatever else is wrong may yet be put right
	}
	xmpp.Check(frame, r.Scope, func(f xmpp.Fault) {
		if r.Scope != nil || f.Rule != "xml-unbound-prefix" {
			add(f)
		}
	})
	return findings
}

// Sign returns the letter that the gutter shows for the row: ✖ for a failure,
// an error stanza or broken bytes, ▲ for a warning, ✎ for edited, + for sent
// by a person, a rule or xmppscope itself, and 0 for nothing. It is meant for
// what is on screen: it reads the whole frame.
func (r Row) Sign() rune {
	worst := trace.Info
	if r.Event.Note != nil {
		worst = r.Event.Note.Severity
	}
	for _, f := range r.Findings() {
		worst = max(worst, f.Severity)
	}
	if r.HasFrame() && worst < trace.Failure && isError(r.summarize(r.Event.Frame)) {
		worst = trace.Failure
	}
	switch {
	case worst == trace.Failure:
		return '✖'
	case worst == trace.Warning:
		return '▲'
	case r.Event.Replaces != 0:
		return '✎'
	case r.HasFrame() && r.Event.Origin != trace.Peer:
		return '+'
	}
	return 0
}

// isError reports whether a frame says that something failed: a stanza of
// type error, a stream error, a SASL failure.
func isError(s xmpp.Summary) bool {
	if s.Class == xmpp.ClassNonza {
		return len(s.Condition) > 0
	}
	return string(s.Type) == "error"
}
