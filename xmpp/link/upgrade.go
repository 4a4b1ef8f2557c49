package link

import (
	"crypto/tls"
	"errors"
	"slices"
)

// upgrade is one StartTLS.
type upgrade struct {
	config *tls.Config
	server bool
	prefix []byte
	hello  *HelloFacts
	err    error // why it must not even begin
}

var (
	errCreditOut = errors.New("link: StartTLS while a credit is out")
	errTwice     = errors.New("link: StartTLS on a link that has TLS")
	errEnded     = errors.New("link: StartTLS after the sending half has ended")
)

// StartTLS begins TLS, as server or as client, once all that is queued is on
// the wire; what is queued from now on goes out under TLS. The owner must have
// no credit outstanding. prefix is what it read behind the point of upgrade,
// the first bytes of the peer's handshake; the link takes it over. One
// Upgraded follows; if it has an Err, the link can only be closed.
//
// As server, the link passes over white space before the peer's handshake, up
// to 4 KiB, and tells of it.
//
// cfg is not changed. As server, the link uses a copy, so that session tickets
// which one connection hands out are not accepted by another unless cfg has
// its keys set (tls.Config.SetSessionTicketKeys).
//
// There is no time limit: the owner ends a handshake with Close.
func (l *Link) StartTLS(cfg *tls.Config, server bool, prefix []byte) {
	u := &upgrade{config: cfg, server: server, prefix: prefix}
	l.mu.Lock()
	switch {
	case l.upgrading != nil:
		u.err = errTwice
	case l.granted.Load():
		u.err = errCreditOut
	case l.finishing, l.broken:
		u.err = errEnded
	}
	if u.err != nil {
		l.mu.Unlock()
		l.running.Go(func() { l.postLast(Upgraded{Link: l, Err: u.err}) })
		return
	}
	l.upgrading = make(chan struct{})
	l.queue = append(l.queue, order{upgrade: u})
	l.mu.Unlock()
	l.poke()
}

// handshake runs in a goroutine of its own, whose deep stack ends with it.
func (l *Link) handshake(u *upgrade) {
	l.wire.buf, l.wire.spaced = u.prefix, u.server
	var secure *tls.Conn
	err := guard(func() error {
		if u.server {
			secure = tls.Server(&l.wire, u.serverConfig())
		} else {
			secure = tls.Client(&l.wire, unsplit(u.config))
		}
		return secure.Handshake()
	})
	l.wire.startGathering()
	l.mu.Lock()
	l.shaking = false
	l.refused = err
	if err == nil {
		l.secure = secure
	}
	close(l.upgrading)
	l.mu.Unlock()
	l.poke()

	done := Upgraded{Link: l, Hello: u.hello, Space: l.wire.space, Err: err}
	l.wire.space = nil
	if err == nil {
		state := secure.ConnectionState()
		done.State = &state
	}
	l.postLast(done)
}

// serverConfig returns a copy of the owner's configuration that also notes
// what the client asks for.
func (u *upgrade) serverConfig() *tls.Config {
	cfg := u.config.Clone()
	cfg.DynamicRecordSizingDisabled = true
	choose := cfg.GetConfigForClient
	cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		u.hello = &HelloFacts{
			SNI:      hello.ServerName,
			ALPN:     slices.Clone(hello.SupportedProtos),
			Versions: slices.Clone(hello.SupportedVersions),
		}
		if choose == nil {
			return nil, nil
		}
		chosen, err := choose(hello)
		if chosen == nil || err != nil {
			return nil, err
		}
		return unsplit(chosen), nil
	}
	return cfg
}

// unsplit returns a configuration that does not begin with small records, as
// crypto/tls does by default: a record that came whole leaves whole.
func unsplit(cfg *tls.Config) *tls.Config {
	if !cfg.DynamicRecordSizingDisabled {
		cfg = cfg.Clone()
		cfg.DynamicRecordSizingDisabled = true
	}
	return cfg
}
