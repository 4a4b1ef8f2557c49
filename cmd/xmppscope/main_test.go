package main

import (
	"context"
	"errors"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"xmppscope/captures"
	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// TestMain lets tests run this very program as the command xmppscope.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"xmppscope": main})
}

var update = flag.Bool("update", false, "write what the scripts compare with anew")

// TestScripts plays what people type. Each play finds a small capture in
// session.pcapng.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   status,
			"truncate": truncate,
		},
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"} {
				env.Setenv(name, filepath.Join(env.WorkDir, "home"))
			}
			env.Setenv("TZ", "UTC")
			return record(filepath.Join(env.WorkDir, "session.pcapng"))
		},
	})
}

// status checks the exit status of a command: status 2 xmppscope dump.
func status(ts *testscript.TestScript, _ bool, args []string) {
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if want := args[0]; want != strconv.Itoa(got) {
		ts.Fatalf("%s ended with status %d, want %s", strings.Join(args[1:], " "), got, want)
	}
}

// truncate cuts bytes off the end of a file: truncate FILE 12.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	info, err := os.Stat(name)
	ts.Check(err)
	ts.Check(os.Truncate(name, info.Size()-int64(n)))
}

// password is what the capture of record holds, in Base64 and plain.
const password = "aHVudGVyMg"

// record makes a capture of a short login and conversation.
func record(name string) error {
	recorder, err := captures.NewRecorder(captures.RecorderOptions{Name: name})
	if err != nil {
		return err
	}
	at := time.Date(2026, 11, 22, 20, 15, 0, 0, time.UTC)
	var events []trace.Event
	add := func(e trace.Event) {
		at = at.Add(1500 * time.Microsecond)
		e.Time, e.Session = at, 1
		events = append(events, e)
	}
	offsets := [2]int64{}
	frame := func(dir trace.Direction, kind xmpp.Kind, raw string) {
		add(trace.Event{Kind: trace.Framed, Dir: dir, Frame: xmpp.Frame{Kind: kind, Offset: offsets[dir], Raw: []byte(raw)}})
		offsets[dir] += int64(len(raw))
	}
	const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'`
	const out, in = trace.FromInitiator, trace.FromReceiver
	add(trace.Event{Kind: trace.Opened, Addr: netip.MustParseAddrPort("127.0.0.1:40000")})
	add(trace.Event{Kind: trace.Connected, Addr: netip.MustParseAddrPort("127.0.0.1:5222")})
	frame(out, xmpp.KindHeader, header+` to='montague.example'>`)
	frame(in, xmpp.KindHeader, header+` from='montague.example' id='1'>`)
	frame(in, xmpp.KindElement, `<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`)
	frame(out, xmpp.KindElement, `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>`+password+`</auth>`)
	frame(in, xmpp.KindElement, `<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>`)
	add(trace.Event{Kind: trace.Noted, Note: &trace.Note{Topic: trace.TopicLogin, Severity: trace.Warning, Text: "The password went over the wire as it is."}})
	frame(out, xmpp.KindHeader, header+` to='montague.example'>`)
	frame(in, xmpp.KindHeader, header+` from='montague.example' id='2'>`)
	frame(in, xmpp.KindElement, `<stream:features/>`)
	frame(out, xmpp.KindElement, `<iq type='get' id='d1' to='conference.example'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`)
	frame(in, xmpp.KindElement, `<iq type='error' id='d1' from='conference.example'><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`)
	frame(out, xmpp.KindElement, `<presence to='verona@conference.example/romeo'><x xmlns='http://jabber.org/protocol/muc'><password>`+password+`</password></x></presence>`)
	frame(in, xmpp.KindElement, "<message from='juliet@capulet.example' type='chat'><body>Art thou not Romeo?\u202e</body><x:y/></message>")
	frame(in, xmpp.KindSpace, " ")
	frame(out, xmpp.KindFooter, `</stream:stream>`)
	add(trace.Event{Kind: trace.Closed})
	if _, err := recorder.Record(context.Background(), events...); err != nil {
		return err
	}
	if err := recorder.Close(context.Background()); err != nil {
		return err
	}
	return recorder.Store().Close()
}
