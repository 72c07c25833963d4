package frame

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"wardkeeper/ward"
)

// fill sets every field of v to something of its own, so that a field that the
// codec forgets shows.
func fill(v reflect.Value, n *uint64) {
	*n++
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[netip.Addr]() {
			v.Set(reflect.ValueOf(netip.AddrFrom4([4]byte{10, 0, 0, byte(*n)})))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.String:
		v.SetString("s" + string(rune('a'+*n%26)) + string(rune('a'+*n/26%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(*n % 200)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	}
}

func full(kind ward.Kind) ward.Observation {
	var o ward.Observation
	var n uint64
	body := map[ward.Kind]any{ward.KindFlow: &ward.Flow{}, ward.KindSighting: &ward.Sighting{}, ward.KindAct: &ward.Act{},
		ward.KindDose: &ward.Dose{}, ward.KindAnomaly: &ward.Anomaly{}, ward.KindDecision: &ward.Decision{}}[kind]
	v := reflect.ValueOf(&o).Elem()
	for i := range v.NumField() {
		if v.Field(i).Kind() != reflect.Pointer {
			fill(v.Field(i), &n)
			continue
		}
		if body != nil && v.Field(i).Type() == reflect.TypeOf(body) {
			fill(reflect.ValueOf(body).Elem(), &n)
			v.Field(i).Set(reflect.ValueOf(body))
		}
	}
	o.Kind = kind
	return o
}

var kinds = []ward.Kind{ward.KindFlow, ward.KindSighting, ward.KindAct, ward.KindDose, ward.KindAnomaly, ward.KindDecision, ward.KindTick}

func TestRoundTripEveryField(t *testing.T) {
	e, err := NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	var want []ward.Observation
	for range 2 { // the second frame must not remember the first
		want = nil
		for _, k := range kinds {
			o := full(k)
			want = append(want, o, ward.Observation{Kind: ward.KindTick})
			e.Add(&o)
			e.Add(&want[len(want)-1])
		}
		stored := e.Compress(e.Finish(), nil)
		var got []ward.Observation
		if err := Decode(stored, func(o *ward.Observation) error { got = append(got, *o); return nil }); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("got  %s\nwant %s", got[i].AppendJSON(nil), want[i].AppendJSON(nil))
			}
		}
	}
}

func TestDamaged(t *testing.T) {
	e, err := NewEncoder()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		o := full(k)
		e.Add(&o)
	}
	p := append([]byte(nil), e.Finish()...)
	for i := range p {
		err := Decode(e.Compress(p[:i], nil), func(*ward.Observation) error { return nil })
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	if err := Decode([]byte("nonsense"), nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	e, err := NewEncoder()
	if err != nil {
		f.Fatal(err)
	}
	for _, k := range kinds {
		o := full(k)
		e.Add(&o)
	}
	f.Add(append([]byte(nil), e.Finish()...))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = Decode(e.Compress(b, nil), func(*ward.Observation) error { return nil })
	})
}

func BenchmarkEncode(b *testing.B) {
	e, err := NewEncoder()
	if err != nil {
		b.Fatal(err)
	}
	o := full(ward.KindAct)
	var dst []byte
	for i := 0; b.Loop(); i++ {
		e.Add(&o)
		if i%ward.MaxFrame == 0 {
			dst = e.Compress(e.Finish(), dst[:0])
		}
	}
}
