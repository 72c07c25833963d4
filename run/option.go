package run

import (
	"fmt"
	"strconv"
	"strings"

	"wardkeeper/sense/wire"
)

// parseZones reads NAME=INTERFACE[:VLAN,VLAN…].
func parseZones(texts []string) ([]wire.ZoneRule, error) {
	var out []wire.ZoneRule
	for _, t := range texts {
		name, rest, ok := strings.Cut(t, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("zone %q: want NAME=INTERFACE[:VLAN,VLAN…], for example icu=eth1:10,11", t)
		}
		iface, vlans, _ := strings.Cut(rest, ":")
		r := wire.ZoneRule{Zone: name, Interface: iface}
		for v := range strings.SplitSeq(vlans, ",") {
			if v == "" {
				continue
			}
			n, err := strconv.ParseUint(v, 10, 12)
			if err != nil {
				return nil, fmt.Errorf("zone %q: VLAN %q is not a number from 0 to 4095", t, v)
			}
			r.VLANs = append(r.VLANs, uint16(n))
		}
		out = append(out, r)
	}
	return out, nil
}

// smallest is the least memory that the engine runs with.
const smallest = 16 << 20

// parseSize reads a size such as 512MiB or 1GB.
func parseSize(text string) (int64, error) {
	units := []struct {
		suffix string
		factor int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"", 1}}
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n <= 0 || n > 1<<62/u.factor {
			break
		}
		if n*u.factor < smallest {
			return 0, fmt.Errorf("size %q: at least 16MiB is needed", text)
		}
		return n * u.factor, nil
	}
	return 0, fmt.Errorf("size %q: want for example 512MiB", text)
}
