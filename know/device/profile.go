package device

import (
	"slices"
	"strings"

	"wardkeeper/know/device/fingerprint"
	"wardkeeper/ward"
)

// maxShown bounds the names and evidence of one device that are shown.
const (
	maxShown         = 64
	maxShownEvidence = 96
)

// clue is a piece of evidence of a device, or what follows from one.
type clue struct {
	evidence
	derived bool
	basis   ward.Field // of what it was derived from
}

// profile is a device in the making.
type profile struct {
	inv    *Inventory
	c      *clusters
	atoms  []*atom
	device ward.Device
	clues  []clue
	maker  string

	sure struct{ category, maker, model float64 }

	external  bool // only public addresses
	medical   bool // names itself in a medical protocol
	spoke     bool
	named     bool // is known well without having spoken
	lasting   bool
	cut       bool // more evidence than is shown
	addressed bool // has an address of its own
	site      string
	serial    string // with a maker: the strongest key
	unique    string // EUI-64, UUID, Bluetooth address
	globalMAC string
	app       string
	address   string // of the first seen
}

// profile works out what a cluster of atoms is.
func (inv *Inventory) profile(c *clusters, atoms []*atom) *profile {
	p := &profile{inv: inv, c: c, atoms: atoms, external: true}
	p.device.Kind = "device"
	p.gather()
	p.addresses()
	p.names()
	p.makers()
	p.derive()
	p.settleMaker()
	p.settleModel()
	p.settleCategory()
	p.settleNamesake()
	p.settleOS()
	p.settleSerial()
	p.software()
	p.keys()
	p.confidence()
	p.evidence()
	return p
}

// gather collects evidence, known ports and the registrants of own addresses.
func (p *profile) gather() {
	var seen span
	for _, a := range p.atoms {
		pl := p.inv.places[a.key.place]
		p.site = pl.site
		if p.device.Zone == "" {
			p.device.Zone = pl.zone
		}
		seen.join(a.seen)
		p.spoke = p.spoke || a.spoke
		p.external = p.external && a.external && !p.c.owned[a.index]
		for _, e := range p.c.evidenceOf(a) {
			p.clues = append(p.clues, clue{evidence: e})
		}
		for _, port := range a.ports {
			p.clues = append(p.clues, clue{evidence: evidence{field: fingerprint.FieldPort, value: port.name(), from: "flow port offered", packet: port.packet, capture: port.capture, time: port.time, confidence: 90}})
		}
		for _, port := range a.talks {
			p.clues = append(p.clues, clue{evidence: evidence{field: fingerprint.FieldTalks, value: port.name(), from: "flow port used", packet: port.packet, capture: port.capture, time: port.time, confidence: 90}})
		}
		for _, name := range a.protocols {
			p.device.Protocols = insert(p.device.Protocols, name)
		}
		p.registrant(a)
	}
	p.device.FirstSeen, p.device.LastSeen = seen.first.String(), seen.last.String()
}

// Confidence in a hardware address's registrant, if the address is the device's
// for sure, and if nothing contradicts it.
const (
	registrantSure   = 70
	registrantLikely = 50
)

func (p *profile) registrant(a *atom) {
	mac := a.key.mac
	if mac.Zero() || mac.Local() || a.key.ip.IsValid() && !p.c.owned[a.index] {
		return
	}
	name := p.inv.oui.Lookup(mac)
	if name == "" {
		return
	}
	confidence := uint8(registrantLikely)
	if !a.key.ip.IsValid() || p.c.sure[a.index] {
		confidence = registrantSure
	}
	p.clues = append(p.clues, clue{evidence: evidence{field: fingerprint.FieldRegistrant, value: name, from: "oui of " + mac.String(), time: a.seen.first, confidence: confidence}})
}

// addresses fills in what the device is reached by.
func (p *profile) addresses() {
	d := &p.device
	var first *atom
	for _, a := range p.atoms {
		k := a.key
		if k.ip.IsValid() {
			d.IPs = insert(d.IPs, k.ip.String())
			p.addressed = true
			if stable := !k.ip.IsLinkLocalUnicast() && !temporary(k.ip); stable {
				p.lasting = true
				if first == nil || a.seen.first < first.seen.first || a.seen.first == first.seen.first && k.ip.Less(first.key.ip) {
					first = a
				}
			}
		}
		if !k.mac.Zero() && (!k.ip.IsValid() || p.c.owned[a.index]) {
			p.ownMAC(k.mac)
		}
	}
	if first != nil {
		p.address = p.inv.places[first.key.place].zone + " " + first.key.ip.String()
	}
	for i := range p.clues {
		switch e := &p.clues[i]; {
		case e.field == ward.FieldMAC && e.confidence >= 80:
			if m := p.inv.mac(e.value); !m.Zero() && !m.Multicast() && !virtual(m) {
				p.ownMAC(m)
			}
		case e.field == ward.FieldIP && e.confidence >= 80:
			if ip := p.inv.ip(e.value); ip.IsValid() && !group(ip) && !ip.IsLoopback() {
				d.IPs = insert(d.IPs, ip.String())
				p.addressed = true
				p.lasting = p.lasting || !ip.IsLinkLocalUnicast() && !temporary(ip)
			}
		}
	}
	d.IPs = d.IPs[:min(len(d.IPs), maxShown)]
	d.MACs = d.MACs[:min(len(d.MACs), maxShown)]
}

