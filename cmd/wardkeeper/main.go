// Command wardkeeper keeps a hospital's connected devices and patient platforms
// safe from attack. Its commands parse flags and call package run.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"wardkeeper/run"
)

func main() { os.Exit(Main()) }

// Main runs the command line and returns the exit status: 0 done, 1 failed, 2
// used wrongly.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	running := false
	err := root(&running).ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(os.Stderr, "wardkeeper:", strings.ReplaceAll(err.Error(), "\n", "; ")) // one line, whatever was joined
	var usage usageError
	if errors.As(err, &usage) || !running {
		return 2
	}
	return 1
}

// usageError is a mistake on the command line.
type usageError struct{ error }

// root returns the commands; running is set when one begins its work, so that what
// cobra itself refuses is known for a mistake on the command line.
func root(running *bool) *cobra.Command {
	c := &cobra.Command{
		Use:           "wardkeeper",
		Short:         "Keeps a hospital's connected devices and patient platforms safe from attack",
		Long:          "Wardkeeper passively watches a hospital's network, knows every device on it, and says what is wrong and who could be hurt.\nIt never sends a packet to a device.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       run.BuildInfo(),
	}
	c.SetVersionTemplate("{{.Version}}\n")
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see: %s --help", err, c.CommandPath())}
	})
	c.AddCommand(readCommand(), sensorCommand(), devicesCommand(), deviceCommand(), versionCommand())
	for _, sub := range c.Commands() {
		work := sub.RunE
		sub.RunE = func(c *cobra.Command, args []string) error {
			*running = true
			return work(c, args)
		}
	}
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version and build",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), run.BuildInfo())
			return err
		},
	}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, got %q", c.CommandPath(), args[0])}
	}
	return nil
}
