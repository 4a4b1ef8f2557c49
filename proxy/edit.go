package proxy

import (
	"slices"
	"strings"

	"xmppscope/xmpp"
)

// editFeatures takes out of a server's features what cannot work with a man
// in the middle, and returns the new bytes and the names of what was removed:
//
//   - compression (XEP-0138), in which nothing could be seen any more;
//   - FAST mechanisms that are bound to the TLS channel (XEP-0484 §3), and
//     <fast/> itself where none is left: their failure would cost the client
//     its token;
//   - in strip mode, the -PLUS mechanisms of SASL and SASL2 and the list of
//     binding types (XEP-0440), which only mean something together.
//
// Everything else stays byte for byte. raw is what features was parsed from.
func editFeatures(raw []byte, features xmpp.Element, login Login) (edited []byte, removed []string) {
	e := edit{login: login}
	for child := range features.Children() {
		switch {
		case child.Is(nsCompress, "compression"):
			e.remove(child, "compression")
		case child.Is(nsBinding, "sasl-channel-binding"):
			e.removeBinding(child)
		case child.Is(nsSASL, "mechanisms"):
			e.mechanisms(child, nsSASL)
		case child.Is(nsSASL2, "authentication"):
			e.mechanisms(child, nsSASL2)
			e.sasl2(child)
		}
	}
	if len(e.splices) == 0 {
		return raw, nil
	}
	return xmpp.Apply(raw, e.splices...), e.removed
}

// edit gathers what is to be removed.
type edit struct {
	login   Login
	splices []xmpp.Splice
	removed []string
}

func (e *edit) remove(x xmpp.Element, name string) {
	e.splices = append(e.splices, x.Remove())
	e.removed = append(e.removed, name)
}

func (e *edit) removeBinding(x xmpp.Element) {
	if e.login == Strip {
		e.remove(x, "sasl-channel-binding")
	}
}

func (e *edit) mechanisms(list xmpp.Element, space string) {
	for m := range list.Children() {
		if name := strings.TrimSpace(m.Text()); e.login == Strip && m.Is(space, "mechanism") && isPlus(name) {
			e.remove(m, name)
		}
	}
}

func (e *edit) sasl2(authentication xmpp.Element) {
	for child := range authentication.Children() {
		if child.Is(nsBinding, "sasl-channel-binding") {
			e.removeBinding(child)
		}
	}
	inline, ok := authentication.Child(nsSASL2, "inline")
	if !ok {
		return
	}
	for child := range inline.Children() {
		switch {
		case child.Is(nsBinding, "sasl-channel-binding"):
			e.removeBinding(child)
		case child.Is(nsFAST, "fast"):
			e.fast(child)
		}
	}
}

func (e *edit) fast(fast xmpp.Element) {
	var bound []xmpp.Element
	free := 0
	for m := range fast.Children() {
		if !m.Is(nsFAST, "mechanism") {
			continue
		}
		if isChannelBoundFAST(strings.TrimSpace(m.Text())) {
			bound = append(bound, m)
		} else {
			free++
		}
	}
	if len(bound) > 0 && free == 0 {
		e.remove(fast, "fast")
		return
	}
	for _, m := range bound {
		e.remove(m, strings.TrimSpace(m.Text()))
	}
}

// isPlus reports whether a mechanism binds to the TLS channel (RFC 5802 §4).
func isPlus(mechanism string) bool { return strings.HasSuffix(mechanism, "-PLUS") }

// isChannelBoundFAST reports whether a mechanism is one of the hashed tokens
// (HT-…) that bind to the TLS channel.
func isChannelBoundFAST(mechanism string) bool {
	return strings.HasPrefix(mechanism, "HT-") && slices.ContainsFunc([]string{"-UNIQ", "-ENDP", "-EXPR"}, func(end string) bool {
		return strings.HasSuffix(mechanism, end)
	})
}

// isBoundLogin reports whether e logs in with such a token.
func isBoundLogin(e xmpp.Element) bool {
	if !e.Is(nsSASL2, "authenticate") && !e.Is(nsSASL, "auth") {
		return false
	}
	mechanism, _ := e.Attr("mechanism")
	return isChannelBoundFAST(mechanism)
}

// list joins names for a text: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
