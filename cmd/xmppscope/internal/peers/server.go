package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Domain is the domain of every server of this package.
const Domain = "verona.example"

// Password is the password of every account.
const Password = "in-fair-verona"

// Server is a real server with the accounts romeo and juliet, who have each
// other on their rosters.
type Server struct {
	Name      string
	StartTLS  string // address where TLS begins with <starttls/>
	DirectTLS string // address where TLS begins with the first byte
	CA        string // PEM file of the authority that clients must trust
	Process   *Process
}

// TLSVersion is the only version that an end speaks. The zero value leaves it
// to the end.
type TLSVersion string

// The versions in use.
const (
	AnyTLS TLSVersion = ""
	TLS12  TLSVersion = "1.2"
	TLS13  TLSVersion = "1.3"
)

// Prosody starts a Prosody and returns when it accepts connections.
func Prosody(t testing.TB, version TLSVersion) *Server {
	t.Helper()
	Require(t, "prosody")
	dir := t.TempDir()
	ca := NewAuthority(t)
	cert, key := ca.Issue(t, Domain, "conference."+Domain)
	s := &Server{Name: "Prosody", CA: ca.File, StartTLS: freeAddr(t), DirectTLS: freeAddr(t)}
	protocol := map[TLSVersion]string{AnyTLS: "tlsv1_2+", TLS12: "tlsv1_2", TLS13: "tlsv1_3"}[version]
	config := write(t, strings.NewReplacer(
		"STARTTLS", port(s.StartTLS), "DIRECTTLS", port(s.DirectTLS), "DIR", dir,
		"CERT", cert, "KEY", key, "PROTOCOL", protocol, "DOMAIN", Domain,
	).Replace(prosodyConfig), dir, "prosody.cfg.lua")
	host := strings.ReplaceAll(Domain, ".", "%2e")
	for user, contact := range map[string]string{"romeo": "juliet", "juliet": "romeo"} {
		write(t, fmt.Sprintf("return { password = %q };", Password), dir, "data", host, "accounts", user+".dat")
		write(t, fmt.Sprintf(`return { [false] = { version = 1, pending = {} }, [%q] = { subscription = "both", groups = {}, name = %q } };`,
			contact+"@"+Domain, contact), dir, "data", host, "roster", user+".dat")
	}
	s.Process = Start(t, exec.Command("prosody", "-F", "--config", config))
	s.awaitReady(t)
	return s
}

// prosodyConfig has words in capitals for what Prosody replaces.
const prosodyConfig = `
run_as_root = true -- as in a container, where tests run as root
pidfile = "DIR/prosody.pid"
data_path = "DIR/data"
certificates = "DIR"
interfaces = { "127.0.0.1" }
c2s_ports = { STARTTLS }
c2s_direct_tls_ports = { DIRECTTLS }
http_ports = {}
https_ports = {}
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", "smacks", "mam", "carbons", "register", "pep", "blocklist", "private", "time", "version", "posix" }
modules_disabled = { "s2s" }
authentication = "internal_hashed"
c2s_require_encryption = true
log = { info = "*console" }
ssl = { certificate = "CERT", key = "KEY", protocol = "PROTOCOL" }
c2s_direct_tls_ssl = { certificate = "CERT", key = "KEY", protocol = "PROTOCOL" }
VirtualHost "DOMAIN"
Component "conference.DOMAIN" "muc"
`

// Ejabberd starts an ejabberd and returns when it accepts connections. The
// Erlang node has no name and so needs no epmd.
func Ejabberd(t testing.TB, version TLSVersion) *Server {
	t.Helper()
	Require(t, "erl", "ejabberdctl")
	dir := t.TempDir()
	ca := NewAuthority(t)
	cert, key := ca.Issue(t, Domain, "conference."+Domain)
	pair := write(t, read(cert)+read(key), dir, "pair.pem")
	s := &Server{Name: "ejabberd", CA: ca.File, StartTLS: freeAddr(t), DirectTLS: freeAddr(t)}
	options := map[TLSVersion]string{AnyTLS: "", TLS12: ", no_tlsv1_3", TLS13: ", no_tlsv1_2"}[version]
	config := write(t, strings.NewReplacer(
		"STARTTLS", port(s.StartTLS), "DIRECTTLS", port(s.DirectTLS), "PAIR", pair, "CA", ca.File, "OPTIONS", options, "DOMAIN", Domain,
	).Replace(ejabberdConfig), dir, "ejabberd.yml")
	spool := filepath.Join(dir, "spool")
	if err := os.Mkdir(spool, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("erl", "-noinput", "+K", "true", "-mnesia", "dir", fmt.Sprintf("%q", spool), "-s", "ejabberd",
		"-eval", strings.NewReplacer("DOMAIN", Domain, "PASSWORD", Password).Replace(ejabberdAccounts))
	libs, err := filepath.Glob("/usr/lib/*/ejabberd-*")
	if err != nil || len(libs) == 0 {
		t.Fatal("ejabberd's code is not where Debian puts it")
	}
	cmd.Env = append(os.Environ(), "HOME="+dir, "ERL_LIBS="+filepath.Dir(libs[0]),
		"EJABBERD_CONFIG_PATH="+config, "EJABBERD_LOG_PATH="+filepath.Join(dir, "ejabberd.log"))
	s.Process = Start(t, cmd)
	Until(t, "ejabberd has its accounts", s.Process.Output, func() bool {
		return strings.Contains(s.Process.Output(), "accounts made") || s.Process.Ended()
	})
	s.awaitReady(t)
	return s
}

const ejabberdConfig = `
loglevel: info
hosts: [DOMAIN]
certfiles: ["PAIR"]
ca_file: "CA"
listen:
  - {port: STARTTLS, ip: "127.0.0.1", module: ejabberd_c2s, backlog: 1024, starttls_required: true, protocol_options: [no_sslv3OPTIONS]}
  - {port: DIRECTTLS, ip: "127.0.0.1", module: ejabberd_c2s, backlog: 1024, tls: true, protocol_options: [no_sslv3OPTIONS]}
auth_password_format: scram
acl: {local: {user_regexp: ""}}
acme: {auto: false}
modules:
  mod_admin_extra: {}
  mod_caps: {}
  mod_carboncopy: {}
  mod_disco: {}
  mod_mam: {}
  mod_muc: {}
  mod_offline: {}
  mod_ping: {}
  mod_private: {}
  mod_pubsub: {plugins: [flat, pep]}
  mod_roster: {versioning: true}
  mod_stream_mgmt: {}
  mod_vcard: {}
  mod_version: {}
`

const ejabberdAccounts = `
lists:foreach(fun({User, Contact}) ->
  ok = ejabberd_auth:try_register(User, <<"DOMAIN">>, <<"PASSWORD">>),
  ok = mod_admin_extra:add_rosteritem(User, <<"DOMAIN">>, Contact, <<"DOMAIN">>, Contact, <<>>, <<"both">>)
end, [{<<"romeo">>, <<"juliet">>}, {<<"juliet">>, <<"romeo">>}]),
io:format("accounts made~n").`

func (s *Server) awaitReady(t testing.TB) {
	t.Helper()
	Until(t, s.Name+" accepts connections", s.Process.Output, func() bool {
		if s.Process.Ended() {
			t.Fatalf("%s ended: %v\n%s", s.Name, s.Process.err, s.Process.Output())
		}
		return accepts(s.StartTLS) && accepts(s.DirectTLS)
	})
}
