package peers

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Process is a running program. Its output is kept and shown if the test
// fails; the program is ended with the test. All methods may be called from
// any goroutine.
type Process struct {
	name  string
	cmd   *exec.Cmd
	out   transcript
	input io.WriteCloser
	done  chan struct{} // closed once the program has ended
	err   error         // of the program; valid when done is closed
}

// transcript collects output of a program.
type transcript struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write adds to the transcript.
func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

// String returns everything so far.
func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// Start starts cmd, whose output and input it takes over. It owns one
// goroutine, which ends with the program.
func Start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{name: cmd.Path, cmd: cmd, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = &p.out
	}
	cmd.Stderr = &p.out
	if cmd.Stdin == nil {
		input, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		p.input = input
	}
	// A grandchild that outlives the program must not hold Wait up.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.End(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, tail(p.out.String()))
		}
	})
	return p
}

// Output returns what the program has printed so far.
func (p *Process) Output() string { return p.out.String() }

// Pid returns the process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed once the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended says whether the program has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// End sends the signal, waits, kills the program if it does not end within
// five seconds, and returns how it ended and whether it had to be killed.
func (p *Process) End(signal os.Signal) (err error, killed bool) {
	if p.Ended() {
		return p.err, false
	}
	p.cmd.Process.Signal(signal)
	timer := time.NewTimer(5 * time.Second)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
		killed = true
		p.cmd.Process.Kill()
		<-p.done
	}
	return p.err, killed
}

// Kill ends the program at once, without giving it a chance to clean up.
func (p *Process) Kill() {
	p.cmd.Process.Kill()
	<-p.done
}

// Exit waits for the program to end by itself and returns its exit status.
func (p *Process) Exit(t testing.TB) int {
	t.Helper()
	Until(t, p.name+" ends", p.Output, p.Ended)
	return p.Status()
}

// Status returns the exit status of a program that has ended; -1 if a signal
// ended it.
func (p *Process) Status() int { return p.cmd.ProcessState.ExitCode() }

// tail returns the end of a text that is too long to be read.
func tail(text string) string {
	const most = 20_000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}
