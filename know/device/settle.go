package device

import (
	"cmp"
	"slices"
	"strings"

	"wardkeeper/know/device/category"
	"wardkeeper/ward"
)

// How much weaker a claim gets.
const (
	softwareMaker  = 30 // per cent left of a maker whose software runs on others' machines
	boardMaker     = 60 // … of a hardware address's registrant, as the device's maker
	unknownMaker   = 45 // … of one that is not in the list of makers
	manyNames      = 40 // … of what application names suggest where one address has several
	contentOfStore = 25 // … of what images say of an archive's own kind
	makersUsual    = 60 // … of the kind of device that a maker usually makes
)

// manyApps is from how many HL7 applications on an address belongs to an engine.
const manyApps = 3

// settleMaker decides the maker. A registrant does not contradict what the device
// itself says: computers have boards of others.
func (p *profile) settleMaker() {
	claims := p.makerClaims()
	if slices.ContainsFunc(claims, func(c claim) bool { return c.source != "oui" && c.confidence >= 50 }) {
		said := weigh(slices.DeleteFunc(slices.Clone(claims), func(c claim) bool { return c.source == "oui" }))
		claims = slices.DeleteFunc(claims, func(c claim) bool { return c.source == "oui" && c.value != said[0].value })
	}
	b := weigh(claims)
	if len(b) == 0 {
		return
	}
	p.device.Maker, p.sure.maker = b[0].value, b[0].p
	if len(b) > 1 {
		p.sure.maker = against(b[0].p, b[1].p)
		p.dispute("maker", b[1].p)
	}
}

func (p *profile) dispute(field string, dissent float64) {
	if dissent >= weighty {
		p.device.Contradictions = insert(p.device.Contradictions, field)
	}
}

// settleNamesake takes a maker that is known by the hardware address or banner only
// for its medical namesake where the device is medical.
func (p *profile) settleNamesake() {
	if t := p.inv.prints.Namesake(p.device.Maker); t != "" && category.Medical(p.device.Category) {
		p.device.Maker = t
	}
}

// settleCategory decides what the device is; the more specific of two kinds that
// agree wins.
func (p *profile) settleCategory() {
	var claims []claim
	store := p.stores()
	for _, c := range p.claims(ward.FieldCategory) {
		if !category.Known(c.value) {
			continue
		}
		if store && strings.HasPrefix(c.source, "dicom") && imaging(c.value) {
			c.confidence = c.confidence * contentOfStore / 100
		}
		claims = append(claims, c)
	}
	b := weigh(claims)
	if len(b) == 0 {
		return
	}
	best := b[0]
	for _, x := range b[1:] {
		if category.Refines(x.value, best.value) && !category.Refines(best.value, x.value) && x.p >= 0.3 { // of two that overlap the surer stands
			best = x
			break
		}
	}
	dissent := 0.0
	for _, x := range b {
		if x.value != best.value && !category.Refines(x.value, best.value) && !category.Refines(best.value, x.value) {
			dissent = max(dissent, x.p)
		}
	}
	p.device.Category, p.sure.category = best.value, against(best.p, dissent)
	p.dispute("category", dissent)
}

// imaging reports kinds of device that make images.
func imaging(c string) bool {
	switch c {
	case category.CT, category.MR, category.Ultrasound, category.XRay, category.NuclearMedicine, category.Radiotherapy,
		category.Endoscopy, category.Ophthalmology, category.Electrocardiograph, category.Neurophysiology:
		return true
	}
	return false
}

// settleModel decides the model: as the device states it, else by its canonical name.
func (p *profile) settleModel() {
	var claims []claim
	canonical := map[string]string{}
	for i := range p.clues {
		e := &p.clues[i]
		switch {
		case e.field != ward.FieldModel:
		case e.derived && e.basis == ward.FieldModel: // the same source in other words
		case !e.derived && !usableModel(e.value):
		default:
			claims = append(claims, claim{strings.Join(strings.Fields(e.value), " "), e.origin(), int(e.confidence)})
			if !e.derived {
				for _, c := range p.inv.prints.Match(ward.FieldModel, e.value, p.maker) {
					if c.Field == ward.FieldModel {
						canonical[strings.Join(strings.Fields(e.value), " ")] = c.Value
					}
				}
			}
		}
	}
	b := weigh(claims)
	if len(b) == 0 {
		return
	}
	best, agree, dissent := b[0], 1-b[0].p, 0.0
	for _, x := range b[1:] {
		if sameModel(x.value, best.value) || sameModel(x.value, canonical[best.value]) || sameModel(canonical[x.value], best.value) {
			agree *= 1 - x.p
		} else {
			dissent = max(dissent, x.p)
		}
	}
	p.device.Model, p.sure.model = best.value, against(1-agree, dissent)
	if strings.Contains(best.value, "~") && canonical[best.value] != "" {
		p.device.Model = canonical[best.value]
	}
	p.dispute("model", dissent)
}

