package main

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xmppscope/captures"
	"xmppscope/proxy"
	"xmppscope/proxy/ca"
)

// defaultListen is where clients are waited for: on loopback, unless told
// otherwise.
const defaultListen = "127.0.0.1:5222"

// proxyFlags say how to run a proxy. check fills in what they stand for.
type proxyFlags struct {
	mode       string
	listen     []string
	write      string
	insecure   bool
	domain     string
	caDir      string
	upstreamCA string
	login      string
	keylog     string
	onFull     string
	certs      []string
	keys       []string
	dns        string

	parsed struct {
		mode   proxy.Mode
		login  proxy.Login
		onFull captures.OnFull
		pairs  []ca.Pair
	}
}

// add defines the flags.
func (f *proxyFlags) add(set *pflag.FlagSet) {
	set.StringVarP(&f.mode, "mode", "m", "", "`MODE`: reverse:HOST:PORT (server by STARTTLS), reverse+tls:HOST:PORT (by Direct TLS), srv (looked up for the client's domain)")
	set.StringArrayVarP(&f.listen, "listen", "l", []string{defaultListen}, "wait for clients, STARTTLS and Direct TLS, on `ADDR`; may be repeated")
	set.StringVarP(&f.write, "write", "w", "", "record into the capture `FILE` (- is standard output); strftime fields in its name begin new files")
	set.BoolVarP(&f.insecure, "insecure", "k", false, "do not verify the server's certificate")
	set.StringVar(&f.domain, "domain", "", "`DOMAIN` of clients that name none")
	set.StringVar(&f.caDir, "ca-dir", "", "`DIR` of our certificate authority (default "+ca.DefaultDir()+")")
	set.StringVar(&f.upstreamCA, "upstream-ca", "", "verify the server against the certificates in `FILE` (PEM) instead of the system's")
	set.StringVar(&f.login, "login", "relay", "`HOW` channel binding is met: relay (leave logins alone) or strip (take -PLUS mechanisms away)")
	set.StringVar(&f.keylog, "keylog", "", "append the TLS secrets of both sides to `FILE`, for Wireshark")
	set.StringVar(&f.onFull, "on-full", "wait", "`HOW` a full disk is met: wait (until there is room) or pass (let traffic pass unrecorded)")
	set.StringArrayVar(&f.certs, "cert", nil, "show clients the certificate chain in `FILE` for its domains; goes with --key, may be repeated")
	set.StringArrayVar(&f.keys, "key", nil, "`FILE` with the private key of --cert")
	set.StringVar(&f.dns, "dns", "", "ask the DNS server at `ADDR` instead of the system's")
}

// proxyFlagNames returns the flags of proxyFlags that stand on the command
// line, but for the mode.
func proxyFlagNames(set *pflag.FlagSet) []string {
	var own pflag.FlagSet
	new(proxyFlags).add(&own)
	var names []string
	own.VisitAll(func(f *pflag.Flag) {
		if f.Name != "mode" && set.Changed(f.Name) {
			names = append(names, f.Name)
		}
	})
	return names
}

// check reads the flags that have a syntax of their own.
func (f *proxyFlags) check() (err error) {
	if f.mode == "" {
		return usagef("-m is missing: say where the server is, as in -m reverse:xmpp.example.org:5222")
	}
	if f.parsed.mode, err = proxy.ParseMode(f.mode); err != nil {
		return usageError{err}
	}
	if f.parsed.login, err = proxy.ParseLogin(f.login); err != nil {
		return usageError{err}
	}
	switch f.onFull {
	case "wait":
		f.parsed.onFull = captures.Wait
	case "pass":
		f.parsed.onFull = captures.Pass
		if f.write == "" || f.write == "-" {
			return usagef("--on-full pass needs a file to record into: give -w FILE")
		}
	default:
		return usagef("--on-full %q: expected wait or pass", f.onFull)
	}
	if len(f.certs) != len(f.keys) {
		return usagef("each --cert goes with a --key: there are %d and %d", len(f.certs), len(f.keys))
	}
	for i := range f.certs {
		f.parsed.pairs = append(f.parsed.pairs, ca.Pair{Cert: f.certs[i], Key: f.keys[i]})
	}
	f.listen = slices.Clone(f.listen)
	for i := range f.listen {
		if f.listen[i], err = listenAddress(f.listen[i]); err != nil {
			return err
		}
	}
	return nil
}

// listenAddress completes a port alone to an address on loopback, and a host
// alone to its port 5222.
func listenAddress(text string) (string, error) {
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		return net.JoinHostPort("127.0.0.1", text), nil
	}
	if !strings.Contains(text, ":") || strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		text = net.JoinHostPort(strings.Trim(text, "[]"), "5222")
	}
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", usagef("-l %q: expected HOST:PORT, HOST or PORT", text)
	}
	return text, nil
}

// completeProxyFlags teaches shells the values of the flags.
func completeProxyFlags(cmd *cobra.Command) {
	fixed := func(values ...string) cobra.CompletionFunc {
		return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
	}
	for name, complete := range map[string]cobra.CompletionFunc{
		"mode":    cobra.FixedCompletions([]string{"reverse:", "reverse+tls:", "srv"}, cobra.ShellCompDirectiveNoSpace|cobra.ShellCompDirectiveNoFileComp),
		"login":   fixed("relay", "strip"),
		"on-full": fixed("wait", "pass"),
		"listen":  fixed(defaultListen),
		"domain":  cobra.NoFileCompletions,
		"dns":     cobra.NoFileCompletions,
	} {
		if err := cmd.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic(fmt.Sprintf("no flag --%s: %v", name, err))
		}
	}
}
