package ward

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// jsonWriter appends one JSON object. Keys whose value is empty are left out.
type jsonWriter struct {
	b     []byte
	first bool
}

func (w *jsonWriter) open()  { w.b = append(w.b, '{'); w.first = true }
func (w *jsonWriter) close() { w.b = append(w.b, '}'); w.first = false }

func (w *jsonWriter) key(k string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.b = append(w.b, '"')
	w.b = append(w.b, k...)
	w.b = append(w.b, '"', ':')
}

func (w *jsonWriter) str(k, v string) {
	if v != "" {
		w.key(k)
		w.b = AppendJSONString(w.b, v)
	}
}

func (w *jsonWriter) num(k string, v uint64) {
	if v != 0 {
		w.key(k)
		w.b = strconv.AppendUint(w.b, v, 10)
	}
}

func (w *jsonWriter) always(k string, v uint64) {
	w.key(k)
	w.b = strconv.AppendUint(w.b, v, 10)
}

func (w *jsonWriter) flag(k string, v bool) {
	if v {
		w.key(k)
		w.b = append(w.b, "true"...)
	}
}

func (w *jsonWriter) time(k string, t Time) {
	if t != 0 {
		w.key(k)
		w.b = AppendJSONTime(w.b, t)
	}
}

func (w *jsonWriter) token(k string, t Token) {
	if !t.Zero() {
		w.key(k)
		w.b = append(w.b, '"')
		w.b = t.Append(w.b)
		w.b = append(w.b, '"')
	}
}

func (w *jsonWriter) digest(k string, d Digest) {
	if d != (Digest{}) {
		w.key(k)
		w.b = append(w.b, '"')
		w.b = hex.AppendEncode(w.b, d[:])
		w.b = append(w.b, '"')
	}
}

func (w *jsonWriter) attrs(attrs []Attr) {
	if len(attrs) == 0 {
		return
	}
	w.key("attributes")
	w.open()
	for _, a := range attrs {
		w.key(a.Name)
		w.b = AppendJSONString(w.b, a.Value)
	}
	w.close()
}

// AppendJSONTime appends t as a quoted RFC 3339 time in UTC, nanoseconds as needed.
func AppendJSONTime(b []byte, t Time) []byte {
	const layout = "2006-01-02T15:04:05.999999999Z07:00"
	b = append(b, '"')
	b = t.Std().AppendFormat(b, layout)
	return append(b, '"')
}