func usableModel(s string) bool {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "", "unknown", "none", "n/a", "na", "-", "default string", "system product name", "to be filled by o.e.m.", "model", "device", "other":
		return false
	}
	return !strings.HasPrefix(s, "~") || strings.Contains(s, " ")
}

// sameModel reports whether one name's words are among the other's.
func sameModel(a, b string) bool {
	x, y := strings.Fields(strings.ToLower(a)), strings.Fields(strings.ToLower(b))
	if len(x) > len(y) {
		x, y = y, x
	}
	return len(x) > 0 && !slices.ContainsFunc(x, func(w string) bool { return !slices.Contains(y, w) })
}

// settleOS decides the operating system: the family first, then the most exact
// name within it.
func (p *profile) settleOS() {
	claims := p.claims(ward.FieldOS)
	claims = slices.DeleteFunc(claims, func(c claim) bool { return strings.HasPrefix(c.value, "~") })
	families := make([]claim, len(claims))
	for i, c := range claims {
		families[i] = claim{family(c.value), c.source, c.confidence}
	}
	f := weigh(families)
	if len(f) == 0 {
		return
	}
	dissent := 0.0
	for _, x := range f[1:] {
		if x.value != "unix" && f[0].value != "unix" {
			dissent = max(dissent, x.p)
		}
	}
	name := ""
	for _, x := range weigh(claims) {
		if family(x.value) == f[0].value && (name == "" || x.p >= 0.4 && moreExact(x.value, name)) {
			name = x.value
		}
	}
	p.device.OS = name
	p.dispute("os", dissent)
}

// moreExact reports whether a says more than b: it has a version where b has none.
func moreExact(a, b string) bool {
	return strings.ContainsAny(a, "0123456789") && !strings.ContainsAny(b, "0123456789")
}

// family is the kind of an operating system.
func family(s string) string {
	s = strings.ToLower(s)
	for _, f := range [...][2]string{{"windows", "windows"}, {"android", "android"}, {"ipados", "ios"}, {"macos", "macos"}, {"mac os", "macos"}, {"darwin", "macos"},
		{"linux", "linux"}, {"debian", "linux"}, {"ubuntu", "linux"}, {"centos", "linux"}, {"red hat", "linux"}, {"fedora", "linux"}, {"suse", "linux"}, {"unix", "unix"}} {
		if strings.Contains(s, f[0]) {
			return f[1]
		}
	}
	w, _, _ := strings.Cut(s, " ")
	return w
}

func (p *profile) settleSerial() {
	claims := slices.DeleteFunc(p.claims(ward.FieldSerial), func(c claim) bool { return !usableSerial(c.value) })
	b := weigh(claims)
	if len(b) == 0 {
		return
	}
	p.device.Serial = b[0].value
	if len(b) > 1 {
		p.dispute("serial", b[1].p)
	}
}

// software lists products with versions.
func (p *profile) software() {
	byName := map[string]ward.Named{}
	for i := range p.clues {
		e := &p.clues[i]
		var n ward.Named
		switch e.field {
		case ward.FieldSoftware:
			n = named(e.value)
		case ward.FieldFirmware:
			n = ward.Named{Name: "firmware", Version: strings.TrimSpace(e.value)}
		}
		if n.Name == "" || strings.HasPrefix(n.Name, "~") || e.confidence < 35 {
			continue
		}
		k := strings.ToLower(n.Name)
		if old, ok := byName[k]; !ok || better(n, old) {
			byName[k] = n
		}
	}
	for _, n := range byName {
		p.device.Software = append(p.device.Software, n)
	}
	slices.SortFunc(p.device.Software, func(a, b ward.Named) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	p.device.Software = p.device.Software[:min(len(p.device.Software), maxShown)]
}

// better prefers a version, then the longer, then the alphabetically first.
func better(a, b ward.Named) bool {
	return cmp.Or(cmp.Compare(len(a.Version), len(b.Version)), -cmp.Compare(a.Version, b.Version), -cmp.Compare(a.Name, b.Name)) > 0
}

// named cuts "name version" apart.
func named(s string) ward.Named {
	s = strings.TrimSpace(s)
	i := strings.LastIndexAny(s, " /")
	v := s[i+1:]
	digits := strings.TrimPrefix(strings.TrimPrefix(v, "v"), "V")
	if digits == "" || digits[0] < '0' || digits[0] > '9' {
		return ward.Named{Name: s}
	}
	if i <= 0 {
		return ward.Named{Name: "software", Version: v}
	}
	return ward.Named{Name: strings.TrimSpace(s[:i]), Version: v}
}

// confidence sums up: mostly what the device is, then who made it and which model.
func (p *profile) confidence() {
	d := &p.device
	sure := 0.7*p.sure.category + 0.2*p.sure.maker + 0.1*p.sure.model
	if d.Category != "" && d.Maker == "" {
		sure = 0.85 * p.sure.category
	}
	if d.Category == "" || p.sure.category < weighty {
		sure = min(sure, 0.45)
	}
	if slices.Contains(d.Contradictions, "category") {
		sure = min(sure, 0.6)
	}
	d.Confidence = percent(sure)
}
