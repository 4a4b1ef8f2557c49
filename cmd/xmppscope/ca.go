package main

import (
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/smallstep/truststore"
	"github.com/spf13/cobra"

	"xmppscope/proxy/ca"
)

// newCACommand makes the command "ca": where the certificate authority is,
// and how clients come to trust it.
func newCACommand() *cobra.Command {
	var dir string
	var pem bool
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Show the certificate authority and how clients trust it",
		Long: `Show the certificate authority and how clients trust it.

xmppscope ends TLS on both sides, so clients see a certificate that its own
authority has signed. The authority is made on first use; its key never
leaves ca-key.pem, and whoever holds that key can deceive the clients that
trust it: keep it to yourself, and untrust the authority when you are done.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if pem {
				return printCA(cmd.OutOrStdout(), dir)
			}
			a, err := ca.Open(dir)
			if err != nil {
				return err
			}
			return describeCA(cmd.OutOrStdout(), a)
		},
	}
	cmd.PersistentFlags().StringVar(&dir, "ca-dir", ca.DefaultDir(), "directory of ca.pem and ca-key.pem")
	cmd.Flags().BoolVar(&pem, "print", false, "print the certificate in PEM and nothing else")
	cmd.AddCommand(newCAPrintCommand(&dir),
		newCAStoreCommand(&dir, "install", "Let this system trust the authority", installCA),
		newCAStoreCommand(&dir, "uninstall", "End the system's trust in the authority", uninstallCA))
	return cmd
}

func newCAPrintCommand(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "print",
		Short: "Print the authority's certificate in PEM",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return printCA(cmd.OutOrStdout(), *dir) },
	}
}

// printCA prints the certificate and nothing else.
func printCA(w io.Writer, dir string) error {
	a, err := ca.Open(dir)
	if err != nil {
		return err
	}
	_, err = w.Write(a.PEM())
	return err
}

// newCAStoreCommand makes "install" or "uninstall".
func newCAStoreCommand(dir *string, name, short string, do func(io.Writer, *ca.Authority) error) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("ca-dir") && *dir == ca.DefaultDir() {
				if err := refuseSudo(os.Getenv("SUDO_USER"), os.Geteuid()); err != nil {
					return err
				}
			}
			a, err := ca.Open(*dir)
			if err != nil {
				return err
			}
			return do(cmd.OutOrStdout(), a)
		},
	}
}

// refuseSudo keeps "sudo xmppscope ca install" from making and trusting an
// authority of root's that the user's proxy does not use.
func refuseSudo(user string, euid int) error {
	if user == "" || euid != 0 {
		return nil
	}
	return fmt.Errorf("under sudo this would be root's own authority, not the one of %s: run it without sudo (it asks for the password itself), or name the directory with --ca-dir", user)
}

func installCA(w io.Writer, a *ca.Authority) error {
	if err := truststore.Install(a.Root()); err != nil {
		return explainStore(err, a.Path())
	}
	_, err := fmt.Fprintf(w, "This system now trusts %s (SHA-256 %s).\nStart clients anew. To undo it: xmppscope ca uninstall\n",
		a.Root().Subject.CommonName, ca.Fingerprint(a.Root()))
	return err
}

func uninstallCA(w io.Writer, a *ca.Authority) error {
	err := truststore.Uninstall(a.Root())
	if errors.Is(err, truststore.ErrNotFound) {
		_, err = fmt.Fprintf(w, "This system does not trust %s.\n", a.Root().Subject.CommonName)
		return err
	}
	if err != nil {
		return explainStore(err, a.Path())
	}
	_, err = fmt.Fprintf(w, "This system no longer trusts %s. Programs that run keep their view until they start anew.\n",
		a.Root().Subject.CommonName)
	return err
}

// explainStore says what a failure to change the system's store means and
// what is left to do.
func explainStore(err error, path string) error {
	if errors.Is(err, truststore.ErrNotSupported) || errors.Is(err, truststore.ErrTrustNotSupported) {
		return fmt.Errorf("the certificate store of this system (%s) is not one that can be changed from here: add %s by the system's own means, or let the client alone trust it (xmppscope ca)",
			runtime.GOOS, path)
	}
	var failed *truststore.CmdError
	if errors.As(err, &failed) {
		said := strings.TrimSpace(string(failed.Out()))
		if said != "" {
			said = ": " + said
		}
		hint := ""
		if runtime.GOOS != "windows" && os.Geteuid() != 0 {
			hint = "; changing the system's store takes administrator's rights, through sudo or as root with --ca-dir"
		}
		return fmt.Errorf("%w%s%s", err, said, hint)
	}
	return fmt.Errorf("certificate store of the system: %w", err)
}

// describeCA prints the facts and the guides.
func describeCA(w io.Writer, a *ca.Authority) error {
	root := a.Root()
	var b strings.Builder
	fmt.Fprintf(&b, "Certificate  %s\n", a.Path())
	fmt.Fprintf(&b, "Name         %s\n", root.Subject.CommonName)
	fmt.Fprintf(&b, "SHA-256      %s\n", ca.Fingerprint(root))
	fmt.Fprintf(&b, "SHA-1        %x (as Profanity shows it)\n", sha1.Sum(root.Raw))
	fmt.Fprintf(&b, "Expires      %s%s\n", root.NotAfter.Format(time.DateOnly), expiryWarning(root))
	b.WriteString("\nWhoever holds the key beside it can deceive the clients that trust it. Untrust it when you are done.\n")
	for _, g := range trustGuides() {
		fmt.Fprintf(&b, "\n%s\n", g.Client)
		writeSteps(&b, "trust", g.Trust, a.Path())
		writeSteps(&b, "untrust", g.Untrust, a.Path())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func expiryWarning(root *x509.Certificate) string {
	left := time.Until(root.NotAfter)
	switch {
	case left <= 0:
		return " (expired: untrust it, remove ca.pem and ca-key.pem, and run this again)"
	case left < 90*24*time.Hour:
		return " (soon: then untrust it, remove ca.pem and ca-key.pem, and run this again)"
	}
	return ""
}

// writeSteps prints the steps under a label, wrapped for a terminal.
func writeSteps(b *strings.Builder, label string, steps []string, pem string) {
	for _, step := range steps {
		for _, line := range wrap(step, 76, pem) {
			fmt.Fprintf(b, "  %-10s%s\n", label, line)
			label = ""
		}
	}
}
