package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xmppscope/captures"
	"xmppscope/inspect"
	"xmppscope/xmpp/filter"
)

// dumpFlags are what dump takes beside the flags of a proxy.
type dumpFlags struct {
	proxy   proxyFlags
	read    []string
	follow  bool
	format  string
	secrets bool
}

func newDumpCommand(p *process) *cobra.Command {
	var flags dumpFlags
	cmd := &cobra.Command{
		Use:   "dump {-m MODE | -r FILE} [FILTER]",
		Short: "Print what passes, or what a capture holds",
		Long: `Print the frames that pass through the proxy (-m), or that captures hold (-r),
as text, as one XML document, or as JSON Lines.

FILTER limits what is printed, never what is recorded.`,
		Example: `  xmppscope dump -m reverse:xmpp.example.org -w session.pcapng
  xmppscope dump -r session.pcapng message and body contains Romeo
  xmppscope dump -r session.pcapng --format jsonl | jq -r .info
  xmppscope dump -m srv -w - | wireshark -k -i -`,
		ValidArgsFunction: completeFilter,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, query, err := flags.check(cmd.Flags(), args, p)
			if err != nil {
				return err
			}
			printing := newPrinting(p, format, query, flags.secrets)
			if len(flags.read) > 0 {
				return dumpFiles(cmd.Context(), p, &flags, printing)
			}
			return dumpLive(cmd.Context(), p, &flags, printing)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&flags.read, "read", "r", nil, "print the capture `FILE`; repeated, several as one")
	f.BoolVarP(&flags.follow, "follow", "f", false, "with -r: go on as the file grows")
	f.StringVar(&flags.format, "format", "text", "`FORMAT` to print: "+strings.Join(inspect.Formats(), ", "))
	f.BoolVar(&flags.secrets, "show-secrets", false, "do not mute passwords, tokens and the like")
	flags.proxy.add(f)
	cmd.MarkFlagFilename("read", "pcapng")
	cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(inspect.Formats(), cobra.ShellCompDirectiveNoFileComp))
	completeProxyFlags(cmd)
	return cmd
}

// check looks at what flags and arguments say together.
func (d *dumpFlags) check(set *pflag.FlagSet, args []string, p *process) (inspect.Format, *filter.Filter, error) {
	if len(d.read) > 0 && set.Changed("read") && !set.Changed("mode") {
		d.proxy.mode = "" // it was only in the environment
	}
	switch {
	case len(d.read) > 0 && d.proxy.mode != "":
		return 0, nil, usagef("-r reads a capture and -m starts a proxy: give one of them")
	case len(d.read) == 0 && d.proxy.mode == "":
		return 0, nil, usagef("give -m MODE to start a proxy, or -r FILE to print a capture")
	case len(d.read) == 0 && d.follow:
		return 0, nil, usagef("-f goes with -r")
	}
	if len(d.read) > 0 {
		for _, name := range proxyFlagNames(set) {
			return 0, nil, usagef("--%s goes with -m, not with -r", name)
		}
	} else if err := d.proxy.check(); err != nil {
		return 0, nil, err
	}
	if d.proxy.write == "-" && isTerminal(p.stdout) {
		return 0, nil, usagef("-w - writes a capture, which is binary: send standard output to a file or into a pipe")
	}
	format, err := inspect.ParseFormat(d.format)
	if err != nil {
		return 0, nil, usageError{err}
	}
	query, err := parseFilter(args)
	return format, query, err
}

// dumpFiles prints captures.
func dumpFiles(ctx context.Context, p *process, flags *dumpFlags, printing *printing) error {
	store, err := captures.Open(ctx, flags.read, captures.OpenOptions{Follow: flags.follow})
	if err != nil {
		return err
	}
	defer store.Close()
	err = printing.rows(ctx, store)
	for _, remark := range store.Progress().Remarks {
		p.say("%s", remark)
	}
	if flags.follow && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Printing may go on for printWithin after the end was asked for, and then
// has lastWord to end properly. The program ends within five seconds.
const (
	printWithin = 4200 * time.Millisecond
	lastWord    = 200 * time.Millisecond
)

// dumpLive runs a proxy and prints what it records.
func dumpLive(ctx context.Context, p *process, flags *dumpFlags, printing *printing) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var output io.Writer
	if flags.proxy.write == "-" {
		output = &watched{w: p.stdout, failed: cancel}
	}
	relay, err := flags.proxy.start(p, output)
	if err != nil {
		return err
	}
	store := relay.recorder.Store()
	defer store.Close()
	asked := make(chan time.Time, 1)
	context.AfterFunc(ctx, func() { asked <- time.Now() })

	printed := make(chan struct{})
	print, enough := context.WithCancel(context.WithoutCancel(ctx))
	defer enough()
	go func() { // ends with the store or print, or stays behind in a write that hangs
		defer close(printed)
		if output != nil || discards(p.stdout) {
			return
		}
		if err := printing.rows(print, store); err != nil && print.Err() == nil {
			cancel(err)
		}
	}()
	err = relay.run(ctx)
	cancel(err)
	select {
	case <-printed:
	case <-time.After(time.Until((<-asked).Add(printWithin))):
		p.say("there was no time to print everything")
		enough()
		select {
		case <-printed:
		case <-time.After(lastWord):
		}
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause // what ended it all, such as an output that was closed
	}
	return err
}

// watched is an output whose failure ends the program: what is written into
// it can only be given up.
type watched struct {
	w      io.Writer
	failed context.CancelCauseFunc
}

func (o *watched) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err != nil {
		o.failed(err)
	}
	return n, err
}

// Close closes the output if it can be closed, which ends a write that hangs.
func (o *watched) Close() error {
	if c, ok := o.w.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
