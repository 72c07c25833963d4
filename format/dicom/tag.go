package dicom

// Tag is a data element tag: group in the upper half, element in the lower.
type Tag uint32

const hexDigits = "0123456789ABCDEF"

// String returns the usual form, for example "(0010,0020)".
func (t Tag) String() string {
	b := [11]byte{0: '(', 5: ',', 10: ')'}
	for i := range 8 {
		at := 1 + i + i/4
		b[at] = hexDigits[t>>(28-4*i)&15]
	}
	return string(b[:])
}

// Tags of PS3.6 that Wardkeeper reads.
const (
	TransferSyntaxUID          Tag = 0x00020010
	SpecificCharacterSet       Tag = 0x00080005
	SOPClassUID                Tag = 0x00080016
	SOPInstanceUID             Tag = 0x00080018
	AccessionNumber            Tag = 0x00080050
	QueryRetrieveLevel         Tag = 0x00080052
	StationAETitle             Tag = 0x00080055
	Modality                   Tag = 0x00080060
	Manufacturer               Tag = 0x00080070
	StationName                Tag = 0x00081010
	DepartmentName             Tag = 0x00081040
	ManufacturerModelName      Tag = 0x00081090
	TransactionUID             Tag = 0x00081195
	FailedSOPSequence          Tag = 0x00081198
	ReferencedSOPSequence      Tag = 0x00081199
	PatientName                Tag = 0x00100010
	PatientID                  Tag = 0x00100020
	IssuerOfPatientID          Tag = 0x00100021
	PatientBirthDate           Tag = 0x00100030
	PatientSex                 Tag = 0x00100040
	DeviceSerialNumber         Tag = 0x00181000
	SoftwareVersions           Tag = 0x00181020
	ContributingEquipment      Tag = 0x0018A001
	StudyInstanceUID           Tag = 0x0020000D
	SeriesInstanceUID          Tag = 0x0020000E
	ScheduledStationAETitle    Tag = 0x00400001
	ScheduledProcedureSteps    Tag = 0x00400100
	PerformedStationAETitle    Tag = 0x00400241
	PerformedStationName       Tag = 0x00400242
	PerformedStepStatus        Tag = 0x00400252
	ScheduledStepAttributes    Tag = 0x00400270
	BasicGrayscaleImage        Tag = 0x20200110
	BasicColorImage            Tag = 0x20200111
	NumberOfCopies             Tag = 0x20000010
	MeasuredDoseReferences     Tag = 0x30080010
	MeasuredDoseValue          Tag = 0x30080016
	TreatmentSessionBeams      Tag = 0x30080020
	TreatmentSessionIonBeams   Tag = 0x30080021
	CurrentFractionNumber      Tag = 0x30080022
	TreatmentTermination       Tag = 0x3008002A
	SpecifiedPrimaryMeterset   Tag = 0x30080032
	DeliveredPrimaryMeterset   Tag = 0x30080036
	SummaryDoseReferences      Tag = 0x30080050
	CumulativeDose             Tag = 0x30080052
	CalculatedDoseReferences   Tag = 0x30080070
	CalculatedDoseNumber       Tag = 0x30080072
	CalculatedDoseValue        Tag = 0x30080076
	FractionsDelivered         Tag = 0x3008005A
	MeasuredDoseNumber         Tag = 0x30080064
	DoseReferences             Tag = 0x300A0010
	DoseReferenceNumber        Tag = 0x300A0012
	DeliveryWarningDose        Tag = 0x300A0022
	DeliveryMaximumDose        Tag = 0x300A0023
	TargetMinimumDose          Tag = 0x300A0025
	TargetPrescriptionDose     Tag = 0x300A0026
	TargetMaximumDose          Tag = 0x300A0027
	OrganAtRiskMaximumDose     Tag = 0x300A002C
	FractionGroups             Tag = 0x300A0070
	FractionGroupNumber        Tag = 0x300A0071
	FractionsPlanned           Tag = 0x300A0078
	NumberOfBeams              Tag = 0x300A0080
	BeamDose                   Tag = 0x300A0084
	BeamMeterset               Tag = 0x300A0086
	Beams                      Tag = 0x300A00B0
	TreatmentMachineName       Tag = 0x300A00B2
	PrimaryDosimeterUnit       Tag = 0x300A00B3
	BeamNumber                 Tag = 0x300A00C0
	FinalCumulativeMeterset    Tag = 0x300A010E
	ControlPoints              Tag = 0x300A0111
	ControlPointIndex          Tag = 0x300A0112
	NominalBeamEnergy          Tag = 0x300A0114
	DoseRateSet                Tag = 0x300A0115
	WedgePositions             Tag = 0x300A0116
	TreatmentMachines          Tag = 0x300A0206
	IonBeams                   Tag = 0x300A03A2
	IonControlPoints           Tag = 0x300A03A8
	ReferencedBeams            Tag = 0x300C0004
	ReferencedBeamNumber       Tag = 0x300C0006
	ReferencedFractionGroups   Tag = 0x300C0020
	ReferencedDoseReferenceNum Tag = 0x300C0051
	ApprovalStatus             Tag = 0x300E0002
	FloatPixelData             Tag = 0x7FE00008
	DoubleFloatPixelData       Tag = 0x7FE00009
	PixelData                  Tag = 0x7FE00010

	tagItem         Tag = 0xFFFEE000
	tagItemEnd      Tag = 0xFFFEE00D
	tagSequenceEnd  Tag = 0xFFFEE0DD
	undefinedLength     = 0xFFFFFFFF
)

// pixels reports an element whose value is image content.
func (t Tag) pixels() bool {
	return t == PixelData || t == FloatPixelData || t == DoubleFloatPixelData
}

// sequence reports the sequences that are worth entering where the encoding does
// not say that an element is one (Implicit VR).
func (t Tag) sequence() bool {
	switch t {
	case FailedSOPSequence, ReferencedSOPSequence, ContributingEquipment,
		ScheduledProcedureSteps, ScheduledStepAttributes, BasicGrayscaleImage, BasicColorImage,
		MeasuredDoseReferences, TreatmentSessionBeams, TreatmentSessionIonBeams, SummaryDoseReferences,
		CalculatedDoseReferences, DoseReferences, FractionGroups, Beams, IonBeams, ControlPoints,
		IonControlPoints, ReferencedBeams, TreatmentMachines:
		return true
	}
	return false
}
