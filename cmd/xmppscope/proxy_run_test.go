package main

import (
	"errors"
	"testing"

	"xmppscope/captures"
)

func TestWhyNotWell(t *testing.T) {
	full := errors.New("no space left on device")
	for state, want := range map[captures.State]string{
		captures.Recording: "",
		captures.Slow:      "traffic is slowed down to what can be recorded",
		captures.Full:      "no space left on device; traffic waits, and each second it is tried again",
		captures.Passing:   "no space left on device; traffic goes on unrecorded",
		captures.Closed:    "",
	} {
		if got := whyNotWell(captures.Status{State: state, Err: full}); got != want {
			t.Errorf("%q (%d): %q, want %q", state, state, got, want)
		}
	}
}
