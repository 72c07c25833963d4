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

// scratchSize is enough for any name of the domain name system.
const scratchSize = 512

// Scratch returns an empty slice with room for 512 bytes in which to put together
// what is given to Text or Token; valid until the next call of Scratch.
func (c *Context) Scratch() []byte {
	if c.scratch == nil {
		c.scratch = make([]byte, 0, scratchSize)
	}
	return c.scratch[:0:scratchSize]
}
