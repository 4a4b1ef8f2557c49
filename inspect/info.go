package inspect

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// maxQuote is how much of a body or of broken bytes stands in a line.
const maxQuote = 120

// Info says in one line what the row is about: "disco#items", "chat “Art thou
// not Romeo…”", "cancel item-not-found", "SCRAM-SHA-1". The text is clean,
// holds no secrets, and is empty where there is nothing to say beyond the kind.
func (r Row) Info() string {
	if !r.HasFrame() {
		return r.eventInfo()
	}
	line := Clean(r.frameInfo(), OneLine)
	if r.Event.Note != nil {
		line = join(line, Clean(r.Event.Note.Text, OneLine))
	}
	return line
}

// eventInfo describes an event without bytes.
func (r Row) eventInfo() string {
	e := r.Event
	var line string
	switch e.Kind {
	case trace.Opened:
		line = "from " + e.Addr.String()
	case trace.Connected:
		line = "to " + e.Addr.String()
	case trace.Ended:
		line = "by the initiator"
		if e.Dir == trace.FromReceiver {
			line = "by the receiver"
		}
	}
	if e.Note != nil {
		line = join(line, Clean(e.Note.Text, OneLine))
	}
	return line
}

// join puts two parts of a line together.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + " – " + b
}

func (r Row) frameInfo() string {
	f := r.head()
	s := r.summarize(f)
	switch s.Class {
	case xmpp.ClassRaw:
		return f.Flaw.String() + ", " + count(len(r.Event.Frame.Raw), "byte") + ": " + quote(f.Raw)
	case xmpp.ClassSpace:
		return "keepalive, " + count(len(r.Event.Frame.Raw), "byte")
	}
	e, ok := f.Element(r.Scope)
	if !ok {
		return ""
	}
	switch s.Class {
	case xmpp.ClassHeader:
		return words("", attrWord(e, "to", "to "), attrWord(e, "from", "from "), attrWord(e, "version", "version "))
	case xmpp.ClassMessage, xmpp.ClassPresence, xmpp.ClassIQ:
		if string(s.Type) == "error" {
			return errorInfo(e, string(s.Condition))
		}
	}
	switch s.Class {
	case xmpp.ClassMessage:
		return messageInfo(e, s)
	case xmpp.ClassPresence:
		return presenceInfo(e, s)
	case xmpp.ClassIQ:
		return payloadInfo(e, s)
	case xmpp.ClassNonza:
		return nonzaInfo(e, s)
	}
	return ""
}

// errorInfo describes a stanza of type error (RFC 6120 §8.3).
func errorInfo(stanza xmpp.Element, condition string) string {
	for child := range stanza.Children() {
		if string(child.Local()) == "error" {
			return words(condition, attrWord(child, "type", ""), condition, textWord(child))
		}
	}
	return condition
}

// messageInfo describes a message: its text, else its payload.
func messageInfo(e xmpp.Element, s xmpp.Summary) string {
	if s.Body != nil {
		return words("", string(s.Type), quote(xmpp.Unescape(s.Body)))
	}
	for child := range e.Children() {
		if string(child.Local()) == "subject" {
			return words("", string(s.Type), "subject", quote([]byte(child.Text())))
		}
	}
	return payloadInfo(e, s)
}

// presenceInfo describes a presence (RFC 6121 §4.7).
func presenceInfo(e xmpp.Element, s xmpp.Summary) string {
	var show, status, priority string
	for child := range e.Children() {
		switch string(child.Local()) {
		case "show":
			show = child.Text()
		case "status":
			status = quote([]byte(child.Text()))
		case "priority":
			priority = "priority " + child.Text()
		}
	}
	line := words("", string(s.Type), show, status, priority)
	if payload := payloadName(string(s.ChildSpace), string(s.ChildLocal)); len(s.ChildSpace) > 0 && payload == "muc" {
		line = words("", line, "joins the room")
	}
	return line
}

