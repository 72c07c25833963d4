package device

import (
	"slices"
	"strings"

	"wardkeeper/ward"
)

// facets finds the serial numbers that atoms state. Where an atom states several,
// or passes on what others made, each becomes an atom of its own behind it.
func (c *clusters) facets() {
	for _, a := range c.inv.atoms {
		for _, p := range a.parents {
			c.hidden[p] = append(c.hidden[p], a)
		}
	}
	for _, a := range c.inv.atoms {
		for i := range a.evidence {
			if f := a.evidence[i].facet; f != "" && !slices.Contains(c.serials[a], f) {
				c.serials[a] = append(c.serials[a], f)
			}
		}
		if len(c.serials[a]) > 1 || c.forwards(a) {
			c.keep[a] = c.ownFacet(a)
			c.splitOff(a)
		}
		if b := c.itself(a); b != nil {
			c.union(a, b)
		}
	}
}

// ownFacet returns the serial number of the only equipment that makes images, of
// those that a sender states: it files reports under the others.
func (c *clusters) ownFacet(a *atom) string {
	if archive(a) {
		return ""
	}
	own := ""
	for _, serial := range c.serials[a] {
		f := &atom{evidence: slices.DeleteFunc(slices.Clone(a.evidence), func(e evidence) bool { return e.facet != serial })}
		switch {
		case c.reports(f):
		case own != "" || !c.images(f):
			return ""
		default:
			own = serial
		}
	}
	for _, b := range c.hidden[a] {
		if statesContent(b) && !c.reports(b) {
			return ""
		}
	}
	return own
}

// itself returns the one that a speaks for and that is a itself: the only
// equipment in all that it sends, beside reports that it files under other names.
func (c *clusters) itself(a *atom) *atom {
	if archive(a) || len(c.hidden[a]) == 0 || c.images(a) {
		return nil
	}
	var only *atom
	for _, b := range c.hidden[a] {
		if !statesContent(b) {
			continue
		}
		if c.images(b) {
			if only != nil {
				return nil
			}
			only = b
		} else if !c.reports(b) {
			return nil
		}
	}
	if only == nil || len(only.parents) > 1 {
		return nil
	}
	for _, b := range append([]*atom{a}, c.hidden[a]...) {
		if m := c.maker(b, ""); statesContent(b) && m != c.maker(only, "") {
			return nil
		}
	}
	return only
}

// images reports whether a device's modality is one that makes images.
func (c *clusters) images(a *atom) bool {
	return slices.ContainsFunc(a.evidence, func(e evidence) bool {
		return e.field == ward.FieldModality && len(c.inv.prints.Match(e.field, e.value, "")) > 0
	})
}

// reports reports whether a device is known to make something, but no images.
func (c *clusters) reports(a *atom) bool {
	return !c.images(a) && slices.ContainsFunc(a.evidence, func(e evidence) bool { return e.field == ward.FieldModality })
}

// splitOff makes an atom of each facet of a.
func (c *clusters) splitOff(a *atom) {
	c.split[a] = true
	for _, serial := range c.serials[a] {
		if serial == c.keep[a] {
			continue
		}
		b := &atom{key: atomKey{place: a.key.place, sub: "serial " + serial, parent: a.index + 1}, index: uint32(len(c.atoms)), seen: span{}, spoke: true, parents: []*atom{a}}
		for i := range a.evidence {
			if e := a.evidence[i]; e.facet == serial {
				e.facet = ""
				b.evidence = append(b.evidence, e)
				b.seen.add(e.time)
			}
		}
		c.atoms = append(c.atoms, b)
		c.parent = append(c.parent, b.index)
		c.owned = append(c.owned, false)
		c.sure = append(c.sure, false)
	}
}

// forwards reports whether what an atom states of equipment is about others: it
// does so about several in the same protocol field, or it is an archive whose own
// software is of another maker than the equipment.
func (c *clusters) forwards(a *atom) bool {
	if archive(a) && statesContent(a) && !c.ownContent(a) {
		return true
	}
	for i := range a.evidence {
		e := &a.evidence[i]
		if e.facet == "" && !aboutContent(e.from) {
			continue
		}
		for _, b := range c.hidden[a] {
			if c.makesImages(a, b) && slices.ContainsFunc(b.evidence, func(x evidence) bool { return x.from == e.from }) {
				return true
			}
		}
	}
	return false
}

// makesImages reports whether b, that a speaks for, is equipment rather than the
// name under which a itself files reports and other things made from its images.
func (c *clusters) makesImages(a, b *atom) bool {
	return !c.reports(b) || c.maker(a, "") != c.maker(b, "")
}

// ownContent reports whether an archive's software and the equipment in what it
// sends are of one maker: a scanner that answers queries.
func (c *clusters) ownContent(a *atom) bool {
	var own, stated string
	for i := range a.evidence {
		switch e := &a.evidence[i]; {
		case e.field != ward.FieldMaker:
		case e.from == "dicom implementation":
			own = c.normal(e.value, e.from)
		case aboutContent(e.from):
			stated = c.normal(e.value, e.from)
		}
	}
	return own != "" && own == stated
}

// aboutContent reports whether a field describes what was sent rather than who
// sends it.
func aboutContent(from string) bool {
	return strings.HasPrefix(from, "dicom (") || strings.HasPrefix(from, "dicomweb (") || from == "dicom general equipment"
}

func statesContent(a *atom) bool {
	return slices.ContainsFunc(a.evidence, func(e evidence) bool { return aboutContent(e.from) })
}

// archive reports whether an atom answers queries for images.
func archive(a *atom) bool {
	for _, r := range [...]string{"dicom query scp", "dicom retrieve scp", "dicomweb server"} {
		if says(a, ward.FieldRole, r) {
			return true
		}
	}
	return false
}

// evidenceOf returns what an atom says of its own device.
func (c *clusters) evidenceOf(a *atom) []evidence {
	if !c.split[a] {
		return a.evidence
	}
	var own []evidence
	for _, e := range a.evidence {
		if e.facet != "" && e.facet == c.keep[a] || e.facet == "" && !aboutContent(e.from) {
			own = append(own, e)
		}
	}
	return own
}
