package device

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"wardkeeper/ward"
)

// view is the inventory as devices, built when asked for.
type view struct {
	devices   []ward.Device
	ids       map[*atom]string   // of the device that an atom belongs to
	addresses map[address]string // of the device that held an address last
	hidden    int                // behind another
	passing   int                // seen, but nothing lasting
	silent    int
	outside   int
	cut       int // devices with more evidence than is shown
	claimed   int // addresses that two devices claim
}

// Coverage counts what the inventory holds and what it does not show.
type Coverage struct {
	Devices  int
	Behind   int               // devices that another speaks for
	Passing  int               // addresses with nothing lasting about them
	Silent   int               // addresses spoken to that never answered
	External int               // public addresses
	Disputed int               // addresses that two devices claim at a time
	Links    int               // conversing pairs and protocols
	Limits   map[string]uint64 // caps hit
}

// Coverage returns the counts.
func (inv *Inventory) Coverage() Coverage {
	v := inv.resolve()
	return Coverage{Devices: len(v.devices), Behind: v.hidden, Passing: v.passing, Silent: v.silent, External: v.outside,
		Disputed: v.claimed, Links: len(inv.links), Limits: inv.Limits()}
}

// Devices returns the devices sorted by id. The slices in them are shared: treat
// them as read-only.
func (inv *Inventory) Devices() []ward.Device {
	inv.touched()
	return slices.Clone(inv.resolve().devices)
}

// Device returns the device with an id.
func (inv *Inventory) Device(id string) (ward.Device, bool) {
	v := inv.resolve()
	i, ok := slices.BinarySearchFunc(v.devices, id, func(d ward.Device, id string) int { return cmp.Compare(d.ID, id) })
	if !ok {
		return ward.Device{}, false
	}
	return v.devices[i], true
}

// Lookup returns the id of the device that holds an endpoint's address in a
// site's zone. Like Devices and Links it works the devices out anew if evidence
// has come since (about 50 µs for each): ask when something is to be shown, not
// for every observation.
func (inv *Inventory) Lookup(site, zone string, e ward.Endpoint) (id string, ok bool) {
	v := inv.resolve()
	ip := e.IP.Unmap().WithZone("")
	for p := range inv.places {
		if inv.places[p] != (place{site, zone}) {
			continue
		}
		for _, mac := range [...]ward.MAC{e.MAC, {}} {
			if a := inv.byKey[atomKey{place: uint16(p), ip: ip, mac: mac}]; a != nil && v.ids[a] != "" {
				return v.ids[a], true
			}
		}
		if id := v.addresses[address{uint16(p), ip}]; id != "" {
			return id, true
		}
	}
	return "", false
}

// name is how an atom is called at the end of a link.
func (v *view) name(a *atom) string {
	if id := v.ids[a]; id != "" {
		return id
	}
	who := a.key.ip.String()
	if !a.key.ip.IsValid() {
		who = a.key.mac.String()
	}
	if a.external {
		return "external " + who
	}
	return "address " + who
}

// resolve builds the view unless nothing has changed since.
func (inv *Inventory) resolve() *view {
	if inv.view != nil && inv.viewed == inv.version {
		return inv.view
	}
	c := newClusters(inv)
	v := &view{ids: map[*atom]string{}, addresses: map[address]string{}}
	latest := map[address]ward.Time{}
	roots := make([]uint32, 0, len(c.members))
	for r := range c.members {
		roots = append(roots, r)
	}
	slices.Sort(roots)
	profiles := make([]*profile, 0, len(roots))
	taken := map[string]int{}
	for _, r := range roots {
		p := inv.profile(c, c.members[r])
		if !v.worth(p) {
			continue
		}
		id := p.id()
		if n := taken[id]; n > 0 { // two bearers of one key that must not be joined
			id = hash("again", id, strings.Repeat("i", n))
		}
		taken[p.id()]++
		p.device.ID = id
		for _, a := range p.atoms {
			v.ids[a] = id
			if k := (address{a.key.place, a.key.ip}); k.ip.IsValid() && a.seen.last >= latest[k] {
				v.addresses[k], latest[k] = id, a.seen.last
			}
		}
		profiles = append(profiles, p)
	}
	for _, p := range profiles {
		v.place(c, p)
		v.devices = append(v.devices, p.device)
		if p.cut {
			v.cut++
		}
	}
	slices.SortFunc(v.devices, func(a, b ward.Device) int { return cmp.Compare(a.ID, b.ID) })
	inv.view, inv.viewed = v, inv.version
	return v
}

// touched lets the passing of time alone refresh the view.
func (inv *Inventory) touched() {
	if inv.view == nil {
		return
	}
	var seen ward.Time
	for _, a := range inv.atoms {
		seen = max(seen, a.seen.last)
	}
	if seen > inv.last {
		inv.last = seen
		inv.version++
	}
}

// worth counts what is not shown as a device, and reports what is.
func (v *view) worth(p *profile) bool {
	switch {
	case p.external && !p.medical:
		v.outside++
		return false
	case !p.spoke && !p.named:
		v.silent++
		return false
	case !p.lasting:
		v.passing++
		return false
	}
	return true
}

// place says where a device is: behind whom, and whether its addresses are disputed.
func (v *view) place(c *clusters, p *profile) {
	for _, a := range p.atoms {
		for _, parent := range a.parents {
			if id := v.ids[parent]; id != "" && id != p.device.ID && (p.device.Behind == "" || id < p.device.Behind) && !p.addressed {
				p.device.Behind = id
			}
		}
	}
	if p.device.Behind != "" {
		v.hidden++
	}
	if c.disputed(p.atoms) {
		v.claimed++
		p.device.Contradictions = insert(p.device.Contradictions, "ip")
	}
}

// disputed reports whether another hardware address claims one of these addresses
// at the same time.
func (c *clusters) disputed(atoms []*atom) bool {
	for _, a := range atoms {
		if !a.key.ip.IsValid() || a.key.mac.Zero() || !c.sure[a.index] || a.key.ip.IsLinkLocalUnicast() {
			continue
		}
		for _, b := range c.rivals[binding{place: a.key.place, ip: a.key.ip}] {
			if c.find(a) != c.find(b) && a.seen.overlaps(b.seen) {
				return true
			}
		}
	}
	return false
}

func insert(list []string, s string) []string {
	if i, ok := slices.BinarySearch(list, s); !ok {
		return slices.Insert(list, i, s)
	}
	return list
}

// hash makes an id of what identifies a device.
func hash(parts ...string) string {
	h := sha256.New()
	for _, s := range append([]string{"device/1"}, parts...) {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return "d" + hex.EncodeToString(h.Sum(nil)[:8])
}
