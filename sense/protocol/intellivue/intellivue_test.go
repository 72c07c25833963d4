package intellivue

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// Builders after the guide's layouts.

func u16(v ...int) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// lengthed puts the length of the parts before them.
func lengthed(parts ...[]byte) []byte { b := join(parts...); return join(u16(len(b)), b) }

func ava(id int, v ...[]byte) []byte { return join(u16(id), lengthed(v...)) }

func list(n int, items ...[]byte) []byte { return join(u16(n), lengthed(items...)) }

func variable(s string) []byte { return lengthed([]byte(s)) }

func utf(s string) []byte {
	var b []byte
	for _, r := range s + "\x00" {
		b = binary.BigEndian.AppendUint16(b, uint16(r))
	}
	return lengthed(b)
}

func ro(kind, command int, body []byte) []byte {
	return join(u16(kind), lengthed(u16(1, command), lengthed(body)))
}

func sp(b []byte) []byte { return join([]byte{0xe1, 0, 0, 2}, b) }

var object = u16(33, 0, 0)

func indication() []byte {
	attrs := list(2, ava(attrAddress, []byte{0, 9, 0xfb, 1, 2, 3, 10, 1, 2, 3, 255, 255, 0, 0}), ava(attrProtocols, list(1, u16(5, 1, 24105, 0))))
	return join([]byte{0, 1, 1, 0}, ro(roInvoke, cmdEvent, join(object, []byte{0, 0, 0, 1}, u16(notiConnect), lengthed(attrs))))
}

func create() []byte {
	spec := list(3, u16(1, 0), variable("DE12345678"), u16(4, 0), variable("M.04.01"), u16(3, 1), variable("A.1"))
	attrs := list(4, ava(attrModel, variable("Philips\x00"), variable("M8007A\x00")), ava(attrSystemID, variable("\x00\x09\xfb\x01\x02\x03")),
		ava(attrProduction, spec), ava(2334, utf("ICU-07 Jane Doe")))
	return sp(ro(roInvoke, cmdConfirmedEvent, join(object, []byte{0, 0, 0, 1}, u16(notiCreate), lengthed(object, attrs))))
}

func poll(ext bool, objects ...[]byte) []byte {
	action, head := actPoll, u16(1)
	if ext {
		action, head = actPollExt, u16(1, 1)
	}
	contexts := join(u16(0), list(len(objects), objects...))
	reply := join(head, []byte{0, 0, 0, 9}, make([]byte, 8), u16(1, 6, 2051), list(1, contexts))
	kind := roResult
	b := ro(kind, cmdConfirmedAction, join(object, u16(action), lengthed(reply)))
	return sp(b)
}

func linked(b []byte) []byte { // the same as a linked result
	inner := b[8:]
	return sp(join(u16(roLinked), lengthed(u16(0x0101), inner)))
}

func objectOf(handle int, attrs ...[]byte) []byte {
	return join(u16(handle), list(len(attrs), attrs...))
}

func talk() *sensetest.Trace {
	assoc := func(kind byte) []byte { return join([]byte{kind, 14}, sessionData, []byte{0x14, 2, 0, 2}) }
	numeric := ava(attrNumeric, u16(18949, 0, 2720, 0, 72))
	compound := ava(attrCompound, list(3, make([]byte, 30)))
	person := objectOf(5, ava(attrPatientID, utf("4711-0815")), ava(attrFamily, utf("DOE")), ava(attrGiven, utf("JANE")), ava(attrBirth, []byte{0x19, 0x70, 1, 2, 0, 0, 0, 0}))
	return sensetest.UDP(24105,
		sensetest.Up(assoc(siConnect)), sensetest.Down(assoc(siAccept)), sensetest.Down(create()),
		sensetest.Up(sp(ro(roInvoke, cmdConfirmedAction, join(object, []byte{0, 0, 0, 0}, u16(actPoll), lengthed(u16(1, 1, 6, 0)))))),
		sensetest.Down(poll(false, objectOf(1, numeric), objectOf(2, compound))),
		sensetest.Down(linked(poll(true, objectOf(1, numeric), objectOf(3, ava(attrSample, make([]byte, 20)))))),
		sensetest.Down(poll(false, person)), sensetest.Down(poll(false, person)),
		sensetest.Up(sp(ro(roInvoke, cmdConfirmedSet, join(object, u16(0, 0, 0, 0))))),
		sensetest.Down(sp(ro(roError, 2, nil))),
		sensetest.Up([]byte{siFinish, 2, 0, 0}), sensetest.Down([]byte{siDisconnect, 2, 0, 0}))
}

func play(tr *sensetest.Trace) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(tr), "\n")
}

func TestGolden(t *testing.T) {
	for name, tr := range map[string]*sensetest.Trace{"export": talk(), "indication": sensetest.UDP(24005, sensetest.Up(indication()))} {
		sensetest.Golden(t, tr, "testdata/"+name+".golden", Analyzer())
		sensetest.Robust(t, tr, Analyzer())
	}
}

func TestPrivacy(t *testing.T) {
	out := play(talk())
	for _, secret := range []string{"DOE", "JANE", "4711", "0815", "1970", "ICU", "Jane"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s got out", secret)
		}
	}
	if strings.Count(out, `"clear":true`) != 1 {
		t.Error("the patient must be told of once")
	}
}

// TestReport: counts are told each minute, not only at the end.
func TestReport(t *testing.T) {
	tr := sensetest.UDP(24105)
	for i := range 121 {
		p := sensetest.Down(poll(false, objectOf(1, ava(attrNumeric, make([]byte, 10)))))
		p.Time = ward.Time(i+1) * ward.Time(time.Second)
		tr.Conversations[0].Pieces = append(tr.Conversations[0].Pieces, p)
	}
	if out := play(tr); strings.Count(out, `"object":"numerics"`) != 2 || !strings.Contains(out, `"count":61`) {
		t.Error(out)
	}
}

func TestForeign(t *testing.T) {
	for name, b := range map[string][]byte{"dns": {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0, 0, 1, 0, 1}, "text": []byte("\r\n\r\n hello, world of monitors"), "zero": make([]byte, 100),
		"finish": {9, 3, 1, 2, 3}, "coap": {0x40, 1, 2, 3}} {
		if v := probe(sense.ToServer, b, 5353); v != sense.No {
			t.Errorf("%s taken for IntelliVue", name)
		}
	}
	for _, b := range [][]byte{indication(), create(), poll(true)} {
		if probe(sense.ToServer, b, 40000) != sense.Yes {
			t.Error("not recognised on another port")
		}
	}
}

func FuzzDatagram(f *testing.F) {
	for _, p := range talk().Conversations[0].Pieces {
		f.Add(p.B)
	}
	f.Add(indication())
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, l := range sensetest.Datagram(Analyzer(), b) {
			if !strings.HasPrefix(l, "limit ") && !json.Valid([]byte(l)) {
				t.Error("not JSON:", l)
			}
		}
	})
}