func (p *profile) ownMAC(m ward.MAC) {
	s := m.String()
	p.device.MACs = insert(p.device.MACs, s)
	p.addressed = true
	if !m.Local() {
		p.lasting = true
		if p.globalMAC == "" || s < p.globalMAC {
			p.globalMAC = s
		}
	}
}

// names fills in what the device calls itself.
func (p *profile) names() {
	d := &p.device
	var department, location uint8
	for i := range p.clues {
		e := &p.clues[i]
		switch e.field {
		case ward.FieldHostname:
			if e.confidence >= 50 || strings.HasPrefix(e.from, "dns") {
				if !slices.ContainsFunc(d.Hostnames, func(h string) bool { return strings.EqualFold(h, e.value) }) {
					d.Hostnames = insert(d.Hostnames, e.value)
				}
			}
			p.lasting = p.lasting || usableHost(e.value) && e.confidence >= 60
		case ward.FieldAE:
			d.AEs = insert(d.AEs, e.value)
			p.medical, p.named, p.lasting = true, true, true
			p.app = e.value
		case ward.FieldApplication:
			d.Applications = insert(d.Applications, e.value)
			p.medical, p.named, p.lasting = true, true, true
			p.app = e.value
		case ward.FieldService:
			d.Services = insert(d.Services, e.value)
		case ward.FieldModality, ward.FieldSerial, ward.FieldModel:
			p.medical = p.medical || e.field != ward.FieldModel
			p.named, p.lasting = true, p.lasting || e.field == ward.FieldSerial
		case ward.FieldDepartment:
			if e.confidence > department && !strings.EqualFold(e.value, "unknown") {
				d.Department, department = e.value, e.confidence
			}
		case ward.FieldLocation:
			if e.confidence > location && !strings.EqualFold(e.value, "unknown") {
				d.Location, location = e.value, e.confidence
			}
		}
	}
	p.speaksFor()
	d.Hostnames, d.AEs, d.Applications = d.Hostnames[:min(len(d.Hostnames), maxShown)], d.AEs[:min(len(d.AEs), maxShown)], d.Applications[:min(len(d.Applications), maxShown)]
	d.Services = d.Services[:min(len(d.Services), maxShown)]
}

// speaksFor lists the applications and titles that the device's address serves
// without more being known of them; those of which more is known are devices
// behind it.
func (p *profile) speaksFor() {
	if len(p.atoms) == 1 && p.atoms[0].key.sub != "" {
		name := p.atoms[0].key.sub
		if (strings.HasPrefix(name, "hl7-app ") || strings.HasPrefix(name, "ae ")) && !hasIdentity(p.atoms[0]) {
			p.lasting = false
		} else {
			p.lasting, p.named = true, true
			_, p.app, _ = strings.Cut(name, " ")
		}
	}
	for _, a := range p.atoms {
		for _, b := range p.c.hidden[a] {
			if hasIdentity(b) {
				continue
			}
			if name, ok := strings.CutPrefix(b.key.sub, "hl7-app "); ok {
				p.device.Applications = insert(p.device.Applications, name)
			}
		}
	}
}

// hasIdentity reports whether more is known of a hidden device than its name.
func hasIdentity(a *atom) bool {
	return slices.ContainsFunc(a.evidence, func(e evidence) bool {
		switch e.field {
		case ward.FieldMaker, ward.FieldModel, ward.FieldSerial, ward.FieldCategory, ward.FieldProduct, ward.FieldSoftware, ward.FieldModality, ward.FieldUDI, ward.FieldFirmware:
			return true
		}
		return false
	})
}

// keys finds what the device's id is made of.
func (p *profile) keys() {
	if p.device.Serial != "" && p.device.Maker != "" && !strings.HasPrefix(p.device.Maker, "~") {
		p.serial = p.device.Maker + " " + strings.ToLower(p.device.Serial)
	}
	var ids []string
	for _, a := range p.atoms {
		ids = append(ids, uniqueIDs(a)...)
	}
	if len(ids) > 0 {
		p.unique = slices.Min(ids)
	}
	p.lasting = p.lasting || p.serial != "" || p.unique != ""
}

// id is a hash of the strongest lasting name: serial with maker, EUI-64 or UUID,
// global hardware address, address in its zone, name.
func (p *profile) id() string {
	switch {
	case p.serial != "":
		return hash("serial", p.site, p.serial)
	case p.unique != "":
		return hash("unique", p.site, p.unique)
	case p.globalMAC != "":
		return hash("mac", p.site, p.globalMAC)
	case p.address != "":
		return hash("ip", p.site, p.address)
	case len(p.atoms) > 0 && p.atoms[0].key.sub != "":
		return hash("name", p.site, p.device.Zone, p.atoms[0].key.sub)
	case len(p.device.Hostnames) > 0:
		return hash("host", p.site, p.device.Zone, p.device.Hostnames[0])
	}
	return hash("app", p.site, p.device.Zone, p.app, strings.Join(p.device.IPs, " "), strings.Join(p.device.MACs, " "))
}
