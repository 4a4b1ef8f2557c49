package main

import (
	"strings"
	"unicode/utf8"
)

// trustGuide says how one client comes to accept the certificates of the
// authority, and how it stops doing so. In the texts {pem} stands for the
// path of ca.pem, and what is to be typed stands in backquotes. The page
// docs/trust.md holds the same table.
type trustGuide struct {
	Client  string
	Trust   steps
	Untrust steps
}

// steps are done in order, or are alternatives that begin with "Or".
type steps = []string

// trustGuides is what was tried with the client or read in its source.
func trustGuides() []trustGuide {
	return []trustGuide{
		{"System store",
			steps{"`xmppscope ca install` (asks for the administrator's password where one is needed). All clients below but " +
				"Conversations read it, unless a package such as Flatpak brings a store of its own."},
			steps{"`xmppscope ca uninstall`"}},
		{"One program, one run",
			steps{"`SSL_CERT_FILE={pem} CLIENT` replaces the system store for this run. Profanity, slixmpp and go-sendxmpp " +
				"heed it, as most programs with OpenSSL or Go do on Linux."},
			steps{"Nothing is left behind."}},
		{"Gajim",
			steps{"Install the authority into the system store.",
				"Or connect, and let the dialog about the certificate add it and connect. This covers the one domain, until " +
					"its certificate changes after about half a year."},
			steps{"Remove the newest file in `~/.local/share/gajim/cert_store` and start Gajim anew."}},
		{"Dino",
			steps{"Install the authority into the system store. Dino accepts nothing else and offers no exception."},
			steps{"`xmppscope ca uninstall`"}},
		{"Psi and Psi+",
			steps{"Copy `{pem}` into the folder certs of Psi's data: `~/.local/share/psi/certs`, for Psi+ `~/.local/share/psi+/certs`.",
				"Or install the authority into the system store."},
			steps{"Remove the file from that folder."}},
		{"Profanity",
			steps{"Connect, compare the fingerprint with the SHA-1 that `xmppscope ca` shows, and answer `/tls always`: Profanity " +
				"then trusts the authority for every domain. `/tls allow` does so for one connection.",
				"Or put `{pem}` into a directory of its own, run `openssl rehash DIRECTORY`, and say `/tls certpath set DIRECTORY`."},
			steps{"`/tls trusted` lists the fingerprints, `/tls revoke FINGERPRINT` removes one; `/tls certpath default` undoes " +
				"the other way."}},
		{"Conversations",
			steps{"Connect, and accept the certificate when asked. This covers the one domain, until its certificate changes " +
				"after about half a year."},
			steps{"Remove the accepted certificate in the security settings."}},
		{"slixmpp",
			steps{"`client.ca_certs = '{pem}'` before `connect()`"},
			steps{"Remove the line."}},
		{"mcabber",
			steps{"`set ssl_ca = {pem}` in mcabberrc"},
			steps{"Remove the line."}},
		{"go-sendxmpp",
			steps{"`SSL_CERT_FILE={pem} go-sendxmpp …`", "Or install the authority into the system store."},
			steps{"Nothing is left behind; or `xmppscope ca uninstall`."}},
	}
}

// wrap breaks a text into lines of at most width characters, never inside
// what is to be typed; its backquotes go.
func wrap(text string, width int, pem string) []string {
	var lines []string
	line := ""
	for _, word := range words(text) {
		word = strings.ReplaceAll(strings.ReplaceAll(word, "`", ""), "{pem}", pem)
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// words splits a text at spaces outside backquotes.
func words(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		if r == '`' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}
