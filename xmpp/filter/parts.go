package filter

import "strings"

// Parts of an address as written (RFC 7622 §3.1): the first "/" ends the bare
// part, the first "@" before it ends the local part. An address that breaks
// the rules has parts too.

func jidBare(jid string) (string, bool) {
	bare, _, _ := strings.Cut(jid, "/")
	return bare, bare != ""
}

func jidLocal(jid string) (string, bool) {
	bare, _ := jidBare(jid)
	local, _, ok := strings.Cut(bare, "@")
	return local, ok && local != ""
}

func jidDomain(jid string) (string, bool) {
	bare, _ := jidBare(jid)
	if _, domain, ok := strings.Cut(bare, "@"); ok {
		bare = domain
	}
	return bare, bare != ""
}

func jidResource(jid string) (string, bool) {
	_, resource, ok := strings.Cut(jid, "/")
	return resource, ok
}

// sameJID compares addresses: local and domain part in any case, the resource
// as written.
func sameJID(a, b string) bool {
	bareA, resourceA, fullA := strings.Cut(a, "/")
	bareB, resourceB, fullB := strings.Cut(b, "/")
	return fullA == fullB && resourceA == resourceB && strings.EqualFold(bareA, bareB)
}

// Parts of a payload's name, "namespace local".

func payloadSpace(name string) (string, bool) {
	i := strings.LastIndexByte(name, ' ')
	return name[:max(i, 0)], i > 0
}

func payloadLocal(name string) (string, bool) {
	return name[strings.LastIndexByte(name, ' ')+1:], true
}
