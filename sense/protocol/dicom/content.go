package dicom

import (
	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// interest is what is wanted of a data set beyond tokens.
type interest uint8

const (
	wantDigest interest = 1 << iota // of an instance; and its doses
	wantEquipment
	wantQuery
)

// content reads one data set. It is used again for the next.
type content struct {
	c        *sense.Context // only during a call
	interest interest
	encoding dicom.Encoding
	fault    dicom.Fault
	reader   dicom.Reader

	nstart   int // bytes held back until the encoding can be guessed
	start    [dicom.GuessBytes]byte
	deflated *inflater

	header, pixels     *sense.Hasher
	noDigest           bool
	headerSum, pixlSum ward.Digest
	bytes              uint64

	clear           bool
	patientID       []byte
	issuer          []byte
	patient         ward.Token
	study           ward.Token
	order           ward.Token
	message         ward.Token
	uid             [64]byte // SOP instance
	nuid            int
	object          string // SOP class
	level, progress string
	approval        string
	modality        string
	category        string
	count, failed   uint64
	contributed     bool
	equipment       equipment
	query           query
	dose            doses
}

// begin makes x ready for a data set.
func (x *content) begin(i interest, e dicom.Encoding) {
	*x = content{interest: i, encoding: e, deflated: x.deflated, patientID: x.patientID[:0], issuer: x.issuer[:0],
		query: x.query.empty(), dose: x.dose.empty()}
	x.noDigest = i&wantDigest == 0
	switch e {
	case dicom.DeflatedLE:
		if x.deflated == nil {
			x.deflated = &inflater{}
		}
		x.reader.Reset(x, dicom.ExplicitLE)
	default:
		x.reader.Reset(x, e)
	}
}

// write reads the next bytes.
func (x *content) write(c *sense.Context, b []byte) {
	x.c = c
	x.bytes += uint64(len(b))
	switch {
	case x.encoding == dicom.DeflatedLE:
		x.digest(b, false)
		x.deflated.add(c, b)
	case x.encoding == dicom.UnknownEncoding:
		x.guess(b)
	default:
		x.reader.Write(b)
	}
	x.c = nil
}

// guess holds back the first bytes until they tell how the data set is encoded.
func (x *content) guess(b []byte) {
	n := copy(x.start[x.nstart:], b)
	x.nstart += n
	if x.nstart < len(x.start) {
		return
	}
	x.encoding = dicom.Guess(x.start[:])
	if x.encoding == dicom.UnknownEncoding { // read on as something, the fault will show
		x.encoding = dicom.ExplicitLE
	}
	x.reader.Reset(x, x.encoding)
	x.reader.Write(x.start[:])
	x.reader.Write(b[n:])
}

// finish ends the data set. Of one that is not complete there are no digests.
func (x *content) finish(c *sense.Context, complete bool) {
	x.c = c
	if x.encoding == dicom.UnknownEncoding {
		x.digest(x.start[:x.nstart], false)
	}
	if x.encoding == dicom.DeflatedLE && complete {
		interest := x.noDigest
		x.noDigest = true
		x.deflated.run(c, &x.reader)
		x.noDigest = interest
	}
	x.fault = x.reader.Finish()
	if complete && !x.noDigest {
		sum(x.header, &x.headerSum)
		sum(x.pixels, &x.pixlSum)
	}
	if len(x.patientID) > 0 {
		x.patient = c.Token(ward.TokenPatient, x.issuer, x.patientID)
	}
	x.c = nil
}

func sum(h *sense.Hasher, d *ward.Digest) {
	if h != nil {
		h.Sum((*[32]byte)(d))
	}
}

// end gives back what is only needed while a data set is read.
func (x *content) end(c *sense.Context) {
	if x.header != nil {
		c.FreeHasher(x.header)
	}
	if x.pixels != nil {
		c.FreeHasher(x.pixels)
	}
	x.header, x.pixels = nil, nil
	if x.deflated != nil {
		x.deflated.free(c)
	}
}

// Raw implements dicom.Handler.
func (x *content) Raw(b []byte, pixels bool) { x.digest(b, pixels) }

func (x *content) digest(b []byte, pixels bool) {
	if x.noDigest {
		return
	}
	h := &x.header
	if pixels {
		h = &x.pixels
	}
	if *h == nil {
		if *h = x.c.TryHasher(); *h == nil {
			x.noDigest = true // of a part would be worse than none
			return
		}
	}
	(*h).Write(b)
}

// Item implements dicom.Handler.
func (x *content) Item(sequence dicom.Tag, depth int, begin bool) {
	if begin && depth == 1 {
		switch sequence {
		case dicom.ReferencedSOPSequence:
			x.count++
		case dicom.FailedSOPSequence:
			x.failed++
		case dicom.ContributingEquipment:
			x.contributed = true
		}
	}
	if x.interest&wantDigest != 0 {
		x.dose.item(sequence, depth, begin)
	}
}

// Element implements dicom.Handler.
func (x *content) Element(e *dicom.Element) bool {
	if x.interest&wantQuery != 0 {
		return x.query.element(e) || e.Depth == 0
	}
	switch e.Depth {
	case 0:
		return topLevel(e.Tag)
	case 1:
		return e.Parent == dicom.ScheduledStepAttributes || e.Parent == dicom.ScheduledProcedureSteps || isDose(e.Tag)
	}
	return isDose(e.Tag)
}

// topLevel tells which elements outside of sequences are read.
func topLevel(t dicom.Tag) bool {
	switch t {
	case dicom.SOPClassUID, dicom.SOPInstanceUID, dicom.AccessionNumber, dicom.StationAETitle, dicom.Modality, dicom.Manufacturer,
		dicom.StationName, dicom.DepartmentName, dicom.ManufacturerModelName, dicom.TransactionUID,
		dicom.PatientName, dicom.PatientID, dicom.IssuerOfPatientID, dicom.PatientBirthDate,
		dicom.DeviceSerialNumber, dicom.SoftwareVersions, dicom.StudyInstanceUID,
		dicom.PerformedStationAETitle, dicom.PerformedStationName, dicom.PerformedStepStatus,
		dicom.ApprovalStatus, dicom.FractionsDelivered:
		return true
	}
	return isDose(t)
}

// Value implements dicom.Handler.
func (x *content) Value(e *dicom.Element, v []byte) {
	v = dicom.Trim(v)
	if len(v) == 0 {
		return
	}
	if x.interest&wantQuery != 0 {
		x.query.value(e, v)
		if hasWildcard(v) {
			return
		}
	}
	if x.interest&wantDigest != 0 && isDose(e.Tag) {
		x.dose.value(x.c, e, v)
		return
	}
	nested := e.Depth == 1 && (e.Parent == dicom.ScheduledStepAttributes || e.Parent == dicom.ScheduledProcedureSteps)
	if e.Depth == 0 || nested {
		x.person(e.Tag, v)
	}
	if e.Depth == 0 && x.interest&wantEquipment != 0 {
		x.equipment.value(x.c, e.Tag, v)
	}
}

// person reads whom and what the data set is about.
func (x *content) person(t dicom.Tag, v []byte) {
	switch t {
	case dicom.PatientName, dicom.PatientBirthDate:
		x.clear = true
	case dicom.PatientID:
		x.clear = true
		x.patientID = append(x.patientID[:0], v...)
	case dicom.IssuerOfPatientID:
		x.issuer = append(x.issuer[:0], v...)
	case dicom.StudyInstanceUID:
		x.study = x.c.Token(ward.TokenStudy, nil, v)
	case dicom.AccessionNumber:
		x.order = x.c.Token(ward.TokenStudy, nil, v)
	case dicom.TransactionUID:
		x.message = x.c.Token(ward.TokenMessage, nil, v)
	case dicom.SOPInstanceUID:
		x.nuid = copy(x.uid[:], v)
	case dicom.SOPClassUID:
		x.object, _ = sopClass(x.c, v)
	case dicom.QueryRetrieveLevel:
		x.level = level(x.c, v)
	case dicom.PerformedStepStatus:
		x.progress = state(x.c, v)
	case dicom.ApprovalStatus:
		x.approval = state(x.c, v)
	case dicom.Modality:
		x.modality, x.category = modality(x.c, v)
	}
}

// describe puts what was read into an act.
func (x *content) describe(c *sense.Context, a *ward.Act, at *attributes) {
	a.Patient, a.Study, a.Order, a.Message = x.patient, x.study, x.order, x.message
	a.Bytes, a.Clear = x.bytes, x.clear
	a.Header, a.Pixels = x.headerSum, x.pixlSum
	if a.Instance.Zero() && x.nuid > 0 {
		a.Instance = c.Token(ward.TokenInstance, nil, x.uid[:x.nuid])
	}
	if x.count > 0 {
		a.Count = x.count
	}
	if x.failed > 0 {
		at.add("failed", decimal(x.failed))
	}
	at.add("modality", x.modality)
	at.add("status", x.progress)
	at.add("approval", x.approval)
	at.add("level", x.level)
	if x.interest&wantQuery != 0 {
		x.query.describe(at)
	}
}
