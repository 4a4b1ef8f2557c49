package proxy

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// watch follows the logins of a session and finds out why one fails. It keeps
// no secret.
type watch struct {
	mode    Login
	plus    []string   // -PLUS mechanisms that the server offered
	login   xmpp.Login // under way, or the last one
	under   bool       // it is under way
	hashes  bool       // the server sent hashes of what it offers (XEP-0474)
	refused string     // the mechanism that failed last
	notes   []trace.Note
}

// follow learns from the facts that an element of the stream stated.
func (w *watch) follow(facts xmpp.Facts, login xmpp.Login, e xmpp.Element) {
	w.login = login
	switch {
	case facts.Has(xmpp.FactFeatures):
		w.features(e)
	case facts.Has(xmpp.FactAuth):
		w.begin()
	case facts.Has(xmpp.FactChallenge):
		w.challenge(e)
	case facts.Has(xmpp.FactAbort):
		w.gaveUp()
	case facts.Has(xmpp.FactSuccess) && w.under:
		w.under, w.refused = false, ""
		w.note(trace.Info, "The client logged in"+w.by()+".", w.facts()...)
	case facts.Has(xmpp.FactFailure) && w.under:
		w.failed()
	}
}

// take returns what was found out since the last call.
func (w *watch) take() []trace.Note {
	notes := w.notes
	w.notes = nil
	return notes
}

func (w *watch) note(s trace.Severity, text string, facts ...trace.Fact) {
	w.notes = append(w.notes, trace.Note{
		Topic: trace.TopicLogin, Severity: s, Text: text,
		Facts: append([]trace.Fact{{Key: "mechanism", Value: w.login.Mechanism}}, facts...),
	})
}

// features learns what the server offers.
func (w *watch) features(features xmpp.Element) {
	var plus []string
	for child := range features.Children() {
		if !child.Is(nsSASL, "mechanisms") && !child.Is(nsSASL2, "authentication") {
			continue
		}
		for m := range child.Children() {
			if name := strings.TrimSpace(m.Text()); string(m.Local()) == "mechanism" && isPlus(name) {
				plus = append(plus, name)
			}
		}
	}
	w.plus = plus
}

// by names the mechanism of the login in a sentence.
func (w *watch) by() string {
	if w.login.Mechanism == "" {
		return ""
	}
	return " with " + w.login.Mechanism
}

// begin notes what a login begins with.
func (w *watch) begin() {
	w.under, w.hashes = true, false
	if w.login.Mechanism == "PLAIN" && w.refused != "" && w.refused != "PLAIN" {
		w.note(trace.Warning, "After "+w.refused+" was refused, the client now sends its password in the clear inside TLS, by PLAIN.",
			trace.Fact{Key: "refused", Value: w.refused})
	}
}

// challenge looks for the hash that XEP-0474 §2 adds to the server's first
// SCRAM message.
func (w *watch) challenge(e xmpp.Element) {
	message, err := base64.StdEncoding.DecodeString(strings.TrimSpace(e.Text()))
	if err != nil || !strings.HasPrefix(w.login.Mechanism, "SCRAM-") || !bytes.HasPrefix(message, []byte("r=")) {
		return
	}
	for attribute := range bytes.SplitSeq(message, []byte(",")) {
		if bytes.HasPrefix(attribute, []byte("h=")) || bytes.HasPrefix(attribute, []byte("d=")) {
			w.hashes = true
		}
	}
}

func (w *watch) facts() []trace.Fact {
	if w.login.Binding == "" {
		return nil
	}
	return []trace.Fact{{Key: "flag", Value: w.login.Binding}}
}

// elsewhere are conditions (RFC 6120 §6.5) that have nothing to do with
// channel binding.
var elsewhere = [...]string{
	"account-disabled", "credentials-expired", "encryption-required", "invalid-authzid", "invalid-mechanism",
	"mechanism-too-weak", "temporary-auth-failure",
}

const otherWays = "the login mode split, of a later version, is made for this; until then turn channel binding off in the client or the server"

// failed tells why a login failed.
func (w *watch) failed() {
	mechanism, condition := w.login.Mechanism, w.login.Condition
	w.under, w.refused = false, mechanism
	text := "The login" + w.by() + " failed"
	if condition != "" {
		text += " (" + condition + ")"
	}
	facts := append(w.facts(), trace.Fact{Key: "error", Value: condition})
	if why := w.binding(); why != "" && !slices.Contains(elsewhere[:], condition) {
		w.note(trace.Failure, text+" because of channel binding: "+why+".", facts...)
		return
	}
	w.note(trace.Warning, text+".", facts...)
}

// binding says how channel binding kept the last login from passing through
// xmppscope, or "" if it had no part in it.
func (w *watch) binding() string {
	said := w.login.Binding == "y" && len(w.plus) > 0
	switch {
	case isPlus(w.login.Mechanism) && w.mode == Strip:
		return "the client uses a mechanism that was removed from the server's offer, and binds it to its own TLS connection, while xmppscope stands between; " + otherWays
	case isPlus(w.login.Mechanism):
		return "client and server each bind it to their own TLS connection, and xmppscope stands between; start it with --login strip, or, if that fails too, " +
			"turn channel binding off in the client or the server"
	case said && w.mode == Strip:
		return "the client told the server that it could bind but was offered no way to (GS2 flag y), so the server knows that its offer was changed; " + otherWays
	case said:
		return "the client told the server that it could bind but was offered no way to (GS2 flag y), while the server offers " + list(w.plus) + "; " + otherWays
	case w.hashes && w.mode == Strip:
		return "the server hashes what it offers (XEP-0474), so the client knows that mechanisms were removed; " + otherWays
	}
	return ""
}

// gaveUp tells why a client broke a login off, or left in the middle of it.
func (w *watch) gaveUp() {
	if !w.under {
		return
	}
	w.under, w.refused = false, w.login.Mechanism
	text := "The client broke off its login" + w.by()
	if why := w.binding(); why != "" {
		w.note(trace.Failure, text+", most likely because of channel binding: "+why+".", w.facts()...)
		return
	}
	w.note(trace.Warning, text+".", w.facts()...)
}
