package main

import (
	"errors"

	"github.com/spf13/cobra"

	"wardkeeper/run"
)

func readCommand() *cobra.Command {
	var o run.ReadOptions
	c := &cobra.Command{
		Use:   "read FILE|DIR|- ...",
		Short: "Read captures and say which devices are there, what they are and what is wrong",
		Long: `Reads packet captures (pcap and pcapng, plain, .gz or .zst; several at once in
order of time; directories; "-" is standard input) and prints devices, medical
conversations, findings, what could not be seen, and anomalies.

Nothing is sent anywhere. Patient identities become keyed tokens as they are
read; the key is made on first use (see --key).`,
		Example: `  wardkeeper read ward.pcapng
  wardkeeper read --json mirror/ | jq 'select(.kind == "device")'
  wardkeeper read --html report.html --db ward.db monday.pcap.gz tuesday.pcap.gz`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("name at least one capture file, a directory, or - for standard input; see: wardkeeper read --help")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.Inputs = args
			return run.Read(c.Context(), o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.BoolVar(&o.JSON, "json", false, "write JSON Lines: every observation, device, finding and a summary")
	f.StringVar(&o.HTML, "html", "", "also write one self-contained report to `FILE`")
	f.StringVar(&o.DB, "db", "", "also keep everything in the database `FILE` for: wardkeeper devices, device")
	f.StringVar(&o.Key, "key", "", "`FILE` of the key that makes tokens (default: wardkeeper/key in your configuration folder, made on first use)")
	f.StringArrayVar(&o.Zones, "zone", nil, "put packets into a zone, `NAME=INTERFACE[:VLAN,VLAN…]` or NAME=:VLAN,…; overlapping addresses of two zones stay apart")
	f.StringVar(&o.Fingerprints, "fingerprints", "", "folder with your own fingerprint files")
	f.StringVar(&o.Filter, "filter", "", "only packets that match this `EXPRESSION`, e.g. \"net 10.20.0.0/16 and not port 445\"")
	f.IntVar(&o.Workers, "workers", 0, "worker `N`umber; changes nothing in the answer (default: one for each CPU)")
	f.StringVar(&o.Memory, "memory", "512MiB", "ceiling of state; what does not fit is counted and shown")
	f.StringVar(&o.CPUProfile, "cpuprofile", "", "write a CPU profile to `FILE`")
	_ = f.MarkHidden("cpuprofile") // fails only for an unknown name
	return c
}
