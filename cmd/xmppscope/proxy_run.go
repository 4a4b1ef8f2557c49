package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"time"

	"xmppscope/captures"
	"xmppscope/proxy"
	"xmppscope/proxy/ca"
	"xmppscope/xmpp/link"
)

// relay is a proxy and the recorder behind it.
type relay struct {
	p         *process
	recorder  *captures.Recorder
	server    *proxy.Server
	listeners []net.Listener
	keylog    *os.File // nil if none was asked for
}

// start opens everything that the flags name, and says where it listens. With
// output, the capture goes there. The caller goes on with run, and closes the
// recorder's Store in the end.
func (f *proxyFlags) start(p *process, output io.Writer) (_ *relay, err error) {
	r := &relay{p: p}
	defer func() {
		if err != nil {
			r.close()
		}
	}()
	security, err := f.security(r)
	if err != nil {
		return nil, err
	}
	options := captures.RecorderOptions{Name: f.write, OnFull: f.parsed.onFull}
	if output != nil {
		options.Name, options.Output = "", output
	}
	if r.recorder, err = captures.NewRecorder(options); err != nil {
		return nil, err
	}
	for _, remark := range r.recorder.Status().Remarks {
		p.say("%s", remark)
	}
	for _, address := range f.listen {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, &listenError{address, err}
		}
		r.listeners = append(r.listeners, l)
	}
	config := proxy.Config{
		Mode:     f.parsed.mode,
		Login:    f.parsed.login,
		Domain:   f.domain,
		Security: security,
		Sink:     r.recorder,
		First:    r.recorder.FirstSession(),
		Warn:     func(err error) { p.say("%v", err) },
	}
	if f.dns != "" {
		config.Dialer.Resolver = link.NewResolver(f.dns)
	}
	r.server = proxy.NewServer(config)
	for _, l := range r.listeners {
		p.say("listening on %s", l.Addr())
	}
	for _, name := range []string{r.recorder.Status().Name, f.keylog} {
		if info, err := os.Stat(name); err == nil && shared(info) {
			p.say("%s is open to other users (mode %04o), and gives passwords away; run chmod 600 on it", name, info.Mode().Perm())
		}
	}
	return r, nil
}

// security opens the certificates, ours and those to trust, and the key log.
func (f *proxyFlags) security(r *relay) (s proxy.Security, err error) {
	dir := f.caDir
	if dir == "" {
		dir = ca.DefaultDir()
	}
	authority, err := ca.Open(dir)
	if err != nil {
		return s, &authorityError{err}
	}
	files, err := ca.OpenFiles(f.parsed.pairs, func(err error) { r.p.say("%v", err) })
	if err != nil {
		return s, err
	}
	s.Certificates = ca.Chain{Files: files, Authority: authority}
	s.Insecure = f.insecure
	if f.upstreamCA != "" {
		pem, err := os.ReadFile(f.upstreamCA)
		if err != nil {
			return s, err
		}
		s.UpstreamCAs = x509.NewCertPool()
		if !s.UpstreamCAs.AppendCertsFromPEM(pem) {
			return s, fmt.Errorf("%s: no certificate in PEM form in it", f.upstreamCA)
		}
	}
	if f.keylog != "" {
		if r.keylog, err = os.OpenFile(f.keylog, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return s, err
		}
		s.KeyLog = r.keylog
	}
	return s, nil
}

// completing is how long the capture may take to be completed once the
// sessions have ended, which takes up to four seconds.
const completing = 400 * time.Millisecond

// heapFloor is memory that is never touched, so that it costs none. It makes
// the heap look large to the garbage collector, which would otherwise run
// every few megabytes of traffic: chunks are garbage once they are recorded.
const heapFloor = 64 << 20

// run serves clients until ctx is done, ends their sessions and completes the
// capture, all within five seconds. The error says what failed, and what
// could not be recorded.
func (r *relay) run(ctx context.Context) error {
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	watched := make(chan struct{})
	go func() { // ends with stop below
		defer close(watched)
		r.watch(watching)
	}()
	served := r.server.Serve(ctx, r.listeners...)
	stop()
	<-watched
	return errors.Join(served, r.close())
}

// close ends what start began.
func (r *relay) close() error {
	for _, l := range r.listeners {
		l.Close()
	}
	var failed error
	if r.recorder != nil {
		ctx, cancel := context.WithTimeout(context.Background(), completing)
		defer cancel()
		failed = r.recorder.Close(ctx)
	}
	if r.keylog != nil {
		failed = errors.Join(failed, r.keylog.Close())
	}
	return failed
}

// glance is how often the recorder is asked how it goes.
const glance = 250 * time.Millisecond

// watch says how the recording goes, when that changes. Traffic that waits is
// only worth a word when it still does at the next glance.
func (r *relay) watch(ctx context.Context) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	said, seen := captures.Recording, captures.Recording
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		status := r.recorder.Status()
		settled := status.State == seen || status.State != captures.Slow
		seen = status.State
		if !settled || status.State == said {
			continue
		}
		said = status.State
		if said == captures.Recording {
			r.p.say("recording goes on")
		} else if why := whyNotWell(status); why != "" {
			r.p.say("%s: %s", said, why)
		}
	}
}

// whyNotWell says why a recording is not going well, and what that does to
// traffic; "" if all is well or over.
func whyNotWell(status captures.Status) string {
	switch status.State {
	case captures.Slow:
		return "traffic is slowed down to what can be recorded"
	case captures.Full:
		return fmt.Sprintf("%v; traffic waits, and each second it is tried again", status.Err)
	case captures.Passing:
		return fmt.Sprintf("%v; traffic goes on unrecorded", status.Err)
	}
	return ""
}

// authorityError says that our certificate authority cannot be used.
type authorityError struct{ err error }

func (e *authorityError) Error() string { return e.err.Error() }
func (e *authorityError) Unwrap() error { return e.err }

// listenError says that an address is not free.
type listenError struct {
	address string
	err     error
}

func (e *listenError) Error() string { return e.err.Error() }
func (e *listenError) Unwrap() error { return e.err }
