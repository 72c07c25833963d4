package dicom

import (
	"strconv"
	"strings"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
)

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// sopClass returns the name of a SOP class: a standard's as it is, another's
// cleaned.
func sopClass(c *sense.Context, uid []byte) (string, dicom.Service) {
	if name, service, ok := dicom.SOPClass(uid); ok {
		return name, service
	}
	return c.Text(sense.ClassCode, uid), dicom.Other
}

// outcome names a status (PS3.7 annex C).
func outcome(status uint16) string {
	switch status {
	case 0x0000:
		return "ok"
	case 0xFF00, 0xFF01:
		return "pending"
	case 0xFE00:
		return "cancelled"
	}
	const digits = "0123456789ABCDEF"
	hex := string([]byte{digits[status>>12], digits[status>>8&15], digits[status>>4&15], digits[status&15]})
	if status>>12 == 0xB || status == 0x0001 || status == 0x0107 || status == 0x0116 {
		return "warning " + hex
	}
	return hex
}

// modalities lists the defined terms of a modality (PS3.3 C.7.3.1.1.1, retired ones
// too) by the kind of device they come from; none where they do not tell.
var modalities = [...]struct{ category, terms string }{
	{"CT", "CT"},
	{"MR", "MR"},
	{"US", "US IVUS BDUS"},
	{"X-ray", "XA RF CR DX MG IO PX RG BMD DR"},
	{"RT", "RTIMAGE RTDOSE RTSTRUCT RTPLAN RTRECORD RTINTENT RTRAD RTSEGANN"},
	{"nuclear medicine", "NM PT ST"},
	{"", "ECG EPS HD EEG RESP ES GM SM XC OP OPM OPT OPTBSV OPTENF OPV OCT IVOCT LEN KER AR SRF VA IOL OAM OSS TG LS LP BI AU " +
		"DMS EMG EOG POS PA OT SC SR PR KO DOC REG SEG FID PLAN ASMT CTPROTOCOL XAPROTOCOL HC STAIN M3D TEXTUREMAP RWV SMR ANN " +
		"DG CFM FS VF MA DS CD DD DF EC CS CP AS"},
}

// modality returns a modality's code, or cleaned text for what is none, and what
// kind of device it comes from.
func modality(c *sense.Context, v []byte) (code, category string) {
	for _, m := range modalities {
		for rest := m.terms; rest != ""; {
			var term string
			if term, rest, _ = strings.Cut(rest, " "); term == string(v) {
				return term, m.category
			}
		}
	}
	return c.Text(sense.ClassCode, v), ""
}

// level returns a query level (PS3.4 C.3), cleaned where it is none.
func level(c *sense.Context, v []byte) string {
	for _, l := range [...]string{"PATIENT", "STUDY", "SERIES", "IMAGE"} {
		if string(v) == l {
			return l
		}
	}
	return c.Text(sense.ClassCode, v)
}

// state returns a defined term for a state, cleaned where it is none.
func state(c *sense.Context, v []byte) string {
	for _, l := range [...]string{"IN PROGRESS", "COMPLETED", "DISCONTINUED", "APPROVED", "UNAPPROVED", "REJECTED", "NORMAL", "OPERATOR", "MACHINE", "UNKNOWN"} {
		if string(v) == l {
			return l
		}
	}
	return c.Text(sense.ClassCode, v)
}

// keyName names the query keys that tell what is asked for, "" for others.
func keyName(t dicom.Tag) string {
	switch t {
	case dicom.PatientName:
		return "PatientName"
	case dicom.PatientID:
		return "PatientID"
	case dicom.PatientBirthDate:
		return "PatientBirthDate"
	case dicom.PatientSex:
		return "PatientSex"
	case dicom.AccessionNumber:
		return "AccessionNumber"
	case dicom.StudyInstanceUID:
		return "StudyInstanceUID"
	case dicom.SeriesInstanceUID:
		return "SeriesInstanceUID"
	case dicom.SOPInstanceUID:
		return "SOPInstanceUID"
	case dicom.Modality:
		return "Modality"
	case dicom.ScheduledStationAETitle:
		return "ScheduledStationAETitle"
	case 0x00080020:
		return "StudyDate"
	case 0x00080061:
		return "ModalitiesInStudy"
	case 0x00080090:
		return "ReferringPhysicianName"
	case 0x00081030:
		return "StudyDescription"
	case 0x00400002:
		return "ScheduledProcedureStepStartDate"
	}
	return ""
}
