package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xmppscope/captures"
	"xmppscope/inspect/tui"
)

// screenFlags say how a screen looks.
type screenFlags struct {
	secrets bool
	theme   string
	ascii   bool
}

func (f *screenFlags) add(set *pflag.FlagSet) {
	set.BoolVar(&f.secrets, "show-secrets", false, "do not mute passwords, tokens and the like")
	set.StringVar(&f.theme, "theme", "", "`THEME` of the screen: ansi, dark, light, mono")
	set.BoolVar(&f.ascii, "ascii", false, "draw with ASCII characters only")
}

// options begins the options of a screen.
func (f *screenFlags) options(p *process) tui.Options {
	return tui.Options{Theme: f.theme, ASCII: f.ascii, NoColor: p.noColor(), ShowSecrets: f.secrets}
}

func newProxyCommand(p *process) *cobra.Command {
	var flags proxyFlags
	var screen screenFlags
	cmd := &cobra.Command{
		Use:   "proxy -m MODE [FILTER]",
		Short: "Stand between clients and their server, and show live what passes",
		Long: `Stand between clients and their server, and show live what passes.

Point a client at the listening address, and let it trust our certificate
authority (see 'xmppscope ca'). FILTER limits what is shown at first, never
what is recorded.`,
		Example: `  xmppscope proxy -m reverse:xmpp.example.org
  xmppscope proxy -m srv -l 127.0.0.1:5222 -w session.pcapng 'not presence'`,
		ValidArgsFunction: completeFilter,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if _, err := parseFilter(args); err != nil {
				return err
			}
			if !p.interactive() || flags.write == "-" {
				return usagef("the screen needs a terminal: use 'xmppscope dump' with the same flags")
			}
			options := screen.options(p)
			options.Filter = strings.Join(args, " ")
			return showLive(cmd.Context(), p, &flags, options)
		},
	}
	flags.add(cmd.Flags())
	screen.add(cmd.Flags())
	completeProxyFlags(cmd)
	return cmd
}

// showLive runs a proxy and shows what it records until the user quits.
func showLive(ctx context.Context, p *process, flags *proxyFlags, options tui.Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	relay, err := flags.start(p, nil)
	if err != nil {
		return err
	}
	store := relay.recorder.Store()
	defer store.Close()
	options.Store, options.Live = store, true
	options.Title = flags.mode
	for _, l := range relay.listeners {
		options.Listening = append(options.Listening, l.Addr().String())
	}
	ended := make(chan error, 1)
	go func() { ended <- relay.run(ctx) }() // until the user quits; waited for below
	options.Status = func() tui.Status {
		now := relay.recorder.Status()
		status := tui.Status{Offline: now.State == captures.Closed, Recording: now.State}
		if now.State != captures.Slow { // which comes and goes, and says enough
			status.Why = whyNotWell(now)
		}
		return status
	}
	p.holdMessages(true)
	shown := tui.Run(ctx, options)
	p.holdMessages(false)
	cancel()
	return errors.Join(shown, <-ended)
}

func newOpenCommand(p *process) *cobra.Command {
	var screen screenFlags
	cmd := &cobra.Command{
		Use:   "open [FILE...]",
		Short: "Browse a capture, or the recorded sample session",
		Example: `  xmppscope open
  xmppscope open monday.pcapng tuesday.pcapng`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if !p.interactive() {
				return usagef("the screen needs a terminal: use 'xmppscope dump -r FILE'")
			}
			store, err := openStore(cmd.Context(), files)
			if err != nil {
				return err
			}
			defer store.Close()
			options := screen.options(p)
			options.Store = store
			options.Title = strings.Join(files, " ")
			return tui.Run(cmd.Context(), options)
		},
	}
	screen.add(cmd.Flags())
	return cmd
}

// openStore opens files as one capture, or, with none, the sample.
func openStore(ctx context.Context, files []string) (*captures.Store, error) {
	if len(files) == 0 {
		return openSample(ctx)
	}
	return captures.Open(ctx, files, captures.OpenOptions{})
}
