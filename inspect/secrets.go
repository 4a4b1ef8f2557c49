package inspect

// secretRule names an element, or attributes of it, that hold a secret.
type secretRule struct {
	local  string   // of the element; "" is every element
	spaces []string // its namespaces; none is every namespace
	attrs  []string // the attributes that are secret; none: the content is
	query  bool     // of the attributes' values only what follows "?"
}

// secretRules is what [Mute] mutes, beside the fields of data forms
// ([secretField]) and the tokens in xmpp: links.
func secretRules() []secretRule { return secretTable[:] }

// secretTable is never written to.
var secretTable = [...]secretRule{
	// Passwords by their name, wherever they stand: XEP-0045 (joining,
	// invitations, destruction), XEP-0048 and XEP-0402 (bookmarks), XEP-0077,
	// XEP-0078; as attributes XEP-0249 and XEP-0215.
	{local: "password"},
	{attrs: []string{"password"}},

	// RFC 6120 §6.4: credentials and proofs.
	{local: "auth", spaces: saslSpaces[:1]},
	{local: "challenge", spaces: saslSpaces[:]},
	{local: "response", spaces: saslSpaces[:]},
	{local: "success", spaces: saslSpaces[:1]},
	// XEP-0388 and its tasks, XEP-0480.
	{local: "initial-response", spaces: saslSpaces[1:]},
	{local: "additional-data", spaces: saslSpaces[1:]},
	{local: "task-data", spaces: saslSpaces[1:]},
	{local: "hash", spaces: []string{"urn:xmpp:scram-upgrade:0", "jabber:iq:auth:0k"}},
	{local: "salt", spaces: []string{"urn:xmpp:scram-upgrade:0"}},
	// XEP-0484 and XEP-0397: tokens that log in or resume.
	{local: "token", spaces: []string{"urn:xmpp:fast:0", "urn:xmpp:invite:1", "urn:xmpp:invite:0", "urn:xmpp:invite", "jabber:iq:auth:0k"}},
	{local: "token", spaces: []string{"urn:xmpp:fast:0"}, attrs: []string{"token"}},
	{local: "isr-enabled", spaces: []string{"https://xmpp.org/extensions/isr/0"}, attrs: []string{"key", "token"}},
	{local: "hmac", spaces: []string{"https://xmpp.org/extensions/isr/0"}},

	// XEP-0077 §3.1.1 and XEP-0078 §3.2.
	{local: "key", spaces: []string{"jabber:iq:register"}},
	{local: "digest", spaces: []string{"jabber:iq:auth"}},
	// XEP-0114 §3; a server's answer is empty.
	{local: "handshake", spaces: []string{"jabber:component:accept", "jabber:component:connect"}},

	// XEP-0379, XEP-0401, XEP-0445: invitations.
	{local: "preauth", spaces: []string{"urn:xmpp:pars:0"}, attrs: []string{"token"}},
	{local: "invite", spaces: []string{"urn:xmpp:invite:1", "urn:xmpp:invite:0", "urn:xmpp:invite"}, attrs: []string{"token", "uri", "landing-url"}},

	// XEP-0363 §5: header fields for the upload, and signed addresses.
	{local: "header", spaces: uploadSpaces[:]},
	{local: "put", spaces: uploadSpaces[:], attrs: []string{"url"}, query: true},
	{local: "put", spaces: uploadSpaces[2:]},

	// XEP-0215 §3: passing credentials for relays.
	{local: "service", spaces: []string{"urn:xmpp:extdisco:2", "urn:xmpp:extdisco:1", "urn:xmpp:extdisco:0",
		"http://www.xmpp.org/extensions/xep-0215.html#ns"}, attrs: []string{"username"}},
	// XEP-0176 §5.4 and XEP-0167 §7: keys of a call.
	{local: "transport", spaces: []string{"urn:xmpp:jingle:transports:ice-udp:1", "urn:xmpp:jingle:transports:ice:0"}, attrs: []string{"pwd"}},
	{local: "crypto", spaces: []string{"urn:xmpp:jingle:apps:rtp:1"}, attrs: []string{"key-params"}},
	// XEP-0235.
	{local: "oauth", spaces: []string{"urn:xmpp:oauth:0"}},
}

var saslSpaces = [...]string{"urn:ietf:params:xml:ns:xmpp-sasl", "urn:xmpp:sasl:2", "urn:xmpp:sasl:1", "urn:xmpp:sasl:0"}

var uploadSpaces = [...]string{"urn:xmpp:http:upload:0", "urn:xmpp:http:upload", "eu:siacs:conversations:http:upload"}

// secretField reports whether the values of a data form's field (XEP-0004)
// are secret, by its type or its name. A submitted form leaves out the types,
// so that the registered names must be known: XEP-0045 §16.5, XEP-0077,
// XEP-0133, XEP-0357; and XEP-0401 where the form belongs to an invitation.
func secretField(fieldType, variable string, invitation bool) bool {
	if fieldType == "text-private" {
		return true
	}
	switch variable {
	case "password", "password-verify", "secret", "muc#roomconfig_roomsecret", "muc#user_roomsecret":
		return true
	case "uri", "landing-url", "token":
		return invitation
	}
	return false
}
