package main

import (
	"errors"

	"github.com/spf13/cobra"

	"wardkeeper/run"
)

func sensorCommand() *cobra.Command {
	var o run.SensorOptions
	c := &cobra.Command{
		Use:   "sensor -i INTERFACE [-i INTERFACE …]",
		Short: "Watch mirror ports live and tell of devices and findings as they appear",
		Long: `Watches network interfaces that a mirror port or tap feeds (Linux), and tells of
new and changed devices and of findings as they come. Interrupt it (Ctrl-C, or
SIGTERM) for the summary that "wardkeeper read" prints; a second time ends it at
once.

It never sends. It needs CAP_NET_RAW to open the interfaces, and gives up all
privileges right after. How to set up a mirror port: docs/sensor.md.`,
		Example: `  wardkeeper sensor -i eth1
  wardkeeper sensor -i eth1 -i eth2 --filter "not port 445" --db ward.db
  wardkeeper sensor -i eth1 --json | jq 'select(.kind == "finding")'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if len(o.Interfaces) == 0 {
				return usageError{errors.New("name at least one interface with -i; see: wardkeeper sensor --help")}
			}
			return run.Sensor(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringArrayVarP(&o.Interfaces, "interface", "i", nil, "watch this `INTERFACE`; may be given several times")
	f.StringVar(&o.Filter, "filter", "", "only packets that match this `EXPRESSION` in tcpdump's words, e.g. \"net 10.20.0.0/16 and not port 445\"")
	f.StringVar(&o.Ring, "ring", "64MiB", "`SIZE` of the kernel's buffer for each interface")
	f.BoolVar(&o.JSON, "json", false, "write JSON Lines: every observation, devices and findings as they appear, and all of them with a summary at the end")
	f.StringVar(&o.DB, "db", "", "also keep everything in the database `FILE` for: wardkeeper devices, device")
	f.StringVar(&o.Key, "key", "", "`FILE` of the key that makes tokens (default: wardkeeper/key in your configuration folder, made on first use)")
	f.StringArrayVar(&o.Zones, "zone", nil, "put packets into a zone, `NAME=INTERFACE[:VLAN,VLAN…]` or NAME=:VLAN,…; overlapping addresses of two zones stay apart")
	f.StringVar(&o.Fingerprints, "fingerprints", "", "folder with your own fingerprint files")
	f.IntVar(&o.Workers, "workers", 0, "worker `N`umber; changes nothing in the answer (default: one for each CPU)")
	f.StringVar(&o.Memory, "memory", "512MiB", "ceiling of state; what does not fit is counted and shown")
	return c
}
