package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	"xmppscope/captures"
	"xmppscope/inspect"
	"xmppscope/xmpp/filter"
)

// printing prints the rows of a capture that a filter picks.
type printing struct {
	out     *bufio.Writer
	printer *inspect.Printer
	query   *filter.Filter
	secrets bool
}

// newPrinting returns a printing to standard output: highlighted and laid out
// on a terminal, else plain and exactly as sent.
func newPrinting(p *process, format inspect.Format, query *filter.Filter, secrets bool) *printing {
	out := bufio.NewWriterSize(p.stdout, 64<<10)
	return &printing{
		out: out,
		printer: inspect.NewPrinter(out, inspect.PrintOptions{
			Format: format,
			Colour: p.colour(),
			Layout: isTerminal(p.stdout),
			Zone:   time.Local,
		}),
		query:   query,
		secrets: secrets,
	}
}

// rows prints the rows of store, and waits for more of them, until it has
// ended or ctx is done. An error may also be the output's.
func (t *printing) rows(ctx context.Context, store *captures.Store) error {
	matcher := t.query.Matcher()
	var record *captures.Record
	for i := 0; ; i++ {
		if i >= store.Len() { // nothing to print yet: show what there is
			if err := t.out.Flush(); err != nil {
				return err
			}
		}
		err := ctx.Err() // Wait heeds it only when there is nothing to print
		if err == nil {
			err = store.Wait(ctx, i)
		}
		if err != nil {
			return t.end(err)
		}
		if record == nil {
			record = store.Record(i)
		} else {
			record.Move(i)
		}
		if !matcher.Match(record) {
			continue
		}
		row, err := inspect.ReadRow(store, i, t.secrets)
		if err != nil {
			return t.end(err)
		}
		if err := t.printer.Print(row); err != nil {
			return err
		}
	}
}

// end completes what is printed, after err, and returns it if it is one.
func (t *printing) end(err error) error {
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, t.printer.Close(), t.out.Flush())
}
