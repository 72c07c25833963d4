// Package device knows which devices there are: it folds sightings, flows and
// acts into an inventory in which every field shows its evidence.
//
// What is seen is kept as atoms, one for each address as it was seen (zone, IP and
// hardware address) and one for each device that another speaks for. Which atoms
// are one device is decided anew whenever somebody asks, from all that is known by
// then: a hardware address turns out to be a router's, a serial number turns up on
// two addresses, and nothing has to be taken back. The same observations in the
// same order give the same inventory.
//
// Rules of identity:
//
//   - A hardware address identifies on its own segment only. It belongs to an IP
//     address if ARP, NDP or DHCP says so; otherwise only if nothing suggests a
//     router: no public or second simultaneous address behind it.
//   - Locally administered hardware addresses and random IPv6 addresses join what is
//     seen at the same time, and never make a lasting device alone.
//   - Virtual router addresses (VRRP, HSRP, GLBP, CARP), groups and broadcasts are no devices.
//   - The same serial number of one maker, the same EUI-64 or UUID, or the same host
//     name and model is the same device, unless the two talk to each other: then one
//     passes on what the other made.
//   - Several serial numbers stated by one address are several devices behind it.
//   - Public addresses are external peers, unless they name themselves in a medical protocol.
package device