// payloadInfo describes a stanza by its payload.
func payloadInfo(e xmpp.Element, s xmpp.Summary) string {
	if s.ChildLocal == nil {
		return string(s.Type)
	}
	name := string(s.ChildLocal)
	if !bytes.Equal(s.ChildSpace, s.Space) {
		name = payloadName(string(s.ChildSpace), name)
	}
	for child := range e.Children() {
		if bytes.Equal(child.Local(), s.ChildLocal) {
			return words(name, name, payloadDetail(child))
		}
	}
	return name
}

// payloadDetail tells one payload from others of its name.
func payloadDetail(payload xmpp.Element) string {
	line := words("", attrWord(payload, "node", ""), attrWord(payload, "action", ""), attrWord(payload, "jid", ""))
	switch string(payload.Local()) {
	case "bind":
		for child := range payload.Children() {
			line = words("", line, child.Text())
		}
	case "pubsub", "event":
		for child := range payload.Children() {
			line = words("", line, string(child.Local()), attrWord(child, "node", ""))
			break
		}
	case "query":
		if payload.Space() == "jabber:iq:roster" {
			n := 0
			for range payload.Children() {
				n++
			}
			if n > 0 {
				line = count(n, "item")
			}
		}
	}
	return line
}

// nonzaInfo describes a first-level element that is no stanza.
func nonzaInfo(e xmpp.Element, s xmpp.Summary) string {
	name := string(s.Local)
	switch name {
	case "features":
		return words("", name, strings.Join(features(e), ", "))
	case "mechanisms":
		return name
	case "error", "failure", "failed":
		if e.Space() == "http://etherx.jabber.org/streams" {
			name = "stream error"
		}
		return words("", name, string(s.Condition), textWord(e))
	}
	if len(s.Space) > 0 && name != "auth" {
		if short := ShortSpace(string(s.Space)); short == "sm" || short == "csi" {
			name = short + " " + name
		}
	}
	return words("", name, attrWord(e, "mechanism", ""), attrWord(e, "h", "h="), attrWord(e, "id", ""),
		attrWord(e, "previd", ""), attrWord(e, "type", ""))
}

// features names what a server offers (RFC 6120 §4.3.2).
func features(e xmpp.Element) []string {
	var names []string
	for child := range e.Children() {
		local := string(child.Local())
		name := payloadName(child.Space(), local)
		if local == "mechanisms" || local == "authentication" {
			for m := range child.Children() {
				if string(m.Local()) == "mechanism" {
					name += " " + m.Text()
				}
			}
		} else if short := ShortSpace(child.Space()); local == "starttls" || local == "bind" || short == "" {
			name = local
		}
		names = append(names, name)
	}
	return names
}

// words joins what is not empty with blanks; if nothing is left, it returns otherwise.
func words(otherwise string, parts ...string) string {
	line := strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
	if line == "" {
		return otherwise
	}
	return line
}

// attrWord returns an attribute's value behind prefix, or "" if it has none.
func attrWord(e xmpp.Element, name, prefix string) string {
	if value, ok := e.Attr(name); ok && value != "" {
		return prefix + cut(value, maxQuote)
	}
	return ""
}

// textWord quotes an error's text (RFC 6120 §8.3.4).
func textWord(e xmpp.Element) string {
	for child := range e.Children() {
		if string(child.Local()) == "text" {
			return quote([]byte(child.Text()))
		}
	}
	return ""
}

// quote returns the beginning of text between quotation marks.
func quote(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	return "“" + cut(text, maxQuote) + "”"
}

// cut returns at most n bytes of text, ending in "…" where it is longer.
func cut[T string | []byte](text T, n int) string {
	if len(text) <= n {
		return string(text)
	}
	piece := string(text[:n])
	for range utf8.UTFMax - 1 { // no half of a character
		if r, size := utf8.DecodeLastRuneInString(piece); r != utf8.RuneError || size != 1 {
			break
		}
		piece = piece[:len(piece)-1]
	}
	return piece + "…"
}

// count writes "1 byte", "2 bytes".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
