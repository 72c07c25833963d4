package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"wardkeeper/run"
)

// output chooses the form of a list.
func output(c *cobra.Command, o *run.QueryOptions) {
	f := c.Flags()
	f.StringVar(&o.DB, "db", "ward.db", "database `FILE` that was written with: wardkeeper read --db")
	f.BoolVar(&o.JSON, "json", false, "write JSON Lines")
	f.BoolVar(&o.CSV, "csv", false, "write CSV")
	c.MarkFlagsMutuallyExclusive("json", "csv")
}

func devicesCommand() *cobra.Command {
	var o run.QueryOptions
	c := &cobra.Command{
		Use:     "devices [TEXT]",
		Short:   "List the devices kept in a database",
		Example: "  wardkeeper devices --db ward.db --category \"infusion pump\"\n  wardkeeper devices --db ward.db --csv philips",
		Args:    atMostOne,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Filter.Text = args[0]
			}
			return run.Devices(c.Context(), o, c.OutOrStdout())
		},
	}
	output(c, &o)
	f := c.Flags()
	f.StringVar(&o.Filter.Category, "category", "", "only this category, e.g. \"infusion pump\"")
	f.StringVar(&o.Filter.Maker, "maker", "", "only this maker")
	f.StringVar(&o.Filter.Model, "model", "", "only this model")
	f.StringVar(&o.Filter.Zone, "zone", "", "only this zone")
	f.StringVar(&o.Filter.Protocol, "protocol", "", "only devices that speak this protocol")
	f.IntVar(&o.Filter.MinConfidence, "sure", 0, "only devices whose identity is at least this sure, in percent")
	return c
}

func deviceCommand() *cobra.Command {
	var o run.QueryOptions
	c := &cobra.Command{
		Use:   "device ID|ADDRESS",
		Short: "Show one device with its evidence, conversations and findings",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("name one device: its id (or the beginning of it), IP or hardware address")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return run.Device(c.Context(), o, args[0], c.OutOrStdout())
		},
	}
	output(c, &o)
	return c
}

func atMostOne(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError{fmt.Errorf("%s takes at most one text to search for", c.CommandPath())}
	}
	return nil
}
