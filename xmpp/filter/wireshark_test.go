package filter

import (
	"os/exec"
	"strings"
	"testing"
)

// TestWiresharkNames compares the table with what tshark knows.
func TestWiresharkNames(t *testing.T) {
	if testing.Short() {
		t.Skip("tshark takes seconds")
	}
	out, err := exec.Command("tshark", "-G", "fields").Output()
	if err != nil {
		t.Skip("no tshark:", err)
	}
	known := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		if columns := strings.Split(line, "\t"); len(columns) > 3 && columns[0] == "F" && strings.HasPrefix(columns[2], "xmpp.") {
			known[columns[2]] = true
		}
	}
	for _, k := range wiresharkFields() {
		if !known[k.name] {
			t.Errorf("Wireshark has no %s", k.name)
		}
		delete(known, k.name)
	}
	for name := range known {
		if strings.HasPrefix(name, "xmpp.gtalk") {
			delete(known, name)
		}
	}
	for _, name := range []string{ // about the dissection
		"unknown", "unknown.element", "unknown.attribute", "unknown_attr", "xml_disabled", "packet_unknown", "required_attribute",
		"field.unexpected_value", "starttls.already_in_frame", "starttls.missing", "proceed.already_in_frame", "cdata", "attribute",
		"ibb", "jingle_session", "inputevt", "inputevt.remote-control",
		// names of elements as values
		"jingle.reason.condition", "jingle.rtp_info", "x-event.condition",
	} {
		if !known["xmpp."+name] {
			t.Errorf("Wireshark has no xmpp.%s to be left out", name)
		}
		delete(known, "xmpp."+name)
	}
	for name := range known {
		t.Errorf("%s is not in the table", name)
	}
}
