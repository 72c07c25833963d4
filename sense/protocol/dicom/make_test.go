package dicom

import (
	"bytes"
	"encoding/binary"
	"strings"

	"wardkeeper/format/dicom"
	"wardkeeper/sense/sensetest"
)

// What follows writes DICOM by hand, from the standard.

const (
	implicit = "1.2.840.10008.1.2"
	explicit = "1.2.840.10008.1.2.1"
	bigEnd   = "1.2.840.10008.1.2.2"
	deflated = "1.2.840.10008.1.2.1.99"
	jpeg     = "1.2.840.10008.1.2.4.50"

	ctStorage = "1.2.840.10008.5.1.4.1.1.2"
	studyFind = "1.2.840.10008.5.1.4.1.2.2.1"
	mpps      = "1.2.840.10008.3.1.2.3.3"
)

func pdu(t dicom.PDUType, body []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{byte(t), 0}, uint32(len(body)))
	return append(b, body...)
}

func item(t byte, body ...[]byte) []byte {
	v := bytes.Join(body, nil)
	return append(binary.BigEndian.AppendUint16([]byte{t, 0}, uint16(len(v))), v...)
}

func aeTitle(s string) []byte { return []byte(s + strings.Repeat(" ", 16-len(s))) }

type offer struct{ sop, syntax string }

// associate makes an A-ASSOCIATE-RQ or -AC of contexts 1, 3, 5 …
func associate(t dicom.PDUType, called, calling string, user []byte, offers ...offer) []byte {
	b := append([]byte{0, 1, 0, 0}, aeTitle(called)...)
	b = append(append(b, aeTitle(calling)...), make([]byte, 32)...)
	b = append(b, item(dicom.ItemApplicationContext, []byte(dicom.ApplicationContext))...)
	for i, o := range offers {
		head := []byte{byte(2*i + 1), 0, 0, 0}
		if t == dicom.AssociateRQ {
			b = append(b, item(dicom.ItemContextRQ, head, item(dicom.ItemAbstractSyntax, []byte(o.sop)), item(dicom.ItemTransferSyntax, []byte(o.syntax)))...)
		} else {
			b = append(b, item(dicom.ItemContextAC, head, item(dicom.ItemTransferSyntax, []byte(o.syntax)))...)
		}
	}
	u := item(dicom.ItemUser, item(dicom.ItemMaxLength, []byte{0, 0, 0x40, 0}), item(dicom.ItemImplementation, []byte("1.2.276.0.7230010.3.0.3.6.7")),
		item(dicom.ItemVersionName, []byte("OFFIS_DCMTK_367")), user)
	return pdu(t, append(b, u...))
}

func pad(v []byte) []byte {
	if len(v)%2 == 1 {
		return append(v, 0)
	}
	return v
}

// element writes one in an encoding; a nil vr means a long one (OW).
func element(e dicom.Encoding, t dicom.Tag, vr, v string) []byte {
	val := pad([]byte(v))
	if e == dicom.ExplicitBE {
		b := binary.BigEndian.AppendUint16(nil, uint16(t>>16))
		b = append(binary.BigEndian.AppendUint16(b, uint16(t)), vr...)
		if vr == "OW" || vr == "SQ" || vr == "UN" {
			return append(binary.BigEndian.AppendUint32(append(b, 0, 0), uint32(len(val))), val...)
		}
		return append(binary.BigEndian.AppendUint16(b, uint16(len(val))), val...)
	}
	b := binary.LittleEndian.AppendUint16(nil, uint16(t>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(t))
	switch {
	case e == dicom.ImplicitLE:
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(val))), val...)
	case vr == "OW" || vr == "SQ" || vr == "UN":
		b = append(append(b, vr...), 0, 0)
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(val))), val...)
	}
	b = append(b, vr...)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(val))), val...)
}

func le16(v uint16) string { return string(binary.LittleEndian.AppendUint16(nil, v)) }

