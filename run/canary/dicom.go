package canary

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// tagTable lists the attributes of PS3.6 whose values are text, by VR.
//
//go:embed dicom_tags.txt
var tagTable string

type tag struct {
	tag uint32
	vr  string
}

func (t tag) group() int     { return int(t.tag >> 16) }
func (t tag) String() string { return fmt.Sprintf("(%04X,%04X)", t.tag>>16, t.tag&0xffff) }

func tags() []tag {
	var all []tag
	for line := range strings.Lines(tagTable) {
		f := strings.Fields(line)
		for _, s := range f[1:] {
			v, err := strconv.ParseUint(s, 16, 32)
			check(err)
			all = append(all, tag{uint32(v), f[0]})
		}
	}
	return all
}

// dataset holds every attribute of PS3.6 that is text (one in each nth), nested ones
// and private ones.
func dataset(p *Plant, nth int) []byte {
	var elements []struct {
		tag uint32
		b   []byte
	}
	put := func(t uint32, vr string, v string) {
		elements = append(elements, struct {
			tag uint32
			b   []byte
		}{t, element(t, vr, v)})
	}
	for i, t := range tags() {
		switch {
		case t.tag == 0x00080016:
			put(t.tag, "UI", "1.2.840.10008.5.1.4.1.1.2")
		case t.tag == 0x00080005 || t.group() > 0x60 && (i+p.Round)%nth != 0:
		default:
			put(t.tag, t.vr, p.V(t.String()))
		}
	}
	inner := join(element(0x00080050, "SH", p.V("sequence (0008,0050)")), element(0x00080100, "SH", p.V("sequence (0008,0100)")), element(0x00080104, "LO", p.V("sequence (0008,0104)")), element(0x00100010, "PN", p.V("sequence (0010,0010)")), element(0x00180010, "LO", p.V("sequence (0018,0010)")))
	item := string(join(le16(0xfffe, 0xe000), le32(len(inner)), inner))
	put(0x00081032, "SQ", item)
	put(0x00400275, "SQ", item)
	put(0x0018A001, "SQ", string(join(le16(0xfffe, 0xe000), le32(len(inner)), inner)))
	for _, group := range []uint32{0x0009, 0x0019, 0x0021, 0x0029, 0x0043} {
		put(group<<16|0x10, "LO", p.V(fmt.Sprintf("private creator %04X", group)))
		put(group<<16|0x1001, "LO", p.V(fmt.Sprintf("private %04X", group)))
		put(group<<16|0x1002, "UN", p.V(fmt.Sprintf("private UN %04X", group)))
	}
	put(0x7FE00010, "OW", "pixels of "+p.V("pixel data"))
	// Ascending, as the standard wants.
	for i := 1; i < len(elements); i++ {
		for j := i; j > 0 && elements[j].tag < elements[j-1].tag; j-- {
			elements[j], elements[j-1] = elements[j-1], elements[j]
		}
	}
	var b []byte
	for _, e := range elements {
		b = append(b, e.b...)
	}
	return b
}

func pdu(kind byte, parts ...[]byte) []byte {
	b := join(parts...)
	return join([]byte{kind, 0}, be32(len(b)), b)
}

func item(kind byte, parts ...[]byte) []byte { return join([]byte{kind, 0}, len16(parts...)) }

const (
	implicit = "1.2.840.10008.1.2"
	explicit = "1.2.840.10008.1.2.1"
)

func associate(p *Plant, kind byte, called, calling string, sops ...string) []byte {
	b := join([]byte{0, 1, 0, 0}, fmt.Appendf(nil, "%-16.16s", called), fmt.Appendf(nil, "%-16.16s", calling), make([]byte, 32), item(0x10, []byte("1.2.840.10008.3.1.1.1")))
	for i, s := range sops {
		head := []byte{byte(2*i + 1), 0, 0, 0}
		if kind == 1 {
			b = append(b, item(0x20, head, item(0x30, []byte(s)), item(0x40, []byte(explicit)))...)
		} else {
			b = append(b, item(0x21, head, item(0x40, []byte(explicit)))...)
		}
	}
	user := join(item(0x51, be32(0x4000)), item(0x52, []byte(p.Short("implementation class", 60))), item(0x55, []byte(p.Short("implementation version", 16))))
	if kind == 1 {
		for t := byte(1); t <= 5; t++ {
			user = append(user, item(0x58, []byte{t, 1}, len16([]byte(p.V(fmt.Sprintf("user identity %d", t)))), len16([]byte(p.V(fmt.Sprintf("passcode %d", t)))))...)
		}
		user = append(user, item(0x56, len16([]byte(p.V("extended negotiation"))), []byte(p.V("extended data")))...)
	} else {
		user = append(user, item(0x59, len16([]byte(p.V("server response"))))...)
	}
	return pdu(kind, b, item(0x50, user))
}

