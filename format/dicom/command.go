package dicom

import "encoding/binary"

// Field is a command (PS3.7 annex E, (0000,0100)); a response has bit 15.
type Field uint16

// The commands.
const (
	CStore       Field = 0x0001
	CGet         Field = 0x0010
	CFind        Field = 0x0020
	CMove        Field = 0x0021
	CEcho        Field = 0x0030
	NEventReport Field = 0x0100
	NGet         Field = 0x0110
	NSet         Field = 0x0120
	NAction      Field = 0x0130
	NCreate      Field = 0x0140
	NDelete      Field = 0x0150
	CCancel      Field = 0x0FFF

	responseBit Field = 0x8000
)

// Response reports whether the command answers another.
func (f Field) Response() bool { return f&responseBit != 0 }

// Reply returns the command that answers f.
func (f Field) Reply() Field { return f | responseBit }

// Request returns the command without its response bit.
func (f Field) Request() Field { return f &^ responseBit }

// String returns the service's name, "" if there is none.
func (f Field) String() string {
	switch f.Request() {
	case CStore:
		return "C-STORE"
	case CGet:
		return "C-GET"
	case CFind:
		return "C-FIND"
	case CMove:
		return "C-MOVE"
	case CEcho:
		return "C-ECHO"
	case NEventReport:
		return "N-EVENT-REPORT"
	case NGet:
		return "N-GET"
	case NSet:
		return "N-SET"
	case NAction:
		return "N-ACTION"
	case NCreate:
		return "N-CREATE"
	case NDelete:
		return "N-DELETE"
	case CCancel:
		return "C-CANCEL"
	}
	return ""
}

// noDataSet is (0000,0800) where no data set follows.
const noDataSet = 0x0101

// Command is a command set. Slices alias what was parsed.
type Command struct {
	Field           Field
	MessageID       uint16 // of a request, or the one that is answered
	Status          uint16
	HasStatus       bool
	DataSet         bool
	SOPClass        []byte // affected or requested
	SOPInstance     []byte
	MoveDestination []byte
	MoveOriginator  []byte
	EventType       uint16
	ActionType      uint16
	SubOperations   [4]uint16 // remaining, completed, failed, warning
	HasSubOps       bool
}

// ParseCommand reads a command set, always Implicit VR Little Endian (PS3.7
// section 6.3.1). ok is false if it is cut or has no command field.
func ParseCommand(b []byte) (c Command, ok bool) {
	for len(b) >= 8 {
		tag := Tag(binary.LittleEndian.Uint16(b))<<16 | Tag(binary.LittleEndian.Uint16(b[2:]))
		n := uint64(binary.LittleEndian.Uint32(b[4:]))
		if tag>>16 != 0 || n > uint64(len(b)-8) {
			return c, false
		}
		c.element(tag, b[8:8+n])
		b = b[8+n:]
	}
	return c, c.Field != 0 && len(b) == 0
}

func (c *Command) element(tag Tag, v []byte) {
	var u uint16
	if len(v) >= 2 {
		u = binary.LittleEndian.Uint16(v)
	}
	switch tag {
	case 0x0002, 0x0003:
		c.SOPClass = Trim(v)
	case 0x0100:
		c.Field = Field(u)
	case 0x0110, 0x0120:
		c.MessageID = u
	case 0x0600:
		c.MoveDestination = Trim(v)
	case 0x0800:
		c.DataSet = u != noDataSet
	case 0x0900:
		c.Status, c.HasStatus = u, len(v) >= 2
	case 0x1000, 0x1001:
		c.SOPInstance = Trim(v)
	case 0x1002:
		c.EventType = u
	case 0x1008:
		c.ActionType = u
	case 0x1020, 0x1021, 0x1022, 0x1023:
		c.SubOperations[tag-0x1020], c.HasSubOps = u, true
	case 0x1030:
		c.MoveOriginator = Trim(v)
	}
}
