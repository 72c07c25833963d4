package fhir

import "bytes"

// key is a member name that matters.
type key uint8

const (
	kOther key = iota + 1
	kAction
	kAgent
	kAltID
	kAuthoredOn
	kBirthDate
	kCarrier
	kCode
	kCoding
	kDenominator
	kDevice
	kDeviceIdentifier
	kDeviceName
	kDisplay
	kDosage
	kDosageInstruction
	kDose
	kDoseAndRate
	kDoseQuantity
	kDoseRange
	kEffectiveDateTime
	kEffectivePeriod
	kEncounter
	kEntity
	kEntry
	kHigh
	kID
	kIdentifier
	kIssued
	kLow
	kManufacturer
	kMaxDosePerPeriod
	kMedication
	kMedicationCodeableConcept
	kMethod
	kModel
	kModelNumber
	kName
	kNumerator
	kOutcome
	kParent
	kPatient
	kRateQuantity
	kRateRange
	kRateRatio
	kRecorded
	kReference
	kRequest
	kRequestor
	kResource
	kResourceType
	kSerialNumber
	kStart
	kStatus
	kSubject
	kSubtype
	kSystem
	kTelecom
	kText
	kTotal
	kType
	kUDI
	kUDICarrier
	kUnit
	kURL
	kValue
	kVersion
	kWhat
	kWho
	kAddress
	kContained
	kPrescription
	kConcept
	kFullURL
	kSoftware
)

var keys = map[string]key{
	"action": kAction, "agent": kAgent, "participant": kAgent, "altId": kAltID, "authoredOn": kAuthoredOn, "birthDate": kBirthDate, "carrierHRF": kCarrier,
	"code": kCode, "coding": kCoding, "denominator": kDenominator, "device": kDevice, "deviceIdentifier": kDeviceIdentifier, "deviceName": kDeviceName,
	"display": kDisplay, "dosage": kDosage, "dosageInstruction": kDosageInstruction, "dose": kDose, "doseAndRate": kDoseAndRate,
	"doseQuantity": kDoseQuantity, "doseRange": kDoseRange, "effectiveDateTime": kEffectiveDateTime, "effectiveTimeDateTime": kEffectiveDateTime,
	"effectivePeriod": kEffectivePeriod, "effectiveTimePeriod": kEffectivePeriod, "encounter": kEncounter, "context": kEncounter, "entity": kEntity, "entry": kEntry,
	"high": kHigh, "id": kID, "identifier": kIdentifier, "issued": kIssued, "low": kLow, "manufacturer": kManufacturer, "maxDosePerPeriod": kMaxDosePerPeriod,
	"medicationReference": kMedication, "medication": kMedication, "medicationCodeableConcept": kMedicationCodeableConcept, "method": kMethod,
	"model": kModel, "modelNumber": kModelNumber, "name": kName, "numerator": kNumerator, "outcome": kOutcome, "parent": kParent, "patient": kPatient,
	"rateQuantity": kRateQuantity, "rateRange": kRateRange, "rateRatio": kRateRatio, "recorded": kRecorded, "reference": kReference, "request": kRequest,
	"requestor": kRequestor, "resource": kResource, "resourceType": kResourceType, "serialNumber": kSerialNumber, "start": kStart, "status": kStatus,
	"subject": kSubject, "subtype": kSubtype, "system": kSystem, "telecom": kTelecom, "text": kText, "total": kTotal, "type": kType, "udi": kUDI,
	"udiCarrier": kUDICarrier, "unit": kUnit, "url": kURL, "value": kValue, "version": kVersion, "what": kWhat, "who": kWho, "address": kAddress,
	"software": kSoftware, "source": kDevice, "contained": kContained, "prescription": kPrescription, "basedOn": kPrescription, "concept": kConcept, "fullUrl": kFullURL, "dateWritten": kAuthoredOn,
	"occurenceDateTime": kEffectiveDateTime, "occurencePeriod": kEffectivePeriod,
}

func keyOf(name []byte) key {
	if k := keys[string(name)]; k != 0 {
		return k
	}
	return kOther
}

// path is the names from a resource down to a value, last one lowest. Unknown
// names are kOther, so that nothing below them matches.
type path uint64

