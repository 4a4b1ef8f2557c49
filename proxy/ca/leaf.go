package ca

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"time"
)

const (
	// period is for how long a domain keeps the same leaf.
	period = 180 * 24 * time.Hour
	// leafLife is the whole validity of a leaf. Clients and systems refuse
	// what is valid for more than 398 days.
	leafLife = 397 * 24 * time.Hour
	// maxCommonName is the limit of RFC 5280 §A.1 (ub-common-name).
	maxCommonName = 64
)

// leafID says which leaf is meant: whose, and of which period since the
// authority began.
type leafID struct {
	name   name
	period int64
}

func periodOf(root *x509.Certificate, now time.Time) int64 {
	return max(0, int64(now.Sub(root.NotBefore)/period))
}

// mint signs the leaf. Nothing in it is random: key, serial number, dates and
// signature (RFC 6979) follow from the authority's key, so that the same leaf
// comes out again after a restart without ever being stored.
func (a *Authority) mint(id leafID) (*tls.Certificate, error) {
	key, err := a.leafKey(id)
	if err != nil {
		return nil, err
	}
	serial, err := a.derive(id, "serial", 16)
	if err != nil {
		return nil, err
	}
	serial[0] = serial[0]&0x7f | 0x40 // positive, never zero, always as long
	san, err := subjectAltName(id.name)
	if err != nil {
		return nil, err
	}
	start, end := a.validity(id.period)
	subject := pkix.Name{Organization: []string{"xmppscope"}}
	if len(id.name.ascii) <= maxCommonName {
		subject.CommonName = id.name.ascii
	}
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(serial),
		Subject:               subject,
		NotBefore:             start,
		NotAfter:              end,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		ExtraExtensions:       []pkix.Extension{san},
	}
	der, err := x509.CreateCertificate(nil, template, a.root, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", id.name.ascii, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("certificate for %s: %w", id.name.ascii, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.root.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// validity says from when to when a period's leaf is valid. It begins before
// its period, for clients whose clock is slow, and lies within the validity of
// the authority.
func (a *Authority) validity(n int64) (start, end time.Time) {
	start = a.root.NotBefore
	if n > 0 {
		start = start.Add(time.Duration(n)*period - backdate)
	}
	end = start.Add(leafLife)
	if end.After(a.root.NotAfter) {
		end = a.root.NotAfter
	}
	return start, end
}

// leafKey derives the leaf's P-256 key. A derived number is out of the
// curve's range once in four thousand million times; then the next is taken.
func (a *Authority) leafKey(id leafID) (*ecdsa.PrivateKey, error) {
	for try := 0; ; try++ {
		scalar, err := a.derive(id, fmt.Sprintf("key %d", try), 32)
		if err != nil {
			return nil, err
		}
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
		if err == nil {
			return key, nil
		}
		if try == 8 {
			return nil, fmt.Errorf("key for %s: %w", id.name.ascii, err)
		}
	}
}

// derive gives size bytes that only the holder of the authority's key can
// know (HKDF, RFC 5869).
func (a *Authority) derive(id leafID, what string, size int) ([]byte, error) {
	info := fmt.Sprintf("xmppscope leaf\x00%s\x00%d\x00%s", id.name.ascii, id.period, what)
	return hkdf.Key(sha256.New, a.secret, a.root.Raw, info, size)
}

// The names of an XMPP server in its certificate (RFC 6120 §13.7.1.2).
var (
	oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}              // RFC 5280 §4.2.1.6
	oidSRVName        = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 7} // RFC 4985 §2
	oidXMPPAddr       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 8, 5} // RFC 6120 §13.7.1.4
)

// Tags of GeneralName (RFC 5280 §4.2.1.6).
const (
	tagOtherName = 0
	tagDNSName   = 2
	tagIPAddress = 7
)

// subjectAltName says every name that some client looks for: dNSName or
// iPAddress, SRVName for both kinds of stream, and xmppAddr for clients from
// before RFC 6125.
func subjectAltName(n name) (pkix.Extension, error) {
	var all []byte
	var failed error
	add := func(tag int, compound bool, content []byte) {
		v := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: compound, Bytes: content}
		der, err := asn1.Marshal(v)
		if err != nil {
			failed = err
		}
		all = append(all, der...)
	}
	addOther := func(id asn1.ObjectIdentifier, tag int, text string) {
		content, err := otherName(id, tag, text)
		if err != nil {
			failed = err
		}
		add(tagOtherName, true, content)
	}
	if n.addr.IsValid() {
		add(tagIPAddress, false, n.addr.AsSlice())
	} else {
		add(tagDNSName, false, []byte(n.ascii))
		addOther(oidSRVName, asn1.TagIA5String, "_xmpp-client."+n.ascii)
		addOther(oidSRVName, asn1.TagIA5String, "_xmpp-server."+n.ascii)
	}
	addOther(oidXMPPAddr, asn1.TagUTF8String, n.unicode)
	if failed != nil {
		return pkix.Extension{}, fmt.Errorf("names for %s: %w", n.ascii, failed)
	}
	value, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: all})
	return pkix.Extension{Id: oidSubjectAltName, Value: value}, err
}

// otherName is the content of an OtherName: its type, and its value under an
// explicit [0].
func otherName(id asn1.ObjectIdentifier, tag int, text string) ([]byte, error) {
	kind, err := asn1.Marshal(id)
	if err != nil {
		return nil, err
	}
	inner, err := asn1.Marshal(asn1.RawValue{Tag: tag, Bytes: []byte(text)})
	if err != nil {
		return nil, err
	}
	value, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: inner})
	return append(kind, value...), err
}
