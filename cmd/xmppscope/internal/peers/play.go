package peers

import "testing"

// Outcome is what the two people of a [Play] saw, in the order of the play.
type Outcome []Seen

// Seen is one thing that one of them saw.
type Seen struct {
	By    string // "romeo" or "juliet"
	Sight Sight
	Text  string
}

// Lines of the play, which an XML parser, a shell or a terminal could mangle.
const (
	RomeoSays  = `But soft! What <light> & "grace" – ὦ φίλη?`
	JulietSays = `O Romeo, 'tis <b>but</b> thy name & nothing more… ¿no?`
)

// Play runs a whole session between a client under test, Romeo's, and
// Juliet's slixmpp: login, roster, presence, message and receipt both ways,
// and a clean logout. It fails the test if something that the client can show
// does not come, and returns what came.
func Play(t testing.TB, client Starter, romeo, juliet Login) Outcome {
	t.Helper()
	var seen Outcome
	hers := Slixmpp(t, juliet)
	hers.Await(t, Roster)
	his := client(t, romeo)
	watch := func(c *Client, by string, sights ...Sight) {
		t.Helper()
		for _, sight := range sights {
			if c.Shows(sight) {
				seen = append(seen, Seen{by, sight, c.Await(t, sight)})
			}
		}
	}
	watch(his, "romeo", Online, Roster, Presence)
	watch(hers, "juliet", Presence)

	his.Say(juliet.JID(), RomeoSays)
	watch(hers, "juliet", Message)
	said(t, seen, RomeoSays)
	watch(his, "romeo", Receipt)

	hers.Say(romeo.JID(), JulietSays)
	watch(his, "romeo", Message)
	said(t, seen, JulietSays)
	if his.Shows(Receipt) {
		watch(hers, "juliet", Receipt)
	}

	if status := his.Quit(t); status != 0 {
		t.Errorf("%s ended with status %d", his.Name, status)
	}
	watch(hers, "juliet", Gone)
	if status := hers.Quit(t); status != 0 {
		t.Errorf("Juliet's slixmpp ended with status %d", status)
	}
	return seen
}

// said checks that the last thing seen is the message, whole and unaltered.
func said(t testing.TB, seen Outcome, body string) {
	t.Helper()
	if got := seen[len(seen)-1].Text; got != body {
		t.Errorf("%q was said, %q was seen", body, got)
	}
}
