package captures

import (
	"net/netip"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// snapshot is the kind, in files only, of what a new file says of a session
// that began in an earlier one. It is no row.
const snapshot trace.EventKind = 7

// snapshot returns what the session is, as a note.
func (s *session) snapshot() *trace.Note {
	n := &trace.Note{Topic: trace.TopicSession}
	put := func(key, value string) {
		if value != "" {
			n.Facts = append(n.Facts, trace.Fact{Key: key, Value: value})
		}
	}
	i := &s.info
	put("opened", i.Opened.UTC().Format(time.RFC3339Nano))
	if i.Client.IsValid() {
		put("client", i.Client.String())
	}
	if i.Server.IsValid() {
		put("server", i.Server.String())
	}
	put("domain", i.Domain)
	put("namespace", i.Namespace)
	put("jid", i.JID)
	for _, t := range []struct {
		leg string
		TLSInfo
	}{{"client", i.ClientTLS}, {"server", i.ServerTLS}} {
		put(t.leg+".version", t.Version)
		put(t.leg+".cipher", t.Cipher)
		put(t.leg+".alpn", t.ALPN)
		put(t.leg+".sni", t.SNI)
	}
	put("mechanism", i.Login.Mechanism)
	if i.SM {
		put("sm", map[bool]string{false: "enabled", true: "resumed"}[i.SMResumed])
	}
	for _, ev := range []trace.Event{{Dir: trace.FromInitiator}, {Dir: trace.FromReceiver}} {
		if s.header[ev.Dir] != nil {
			put("header."+ev.Dir.String(), string(s.header[ev.Dir]))
		}
		if s.sensitive(&ev) {
			put("login", "under way")
		}
	}
	return n
}

// restore takes over what snapshot wrote, unless the session is known.
func (s *session) restore(n *trace.Note) {
	if n == nil || s.info.First >= 0 {
		return
	}
	i := &s.info
	i.Opened, _ = time.Parse(time.RFC3339Nano, n.Get("opened"))
	i.Client, _ = netip.ParseAddrPort(n.Get("client"))
	i.Server, _ = netip.ParseAddrPort(n.Get("server"))
	i.Domain, i.Namespace, i.JID = n.Get("domain"), n.Get("namespace"), n.Get("jid")
	i.ClientTLS = TLSInfo{n.Get("client.version"), n.Get("client.cipher"), n.Get("client.alpn"), n.Get("client.sni")}
	i.ServerTLS = TLSInfo{n.Get("server.version"), n.Get("server.cipher"), n.Get("server.alpn"), n.Get("server.sni")}
	i.Login.Mechanism = n.Get("mechanism")
	i.SM, i.SMResumed = n.Get("sm") != "", n.Get("sm") == "resumed"
	for _, dir := range []trace.Direction{trace.FromInitiator, trace.FromReceiver} {
		if h := n.Get("header." + dir.String()); h != "" {
			s.header[dir] = []byte(h)
			scope := xmpp.HeaderScope(xmpp.Frame{Kind: xmpp.KindHeader, Raw: s.header[dir]})
			s.scopes[dir] = append(s.scopes[dir], scopeMark{scope: scope})
		}
	}
	s.guarded = n.Get("login") != ""
}
