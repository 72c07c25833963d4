package dicom

import (
	"bytes"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// maxSoftware bounds how many software versions of one device are kept.
const maxSoftware = 3

// equipment is the cleaned general equipment module of a data set (PS3.3
// C.7.5.1). The institution is not kept.
type equipment struct {
	maker, model, serial string
	station, ae          string
	department           string
	software             [maxSoftware]string
}

// origin is what tells two devices apart whose instances come from one sender.
type origin struct{ maker, model, serial string }

func (x *content) origin() origin {
	e := &x.equipment
	return origin{e.maker, e.model, e.serial}
}

func (e *equipment) value(c *sense.Context, t dicom.Tag, v []byte) {
	switch t {
	case dicom.Manufacturer:
		e.maker = c.Text(sense.ClassMaker, v)
	case dicom.ManufacturerModelName:
		e.model = c.Text(sense.ClassModel, v)
	case dicom.DeviceSerialNumber:
		e.serial = c.Text(sense.ClassSerial, v)
	case dicom.StationName, dicom.PerformedStationName:
		e.station = c.Text(sense.ClassAE, v)
	case dicom.StationAETitle, dicom.PerformedStationAETitle:
		e.ae = c.Text(sense.ClassAE, v)
	case dicom.DepartmentName:
		e.department = c.Text(sense.ClassDepartment, v)
	case dicom.SoftwareVersions:
		for i := range e.software {
			var one []byte
			if one, v, _ = bytes.Cut(v, []byte{'\\'}); len(one) > 0 {
				e.software[i] = c.Text(sense.ClassSoftware, dicom.Trim(one))
			}
		}
	}
}

// sight emits what the data set says of the equipment that made it: the sender,
// or where that forwards, the one that the serial or station names.
func (x *content) sight(c *sense.Context, d sense.Dir, forward bool) {
	if x.interest&wantEquipment == 0 {
		return
	}
	e := &x.equipment
	var s ward.Subject
	if forward {
		switch {
		case e.serial != "":
			s = ward.Subject{Key: "serial", Value: e.serial, Behind: true}
		case e.ae != "":
			s = ward.Subject{Key: "ae", Value: e.ae, Behind: true}
		case e.station != "":
			s = ward.Subject{Key: "ae", Value: e.station, Behind: true}
		default:
			return
		}
	}
	c.SightOf(d, s, "dicom general equipment",
		ward.Fact{Field: ward.FieldMaker, Value: e.maker, Confidence: 90},
		ward.Fact{Field: ward.FieldModel, Value: e.model, Confidence: 90},
		ward.Fact{Field: ward.FieldSerial, Value: e.serial, Confidence: 90},
		ward.Fact{Field: ward.FieldHostname, Value: e.station, Confidence: 60},
		ward.Fact{Field: ward.FieldAE, Value: e.ae, Confidence: 70},
		ward.Fact{Field: ward.FieldDepartment, Value: e.department, Confidence: 80})
	c.SightOf(d, s, "dicom (0018,1020)",
		ward.Fact{Field: ward.FieldSoftware, Value: e.software[0], Confidence: 85},
		ward.Fact{Field: ward.FieldSoftware, Value: e.software[1], Confidence: 85},
		ward.Fact{Field: ward.FieldSoftware, Value: e.software[2], Confidence: 85})
	c.SightOf(d, s, "dicom (0008,0060)",
		ward.Fact{Field: ward.FieldModality, Value: x.modality, Confidence: 85},
		ward.Fact{Field: ward.FieldCategory, Value: x.category, Confidence: 75})
}