// command writes a command set with its group length.
func command(f dicom.Field, dataSet bool, more ...[]byte) []byte {
	kind := uint16(0x0101)
	if dataSet {
		kind = 0
	}
	im := dicom.ImplicitLE
	b := element(im, 0x0100, "", le16(uint16(f)))
	b = append(b, element(im, 0x0110, "", le16(7))...)
	b = append(b, element(im, 0x0800, "", le16(kind))...)
	for _, m := range more {
		b = append(b, m...)
	}
	return append(element(im, 0, "", string(binary.LittleEndian.AppendUint32(nil, uint32(len(b))))), b...)
}

// pdata cuts a command and a data set into P-DATA-TFs of at most size bytes.
func pdata(context byte, size int, cmd, dataSet []byte) []byte {
	var out []byte
	for i, part := range [][]byte{cmd, dataSet} {
		control := byte(1 - i)
		for part != nil {
			n := min(size, len(part))
			last := byte(0)
			if n == len(part) {
				last = 2
			}
			pdv := binary.BigEndian.AppendUint32(nil, uint32(n+2))
			pdv = append(append(pdv, context, control|last), part[:n]...)
			out = append(out, pdu(dicom.PData, pdv)...)
			if part = part[n:]; len(part) == 0 {
				part = nil
			}
		}
	}
	return out
}

// ctInstance is a data set of a CT with pixels.
func ctInstance(e dicom.Encoding, instance string, pixels []byte) []byte {
	var b []byte
	for _, x := range []struct {
		t     dicom.Tag
		vr, v string
	}{
		{dicom.SOPClassUID, "UI", ctStorage}, {dicom.SOPInstanceUID, "UI", instance}, {dicom.AccessionNumber, "SH", "ACC-9"},
		{dicom.Modality, "CS", "CT"}, {dicom.Manufacturer, "LO", "SIEMENS"}, {dicom.StationName, "SH", "CT01"},
		{dicom.ManufacturerModelName, "LO", "SOMATOM Force"},
		{dicom.PatientName, "PN", "DOE^JANE"}, {dicom.PatientID, "LO", "MRN0001"}, {dicom.PatientBirthDate, "DA", "19560412"},
		{dicom.DeviceSerialNumber, "LO", "75123"}, {dicom.SoftwareVersions, "LO", `VA48A\syngo`}, {dicom.StudyInstanceUID, "UI", "1.2.3.4"},
	} {
		b = append(b, element(e, x.t, x.vr, x.v)...)
	}
	return append(b, element(e, dicom.PixelData, "OW", string(pixels))...)
}

func uidElement(t dicom.Tag, uid string) []byte {
	return element(dicom.ImplicitLE, t, "", uid)
}

// store is an association that stores n instances with pixels of size bytes.
func store(n, size int) *sensetest.Trace {
	up := associate(dicom.AssociateRQ, "PACS", "CT1", nil, offer{ctStorage, explicit})
	down := associate(dicom.AssociateAC, "PACS", "CT1", nil, offer{ctStorage, explicit})
	pieces := []sensetest.Piece{sensetest.Up(up), sensetest.Down(down)}
	pixels := make([]byte, size)
	for i := range pixels {
		pixels[i] = byte(i * i >> 7)
	}
	for i := range n {
		instance := "1.2.3.4.5." + string(rune('1'+i%9))
		cmd := command(dicom.CStore, true, uidElement(2, ctStorage), uidElement(0x1000, instance))
		pieces = append(pieces, sensetest.Up(pdata(1, 16372, cmd, ctInstance(dicom.ExplicitLE, instance, pixels))))
		rsp := command(dicom.CStore.Reply(), false, uidElement(2, ctStorage), element(dicom.ImplicitLE, 0x900, "", le16(0)), uidElement(0x1000, instance))
		pieces = append(pieces, sensetest.Down(pdata(1, 16372, rsp, nil)))
	}
	pieces = append(pieces, sensetest.Up(pdu(dicom.ReleaseRQ, make([]byte, 4))), sensetest.Down(pdu(dicom.ReleaseRP, make([]byte, 4))))
	return sensetest.TCP(104, pieces...)
}
