package fhir

// Paths of elements that open.
const (
	pEntry      = path(kEntry)
	pIdentifier = path(kIdentifier)
	pName       = path(kName)
	pTelecom    = path(kTelecom)
	pAddress    = path(kAddress)
	pAgent      = path(kAgent)
	pEntity     = path(kEntity)

	pInstruction = path(kDosageInstruction)
	pDosage      = path(kDosage)
)

// opened notes the beginning of an element that repeats.
func (c *Collector) opened(p path) {
	f := &c.frames[c.nested-1]
	switch p {
	case pEntry:
		f.Entries++
		f.newEntry()
	case pIdentifier:
		if len(f.Identifiers) == MaxIdentifiers {
			c.Cut++
			return
		}
		f.Identifiers = append(f.Identifiers, Identifier{})
	case pName, pTelecom, pAddress:
		f.Personal = true
	case pAgent:
		if len(f.Agents) == MaxAgents {
			c.Cut++
			return
		}
		f.Agents = append(f.Agents, Agent{})
	case pEntity:
		if len(f.Entities) == MaxEntities {
			c.Cut++
			return
		}
		f.Entities = append(f.Entities, Ref{})
	default:
		if q := doseKind(p); q != "" {
			c.addDose(f, q)
		}
	}
}

func (c *Collector) addDose(f *frame, quantity string) {
	if len(f.Doses) == MaxDoses {
		c.Cut++
		return
	}
	f.Doses = append(f.Doses, Dose{Quantity: quantity})
}

// doseKind says which quantity begins at p: below dosageInstruction or dosage,
// with doseAndRate between them (R4) or without (earlier, and administrations).
func doseKind(p path) string {
	switch rest, ok := belowDosage(p); {
	case !ok:
		return ""
	default:
		switch rest {
		case path(kDoseQuantity), path(kDose):
			return "dose"
		case path(kDoseRange)<<8 | path(kLow):
			return "dose-low"
		case path(kDoseRange)<<8 | path(kHigh):
			return "dose-high"
		case path(kRateQuantity), path(kRateRatio):
			return "rate"
		case path(kRateRange)<<8 | path(kLow):
			return "rate-low"
		case path(kRateRange)<<8 | path(kHigh):
			return "rate-high"
		case path(kMaxDosePerPeriod):
			return "max-dose-per-period"
		}
	}
	return ""
}

// belowDosage cuts dosage and doseAndRate off the top of p.
func belowDosage(p path) (rest path, ok bool) {
	shift := 0
	for p>>shift > 0xff {
		shift += 8
	}
	if top := p >> shift; top != pInstruction && top != pDosage || shift == 0 {
		return 0, false
	}
	p &= 1<<shift - 1
	shift -= 8
	if p>>shift == path(kDoseAndRate) && shift > 0 {
		p &= 1<<shift - 1
	}
	return p, true
}

func (c *Collector) take(f *frame, p path, v []byte) {
	switch p & 0xff {
	case path(kReference), path(kSystem), path(kValue), path(kCode), path(kDisplay), path(kText), path(kUnit):
		if c.takeCompound(f, p, v) {
			return
		}
	}
	switch p {
	case path(kID):
		c.set(&f.ID, v)
	case path(kStatus):
		c.set(&f.Status, v)
	case path(kType):
		c.set(&f.BundleType, v)
	case path(kTotal):
		c.set(&f.Total, v)
	case path(kBirthDate):
		f.Personal = true
	case path(kAuthoredOn), path(kEffectiveDateTime), path(kEffectivePeriod)<<8 | path(kStart), path(kRecorded), path(kIssued):
		c.set(&f.When, v)
	case path(kManufacturer):
		c.set(&f.Maker, v)
	case path(kModel), path(kModelNumber):
		c.set(&f.Model, v)
	case path(kSerialNumber):
		c.set(&f.Serial, v)
	case path(kUDICarrier)<<8 | path(kDeviceIdentifier), path(kUDI)<<8 | path(kDeviceIdentifier):
		c.set(&f.UDI, v)
	case path(kDeviceName)<<8 | path(kName), path(kDeviceName)<<8 | path(kValue):
		c.set(&f.DeviceName, v)
	case path(kVersion), path(kVersion)<<8 | path(kValue):
		if len(f.Versions) < MaxVersions {
			f.Versions = append(f.Versions, c.keep(v))
		}
	case path(kSoftware)<<8 | path(kName):
		c.set(&f.Software, v)
	case path(kSoftware)<<8 | path(kVersion):
		c.set(&f.SoftwareVersion, v)
	case path(kAction):
		c.set(&f.Action, v)
	case path(kOutcome):
		c.set(&f.Outcome, v)
	case path(kAgent)<<8 | path(kAltID):
		if n := len(f.Agents); n > 0 {
			c.set(&f.Agents[n-1].Alt, v)
		}
	case path(kAgent)<<8 | path(kRequestor):
		if n := len(f.Agents); n > 0 {
			f.Agents[n-1].Requestor = string(v) == "true"
		}
	case path(kEntry)<<8 | path(kFullURL):
		f.fullURL = append(f.fullURL[:0], v...)
	case path(kEntry)<<16 | path(kRequest)<<8 | path(kMethod):
		f.entryMethod = append(f.entryMethod[:0], v...)
	case path(kEntry)<<16 | path(kRequest)<<8 | path(kURL):
		f.entryURL = append(f.entryURL[:0], v...)
	case path(kName), path(kTelecom):
		f.Personal = true
	}
}

