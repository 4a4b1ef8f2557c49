package captures

import (
	"strconv"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// The words that the format has for the values of enumerations are part of
// the format: the String methods serve people and may change.

func eventWord(k trace.EventKind) string {
	return nth(int(k), "opened", "connected", "framed", "unfinished", "noted", "ended", "closed", "snapshot")
}

func originWord(o trace.Origin) string { return nth(int(o), "peer", "user", "rule", "tool") }

func legWord(l trace.Leg) string { return nth(int(l), "both", "client", "upstream") }

func severityWord(s trace.Severity) string { return nth(int(s), "info", "warning", "failure") }

func frameWord(k xmpp.Kind) string {
	return nth(int(k), "raw", "declaration", "header", "element", "space", "footer")
}

func flawWord(f xmpp.Flaw) string {
	return nth(int(f), "none", "unfinished", "torn", "oversized", "too-deep", "text", "stray-end", "misnested",
		"markup", "comment", "instruction", "doctype", "bom")
}

// nth falls back to the number, which no reader knows.
func nth(i int, words ...string) string {
	if i < len(words) {
		return words[i]
	}
	return strconv.Itoa(i)
}

// value is the reverse of a word function: the number below limit whose word
// is v.
func value[T ~uint8](v []byte, limit T, word func(T) string) (T, bool) {
	for i := range limit {
		if string(v) == word(i) {
			return i, true
		}
	}
	return 0, false
}

// Limits of value: one more than the highest that has a word.
const (
	eventLimit    = snapshot + 1
	originLimit   = trace.Tool + 1
	legLimit      = trace.UpstreamLeg + 1
	severityLimit = trace.Failure + 1
	frameLimit    = xmpp.KindFooter + 1
	flawLimit     = xmpp.FlawBOM + 1
)
