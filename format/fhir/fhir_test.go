package fhir

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// shape writes down what a reader tells.
type shape struct{ b strings.Builder }

func (s *shape) Open(name []byte) { fmt.Fprintf(&s.b, "%s{", name) }
func (s *shape) Close()           { s.b.WriteString("}") }
func (s *shape) Value(name, v []byte, whole bool) {
	fmt.Fprintf(&s.b, "%s=%q", name, v)
	if !whole {
		s.b.WriteString("…")
	}
	s.b.WriteByte(' ')
}

type reader interface {
	Write([]byte)
	Bad() bool
}

func read(make func(Tree) reader, text string, n int) (string, bool) {
	var s shape
	r := make(&s)
	for b := []byte(text); len(b) > 0; {
		k := min(n, len(b))
		r.Write(b[:k])
		b = b[k:]
	}
	return s.b.String(), r.Bad()
}

func asJSON(t Tree) reader { return NewJSON(t) }
func asXML(t Tree) reader  { return NewXML(t) }

func TestReaders(t *testing.T) {
	tests := []struct {
		make       func(Tree) reader
		text, want string
		bad        bool
	}{
		{asJSON, `{"a":"b","c":[1,-2.50e3,true,null],"d":{"e":[{"f":"g"},{"f":"h"}]}}`, `{a="b" c="1" c="-2.50e3" c="true" d{e{f="g" }e{f="h" }}}`, false},
		{asJSON, `{"a":"A\n\"😀\\"}`, `{a="A\n\"😀\\" }`, false},
		{asJSON, "{\"a\":1}\n{\"b\":2}\n", `{a="1" }{b="2" }`, false},
		{asJSON, `[{"x":[["y"],"z"]}]`, `{x="y" x="z" }`, false},
		{asJSON, `{"a":"` + strings.Repeat("x", MaxValue+1) + `"}`, `{a="` + strings.Repeat("x", MaxValue) + `"… }`, false},
		{asJSON, `hello`, ``, true},
		{asJSON, `{"a"]`, `{`, true},
		{asJSON, `{1:2}`, `{`, true},
		{asJSON, strings.Repeat("[", 100), ``, true},
		{asXML, `<?xml version="1.0"?><!-- <x/> --><A xmlns="h"><b value="&lt;1&#x41;&#66;"/><n:c a='>' value = '2'>text<![CDATA[<no/>]]></n:c></A>`, `A{b="<1AB" b{}c="2" c{}}`, false},
		{asXML, `<a><e url="u" value="v"/><r id="7"/></a>`, `a{e="v" e{url="u" }r{id="7" }}`, false},
		{asXML, `<!DOCTYPE x [<!ENTITY e "boom">]><a><b value="&e;"/></a>`, `a{b="?" b{}}`, false},
		{asXML, `<a/></b>`, `a{}`, true},
		{asXML, `<a><!-- -- ---></a>`, `a{}`, false},
	}
	for _, tt := range tests {
		for _, n := range []int{1, 2, 3, 7, len(tt.text) + 1} {
			if got, bad := read(tt.make, tt.text, n); got != tt.want || bad != tt.bad {
				t.Errorf("%.60s by %d: got %s bad %v, want %s bad %v", tt.text, n, got, bad, tt.want, tt.bad)
			}
		}
	}
}

func collect(t *testing.T, make func(*Collector) reader, text string) (out []string, cut int) {
	t.Helper()
	c := NewCollector(func(r *Resource) {
		b, err := json.Marshal(map[string]any{"type": r.Type, "depth": r.Depth, "id": string(r.ID), "serial": string(r.Serial), "subject": string(r.Subject.Reference), "full": string(r.FullURL), "doses": len(r.Doses)})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	})
	make(c).Write([]byte(text))
	return out, c.Cut
}

func TestSameFromBothForms(t *testing.T) {
	j, _ := collect(t, func(c *Collector) reader { return NewJSON(c) }, `{"resourceType":"Bundle","entry":[{"fullUrl":"u","resource":{"id":"1","contained":[{"resourceType":"Device","serialNumber":"S"}],"subject":{"reference":"Patient/1"},"resourceType":"MedicationRequest","dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":1}}]}]}}]}`)
	x, _ := collect(t, func(c *Collector) reader { return NewXML(c) }, `<Bundle><entry><fullUrl value="u"/><resource><MedicationRequest><id value="1"/><contained><Device><serialNumber value="S"/></Device></contained><subject><reference value="Patient/1"/></subject><dosageInstruction><doseAndRate><doseQuantity><value value="1"/></doseQuantity></doseAndRate></dosageInstruction></MedicationRequest></resource></entry></Bundle>`)
	if strings.Join(j, "\n") != strings.Join(x, "\n") || len(j) != 3 {
		t.Errorf("JSON\n%s\nXML\n%s", strings.Join(j, "\n"), strings.Join(x, "\n"))
	}
}

func TestCaps(t *testing.T) {
	deep := strings.Repeat(`{"resource":`, 10) + `{}` + strings.Repeat(`}`, 10)
	if _, cut := collect(t, func(c *Collector) reader { return NewJSON(c) }, deep); cut == 0 {
		t.Error("nested resources are not capped")
	}
	many := `{"identifier":[` + strings.Repeat(`{"value":"x"},`, 100) + `{}]}`
	if _, cut := collect(t, func(c *Collector) reader { return NewJSON(c) }, many); cut == 0 {
		t.Error("identifiers are not capped")
	}
	long := `{"entry":[` + strings.Repeat(`{"fullUrl":"`+strings.Repeat("u", 500)+`","resource":{"resourceType":"Basic","id":"1"}},`, 1000) + `{}]}`
	out, cut := collect(t, func(c *Collector) reader { return NewJSON(c) }, long)
	if cut != 0 || len(out) != 1001 {
		t.Errorf("a long bundle: %d resources, %d cut", len(out), cut)
	}
}

func FuzzReaders(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","identifier":[{"value":"1"}]}`), uint8(3))
	f.Add([]byte(`<Patient><id value="&#65;"/><contained><Device/></contained></Patient>`), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, n uint8) {
		for _, make := range []func(Tree) reader{asJSON, asXML} {
			whole, bad := read(make, string(b), len(b)+1)
			if cut, cutBad := read(make, string(b), 1+int(n)); cut != whole || bad != cutBad {
				t.Errorf("cut %q, whole %q", cut, whole)
			}
		}
		NewJSON(NewCollector(func(*Resource) {})).Write(b)
		NewXML(NewCollector(func(*Resource) {})).Write(b)
	})
}

// A bundle's cost is linear and its reading takes no memory for each resource.
func BenchmarkBundle(b *testing.B) {
	text := []byte(`{"resourceType":"Bundle","entry":[` + strings.Repeat(`{"resource":{"resourceType":"Observation","id":"o1","subject":{"reference":"Patient/17"},"code":{"coding":[{"system":"http://loinc.org","code":"59408-5"}]},"valueQuantity":{"value":97,"unit":"%"}}},`, 100) + `{}]}`)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	c := NewCollector(func(*Resource) {})
	j := NewJSON(c)
	for b.Loop() {
		j.Write(text)
	}
}
