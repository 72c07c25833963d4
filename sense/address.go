package sense

import (
	"net/netip"

	"wardkeeper/ward"
)

// maxAddresses is how many address texts a shard remembers of each kind.
const maxAddresses = 4096

// addresses remembers texts of addresses, which name services repeat endlessly.
type addresses struct {
	ips  map[netip.Addr]string
	macs map[ward.MAC]string
}

// IPText returns the text of an address, the same string each time; "" for none.
func (c *Context) IPText(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	if s, ok := c.addresses.ips[ip]; ok {
		return s
	}
	if c.addresses.ips == nil || len(c.addresses.ips) >= maxAddresses {
		c.addresses.ips = map[netip.Addr]string{}
	}
	s := ip.String()
	c.addresses.ips[ip] = s
	return s
}

// MACText returns the text of a hardware address, the same string each time; ""
// for none.
func (c *Context) MACText(m ward.MAC) string {
	if m.Zero() {
		return ""
	}
	if s, ok := c.addresses.macs[m]; ok {
		return s
	}
	if c.addresses.macs == nil || len(c.addresses.macs) >= maxAddresses {
		c.addresses.macs = map[ward.MAC]string{}
	}
	s := m.String()
	c.addresses.macs[m] = s
	return s
}