// takeCompound takes a part of a reference, an identifier, a concept or a quantity.
func (c *Collector) takeCompound(f *frame, p path, v []byte) bool {
	last, up := key(p&0xff), p>>8
	if d := c.amount(f, up, last, v); d {
		return true
	}
	switch {
	case up == pIdentifier:
		if n := len(f.Identifiers); n > 0 {
			c.identifier(&f.Identifiers[n-1], last, v)
		}
		return true
	case up == pIdentifier<<16|path(kType)<<8|path(kCoding) && last == kCode:
		if n := len(f.Identifiers); n > 0 {
			c.set(&f.Identifiers[n-1].Type, v)
		}
		return true
	}
	if r := f.refAt(up); r != nil && last == kReference {
		c.set(&r.Reference, v)
		return true
	}
	if up&0xff == pIdentifier {
		if r := f.refAt(up >> 8); r != nil {
			switch last {
			case kSystem:
				c.set(&r.System, v)
			case kValue:
				c.set(&r.Value, v)
			}
			return true
		}
	}
	return c.coding(f, up, last, v)
}

func (c *Collector) identifier(id *Identifier, last key, v []byte) {
	switch last {
	case kSystem:
		c.set(&id.System, v)
	case kValue:
		c.set(&id.Value, v)
	}
}

// refAt returns the reference that stands at p.
func (f *frame) refAt(p path) *Ref {
	switch p {
	case path(kSubject), path(kPatient):
		return &f.Subject
	case path(kEncounter):
		return &f.Encounter
	case path(kDevice), path(kDevice)<<8 | path(kReference):
		return &f.Device
	case path(kParent):
		return &f.Parent
	case path(kRequest), path(kPrescription):
		return &f.Request
	case path(kAgent)<<8 | path(kWho), path(kAgent)<<8 | path(kReference):
		if n := len(f.Agents); n > 0 {
			return &f.Agents[n-1].Who
		}
	case path(kEntity)<<8 | path(kWhat), path(kEntity)<<8 | path(kReference):
		if n := len(f.Entities); n > 0 {
			return &f.Entities[n-1]
		}
	}
	return nil
}

// coding takes a part of the concept at p (its "coding" or "text").
func (c *Collector) coding(f *frame, p path, last key, v []byte) bool {
	concept := p
	if p&0xff == path(kCoding) {
		concept = p >> 8
	}
	var to *Coding
	switch concept {
	case path(kCode), path(kMedicationCodeableConcept), path(kMedication)<<8 | path(kConcept), path(kMedication):
		to = &f.Code
	case path(kType):
		to = &f.Code
	case path(kSubtype):
		to = &f.SubType
	default:
		return false
	}
	switch last {
	case kSystem:
		c.set(&to.System, v)
	case kCode:
		c.set(&to.Code, v)
	case kDisplay:
		c.set(&to.Display, v)
	case kText:
		c.set(&to.Text, v)
	}
	return true
}

// amount takes a part of the dose that was opened last.
func (c *Collector) amount(f *frame, up path, last key, v []byte) bool {
	n := len(f.Doses)
	if n == 0 {
		return false
	}
	d := &f.Doses[n-1]
	per := false
	switch up & 0xff {
	case path(kNumerator):
		up >>= 8
	case path(kDenominator):
		up >>= 8
		per = true
	}
	if doseKind(up) == "" {
		return false
	}
	value, unit, code := &d.Value, &d.Unit, &d.Code
	if per {
		value, unit, code = &d.PerValue, &d.PerUnit, &d.PerID
	}
	switch last {
	case kValue:
		c.set(value, v)
	case kUnit:
		c.set(unit, v)
	case kCode:
		c.set(code, v)
	}
	return true
}