// AppendJSONString appends s as a JSON string; invalid UTF-8 becomes U+FFFD.
func AppendJSONString(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= utf8.RuneSelf || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			q, _ := json.Marshal(s) // a string always encodes
			return append(b, q...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func (w *jsonWriter) endpoint(k string, e Endpoint) {
	if !e.IP.IsValid() && e.MAC.Zero() {
		return
	}
	w.key(k)
	w.open()
	if e.IP.IsValid() {
		w.key("ip")
		w.b = append(w.b, '"')
		w.b = e.IP.AppendTo(w.b)
		w.b = append(w.b, '"')
	}
	w.num("port", uint64(e.Port))
	if !e.MAC.Zero() {
		w.key("mac")
		w.b = append(w.b, '"')
		w.b = e.MAC.Append(w.b)
		w.b = append(w.b, '"')
	}
	w.close()
}

// AppendJSON appends the observation as one JSON object without a newline.
func (o *Observation) AppendJSON(b []byte) []byte {
	w := jsonWriter{b: b}
	w.open()
	w.str("kind", o.Kind.String())
	w.time("time", o.Time)
	w.str("site", o.Site)
	w.str("sensor", o.Sensor)
	w.str("zone", o.Zone)
	w.str("capture", o.Capture)
	w.num("packet", o.Packet)
	w.endpoint("src", o.Src)
	w.endpoint("dst", o.Dst)
	w.str("protocol", o.Protocol)
	switch {
	case o.Flow != nil:
		o.Flow.appendJSON(&w)
	case o.Sighting != nil:
		o.Sighting.appendJSON(&w)
	case o.Act != nil:
		o.Act.appendJSON(&w)
	case o.Dose != nil:
		o.Dose.appendJSON(&w)
	case o.Anomaly != nil:
		w.str("verb", o.Anomaly.Code)
		w.str("detail", o.Anomaly.Detail)
		w.num("count", o.Anomaly.Count)
	case o.Decision != nil:
		d := o.Decision
		w.str("verb", d.Verb)
		w.str("object", d.Object)
		w.str("user", d.User)
		w.str("reason", d.Reason)
		w.time("until", d.Until)
	}
	w.close()
	return w.b
}

func (f *Flow) appendJSON(w *jsonWriter) {
	w.str("transport", f.Transport)
	w.time("start", f.Start)
	w.time("end", f.End)
	w.num("part", uint64(f.Part))
	w.flag("final", f.Final)
	w.always("packets_to", f.PacketsTo)
	w.always("packets_from", f.PacketsFrom)
	w.always("bytes_to", f.BytesTo)
	w.always("bytes_from", f.BytesFrom)
	w.num("wire_bytes", f.WireBytes)
	w.num("missing_to", f.MissingTo)
	w.num("missing_from", f.MissingFrom)
	w.num("copies", f.Copies)
	w.num("messages", f.Messages)
	w.str("outcome", f.State)
	w.flag("midstream", f.Midstream)
	w.flag("one_sided", f.OneSided)
	w.flag("encrypted", f.Encrypted)
	if len(f.Vantages) > 0 {
		w.key("vantages")
		w.b = append(w.b, '[')
		for i, v := range f.Vantages {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.open()
			w.always("interface", uint64(v.Interface))
			w.num("vlan", uint64(v.VLAN))
			w.always("packets", v.Packets)
			w.close()
		}
		w.b = append(w.b, ']')
		w.first = false
	}
}

func (s *Sighting) appendJSON(w *jsonWriter) {
	if s.Subject != (Subject{}) {
		w.key("subject")
		w.open()
		w.str("key", s.Subject.Key)
		w.str("value", s.Subject.Value)
		w.flag("behind", s.Subject.Behind)
		w.close()
	}
	w.str("from", s.From)
	w.key("facts")
	w.b = append(w.b, '[')
	for i, f := range s.Facts {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.open()
		w.str("field", string(f.Field))
		w.str("value", f.Value)
		w.always("confidence", uint64(f.Confidence))
		w.close()
	}
	w.b = append(w.b, ']')
	w.first = false
}

func (a *Act) appendJSON(w *jsonWriter) {
	w.str("verb", a.Verb)
	w.str("object", a.Object)
	w.str("outcome", a.Outcome)
	w.flag("reply", a.Reply)
	w.token("actor", a.Actor)
	w.token("patient", a.Patient)
	w.token("visit", a.Visit)
	w.token("order", a.Order)
	w.token("message", a.Message)
	w.token("study", a.Study)
	w.token("instance", a.Instance)
	w.str("src_app", a.SrcApp)
	w.str("dst_app", a.DstApp)
	w.str("target", a.Target)
	w.num("count", a.Count)
	w.num("bytes", a.Bytes)
	w.digest("header_digest", a.Header)
	w.digest("pixel_digest", a.Pixels)
	w.flag("clear", a.Clear)
	w.attrs(a.Attrs)
}

func (d *Dose) appendJSON(w *jsonWriter) {
	w.str("state", string(d.State))
	w.str("therapy", d.Therapy)
	w.token("patient", d.Patient)
	w.token("order", d.Order)
	w.token("visit", d.Visit)
	w.token("message", d.Message)
	w.token("plan", d.Plan)
	w.str("device", d.Device)
	w.str("channel", d.Channel)
	w.str("drug", d.Drug)
	w.str("code", d.Code)
	w.str("quantity", d.Quantity)
	w.str("value", d.Value)
	w.str("unit", d.Unit)
	w.time("at", d.At)
	w.attrs(d.Attrs)
}
