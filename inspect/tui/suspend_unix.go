//go:build unix

package tui

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// stop stops the whole foreground job, as the terminal's own ^Z would, and
// returns when it goes on. Signals take their time to arrive, so that it waits
// to be continued; in an orphaned process group, which nobody could continue,
// the system discards the stop and it gives up after a moment.
func stop() error {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return err
	}
	select {
	case <-continued:
	case <-time.After(time.Second):
	}
	return nil
}
