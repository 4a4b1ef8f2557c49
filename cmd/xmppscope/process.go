package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"xmppscope/inspect"
)

// process is what commands have of the outside.
type process struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	lookup func(name string) (value string, ok bool) // environment

	mu   sync.Mutex // guards what follows, and stderr
	hold bool       // a screen is shown
	held []string   // lines for stderr once it is gone
}

// say prints one line to standard error, or keeps it while a screen is shown.
// Any goroutine may call it.
func (p *process) say(format string, args ...any) {
	line := inspect.Clean(fmt.Sprintf(format, args...), inspect.Lines) + "\n"
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hold {
		p.held = append(p.held, line)
		return
	}
	io.WriteString(p.stderr, line)
}

// holdMessages keeps messages back, or lets go of those that were kept.
func (p *process) holdMessages(hold bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hold = hold
	if !hold {
		for _, line := range p.held {
			io.WriteString(p.stderr, line)
		}
		p.held = nil
	}
}

// env returns an environment variable, "" where it is not set.
func (p *process) env(name string) string {
	value, _ := p.lookup(name)
	return value
}

// noColor reports that colours are not wanted (https://no-color.org).
func (p *process) noColor() bool { return p.env("NO_COLOR") != "" }

// colour reports whether standard output is a terminal that shows colours.
func (p *process) colour() bool {
	return isTerminal(p.stdout) && !p.noColor() && p.env("TERM") != "dumb" && enableColour(p.stdout.(*os.File))
}

// interactive reports whether a screen can be shown.
func (p *process) interactive() bool { return isTerminal(p.stdin) && isTerminal(p.stdout) }

// discards reports whether stream, an *os.File, is where nobody reads.
func discards(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return false
	}
	info, err := f.Stat()
	return err == nil && os.SameFile(info, null)
}

// isTerminal reports whether stream, an *os.File, is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
