package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"xmppscope/xmpp/filter"
)

// Exit statuses.
const (
	statusDone   = 0
	statusFailed = 1
	statusUsage  = 2
)

// usageError says that the command line is wrong.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// execute carries out a command line and returns the exit status.
func execute(ctx context.Context, args []string, p *process) int {
	started := false // a command was found and its arguments fit
	root := newRoot(p)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		started = true
		return fromEnvironment(cmd, p)
	}
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil, readerGone(err):
		return statusDone
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return statusDone
	}
	p.say("%s: %v", command.CommandPath(), err)
	if hint := hintFor(err); hint != "" {
		p.say("%s", hint)
	}
	if !started || errors.As(err, new(usageError)) {
		p.say("See '%s --help'.", command.CommandPath())
		return statusUsage
	}
	return statusFailed
}

// newRoot returns the command xmppscope with all its subcommands.
func newRoot(p *process) *cobra.Command {
	root := &cobra.Command{
		Use:   "xmppscope",
		Short: "See, record and explain the XMPP between any client and any server",
		Long: `xmppscope stands between an XMPP client and its server, ends TLS on both sides,
and shows and records every stanza exactly as it passes.

Without a command it prints a short recorded session. Flags also take values
from the environment: XMPPSCOPE_UPSTREAM_CA stands for --upstream-ca.`,
		Example: `  xmppscope proxy -m reverse:xmpp.example.org -w session.pcapng
  xmppscope dump -r session.pcapng 'iq and error'
  xmppscope ca`,
		Args:          knownCommand,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return printSample(cmd.Context(), p) },
		Version:       version(),

		SuggestionsMinimumDistance: 2,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(newProxyCommand(p), newDumpCommand(p), newOpenCommand(p), newCACommand(), newVersionCommand(p))
	return root
}

// knownCommand refuses what the root takes for arguments, and says which
// command may have been meant.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("unknown command %q", args[0])
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		message += fmt.Sprintf(" – %s?", strings.Join(near, ", "))
	}
	return errors.New(message)
}

// environmentPrefix begins the names of variables that give flags a value.
const environmentPrefix = "XMPPSCOPE_"

// fromEnvironment sets the command's flags that are not on the command line
// from variables: XMPPSCOPE_UPSTREAM_CA for --upstream-ca. Flags that may be
// repeated take the values of their variable divided by blanks.
func fromEnvironment(cmd *cobra.Command, p *process) error {
	var failed error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := environmentPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := p.env(name)
		if f.Changed || value == "" || failed != nil || f.Name == "help" || f.Name == "version" {
			return
		}
		values := []string{value}
		if _, repeated := f.Value.(pflag.SliceValue); repeated {
			values = strings.Fields(value)
		}
		for _, v := range values {
			if err := f.Value.Set(v); err != nil {
				failed = usagef("%s=%q: %w", name, value, err)
			}
		}
	})
	return failed
}

// completeFilter completes the word of a filter that is being typed.
func completeFilter(_ *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	input := strings.Join(append(args, word), " ")
	begin := len(input) - len(word)
	var found []cobra.Completion
	for _, c := range filter.Completions(input, len(input)) {
		if c.Start >= begin && c.End == len(input) {
			found = append(found, cobra.CompletionWithDesc(input[begin:c.Start]+c.Text, c.Help))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// parseFilter returns the filter that the arguments make, joined by blanks.
func parseFilter(args []string) (*filter.Filter, error) {
	expression := strings.Join(args, " ")
	f, err := filter.Parse(expression)
	var wrong *filter.Error
	if errors.As(err, &wrong) {
		return nil, usagef("filter: %w\n%s", err, indent(wrong.Caret(expression)))
	}
	return f, err
}

func indent(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