// command is a command set, implicit little endian.
func command(field int, data bool, more ...[]byte) []byte {
	el := func(e int, v []byte) []byte {
		if len(v)%2 == 1 {
			v = append(v, 0)
		}
		return join(le16(0, e), le32(len(v)), v)
	}
	kind := 0x0101
	if data {
		kind = 0
	}
	b := join(el(0x0002, []byte("1.2.840.10008.5.1.4.1.1.2\x00")), el(0x0100, le16(field)), el(0x0110, le16(7)))
	b = join(b, el(0x0800, le16(kind)))
	b = join(b, join(more...))
	return join(el(0, le32(len(b))), b)
}

func pdata(context byte, command, data []byte) (out []byte) {
	const size = 8000
	for i, part := range [][]byte{command, data} {
		control := byte(1 - i)
		for len(part) > 0 {
			k, last := min(size, len(part)), byte(0)
			if k == len(part) {
				last = 2
			}
			out = append(out, pdu(4, binary.BigEndian.AppendUint32(nil, uint32(k+2)), []byte{context, control | last}, part[:k])...)
			part = part[k:]
		}
	}
	return out
}

func dicom(n *Net, p *Plant) {
	p.In("dicom")
	texts := func(fields ...int) (b []byte) {
		for _, e := range fields {
			v := p.Short(fmt.Sprintf("command (0000,%04X)", e), 60)
			if len(v)%2 == 1 {
				v += " "
			}
			b = append(b, join(le16(0, e), le32(len(v)), []byte(v))...)
		}
		return b
	}
	ae := func(f string) string { return p.Short(f, 16) }
	sops := []string{"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.3.1.2.3.3", "1.2.840.10008.5.1.4.31", "1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.1.9", "1.2.840.10008.1.20.1"}
	status := func(v int) []byte { return join(le16(0, 0x0900), le32(2), le16(v)) }
	turns := []Turn{Up(associate(p, 1, ae("called AE"), ae("calling AE"), sops...)), Down(associate(p, 2, ae("accepted called"), ae("accepted calling"), sops...))}
	for i, request := range []int{0x0001, 0x0020, 0x0021, 0x0010, 0x0140, 0x0120, 0x0100, 0x0130, 0x0110, 0x0150, 0x0030} {
		context := byte(2*(i%len(sops)) + 1)
		data := dataset(p, 8)
		turns = append(turns, Up(pdata(context, command(request, true, texts(0x0600, 0x0902, 0x1000, 0x1001, 0x1030)), data)),
			Down(pdata(context, command(request|0x8000, true, status(0xff00), texts(0x0902, 0x1000)), dataset(p, 16))), Down(pdata(context, command(request|0x8000, false, status(0xa700), texts(0x0901, 0x0902)), nil)))
	}
	n.TCP("dicom", 104, append(turns, Up(pdu(5, make([]byte, 4))), Down(pdu(6, make([]byte, 4))))...)
	n.TCP("dicom", 11112, Up(associate(p, 1, ae("rejected called"), ae("rejected calling"), sops[0])), Down(pdu(3, []byte{0, 1, 1, 7})))
	n.TCP("dicom", 4242, Up(associate(p, 1, ae("aborted called"), ae("aborted calling"), p.Short("abstract syntax", 60), sops[0])), Down(associate(p, 2, "A", "B", "x", sops[0])), Up(pdata(3, command(0x0001, true, texts(0x1000)), dataset(p, 1))), Down(pdu(7, []byte{0, 0, 2, 2})))
}