// Collector is a Tree that gathers resources and hands each over when it ends:
// contained ones and a Bundle's entries before what holds them.
type Collector struct {
	// Resource is called when a resource ends.
	Resource func(*Resource)
	// Cut counts what a cap kept from being collected.
	Cut int

	frames [maxNested]frame
	nested int // frames in use
	deep   int // levels below a resource that is nested too deep
	levels []collectLevel
	arena  []byte // values of all frames
}

type frame struct {
	Resource
	level int // of its object in levels
	typed bool
	mark  int // arena's length when it began

	entryMethod, entryURL, fullURL Text // of the Bundle's current entry; not in the arena
}

// newEntry forgets what the last entry said.
func (f *frame) newEntry() {
	f.entryMethod, f.entryURL, f.fullURL = f.entryMethod[:0], f.entryURL[:0], f.fullURL[:0]
}

// collectLevel is an open object.
type collectLevel struct {
	path     path
	names    int
	resource bool
}

// NewCollector returns an empty Collector.
func NewCollector(f func(*Resource)) *Collector { return &Collector{Resource: f} }

func upper(name []byte) bool { return len(name) > 0 && name[0] >= 'A' && name[0] <= 'Z' }

// Open implements Tree.
func (c *Collector) Open(name []byte) {
	if c.deep > 0 {
		c.deep++
		return
	}
	n := len(c.levels)
	k := keyOf(name)
	switch {
	case n > 0 && upper(name): // XML: the resource's element within "resource"
		c.levels = append(c.levels, c.levels[n-1])
		c.levels[n].resource = false
		c.setType(name)
		return
	case n == 0, k == kResource, k == kContained:
		if c.nested == maxNested {
			c.Cut++
			c.deep = 1
			return
		}
		c.levels = append(c.levels, collectLevel{resource: true})
		f := &c.frames[c.nested]
		f.reset()
		f.Depth, f.level, f.typed, f.mark = c.nested, n, false, len(c.arena)
		f.newEntry()
		c.nested++
		if n == 0 && upper(name) {
			c.setType(name)
		}
		return
	}
	up := c.levels[n-1]
	l := collectLevel{path: up.path<<8 | path(k), names: up.names + 1}
	if l.names > maxPath {
		l.path = path(kOther)
	}
	c.levels = append(c.levels, l)
	c.opened(l.path)
}

func (c *Collector) setType(name []byte) {
	if f := &c.frames[c.nested-1]; !f.typed {
		f.Type, f.typed = Known(name), true
	}
}

// Close implements Tree.
func (c *Collector) Close() {
	if c.deep > 0 {
		c.deep--
		return
	}
	n := len(c.levels) - 1
	if n < 0 {
		return
	}
	l := c.levels[n]
	c.levels = c.levels[:n]
	if !l.resource {
		return
	}
	f := &c.frames[c.nested-1]
	if c.nested > 1 {
		up := &c.frames[c.nested-2]
		f.EntryMethod, f.EntryURL, f.FullURL = up.entryMethod, up.entryURL, up.fullURL
	}
	c.Resource(&f.Resource)
	c.nested--
	c.arena = c.arena[:f.mark]
}

const maxArena = 64 << 10 // bytes of values of all open resources

// keep copies a value to where it stays until its resource ends.
func (c *Collector) keep(v []byte) Text {
	if len(v) == 0 {
		return nil
	}
	if len(c.arena)+len(v) > maxArena {
		c.Cut++
		return nil
	}
	n := len(c.arena)
	c.arena = append(c.arena, v...)
	return c.arena[n:len(c.arena):len(c.arena)]
}

// set keeps the first value of a field.
func (c *Collector) set(field *Text, v []byte) {
	if *field == nil {
		*field = c.keep(v)
	}
}

// Value implements Tree.
func (c *Collector) Value(name, v []byte, whole bool) {
	if c.deep > 0 || len(c.levels) == 0 || !whole {
		return // what is cut identifies nothing
	}
	k := keyOf(name)
	f := &c.frames[c.nested-1]
	up := c.levels[len(c.levels)-1]
	if k == kResourceType && up.path == 0 {
		c.setType(v)
		return
	}
	if k == kOther || up.names >= maxPath {
		return
	}
	c.take(f, up.path<<8|path(k), bytes.TrimSpace(v))
}
