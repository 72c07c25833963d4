package hl7

import (
	"bytes"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
)

// unitBases are MDC dimensions (ISO/IEEE 11073-10101 table A.7): blocks of 32
// codes, one for each decimal prefix.
var unitBases = [...]struct {
	code uint32
	unit string // UCUM, to be put behind the prefix
}{
	{263744, "L"}, {263872, "g"}, {265216, "L/min"}, {265248, "L/h"}, {265280, "g/min"}, {265312, "g/h"}, {265600, "g/kg/min"}, {265632, "g/kg/h"},
	{264288, "g/mL"}, {264320, "s"}, {266400, "V"},
}

var unitPrefixes = map[uint32]string{0: "", 3: "k", 16: "d", 17: "c", 18: "m", 19: "u", 20: "n"}

// units maps MDC dimension codes to UCUM; filled once and never changed.
var units = func() map[uint32]string {
	m := map[uint32]string{264864: "/min", 266016: "mm[Hg]", 262688: "%", 264352: "min", 264384: "h", 264416: "d"}
	for _, b := range unitBases {
		for n, p := range unitPrefixes {
			m[b.code+n] = p + b.unit
		}
	}
	return m
}()

// unitNames are what senders write instead, in lower case.
var unitNames = map[string]string{
	"ml/h": "mL/h", "ml/hr": "mL/h", "milliliter per hour": "mL/h", "ml/min": "mL/min", "ml": "mL", "l": "L", "mg": "mg", "g": "g", "mcg": "ug", "ug": "ug", "kg": "kg",
	"mg/h": "mg/h", "mg/hr": "mg/h", "mcg/h": "ug/h", "mcg/hr": "ug/h", "ug/h": "ug/h", "ug/hr": "ug/h", "mcg/min": "ug/min", "ug/min": "ug/min",
	"mcg/kg/min": "ug/kg/min", "ug/kg/min": "ug/kg/min", "mcg/kg/h": "ug/kg/h", "mcg/kg/hr": "ug/kg/h", "ug/kg/h": "ug/kg/h", "ug/kg/hr": "ug/kg/h",
	"mg/kg/h": "mg/kg/h", "mg/kg/hr": "mg/kg/h", "mg/kg/min": "mg/kg/min", "unit": "[iU]", "units": "[iU]", "u": "[iU]", "iu": "[iU]", "[iu]": "[iU]",
	"unit/h": "[iU]/h", "units/h": "[iU]/h", "unit/hr": "[iU]/h", "units/hr": "[iU]/h", "u/h": "[iU]/h", "u/hr": "[iU]/h", "[iu]/h": "[iU]/h", "meq": "meq", "meq/h": "meq/h", "meq/hr": "meq/h",
	"mmol": "mmol", "mmol/h": "mmol/h", "mg/ml": "mg/mL", "mcg/ml": "ug/mL", "ug/ml": "ug/mL", "g/ml": "g/mL", "unit/ml": "[iU]/mL", "units/ml": "[iU]/mL", "min": "min", "h": "h", "hr": "h", "s": "s",
	"ms": "ms", "v": "V", "j": "J", "bpm": "/min", "{beats}/min": "/min", "/min": "/min", "mmhg": "mm[Hg]", "mm[hg]": "mm[Hg]", "%": "%", "mo": "mo", "months": "mo",
	"tab": "tablet", "tablet": "tablet", "tabs": "tablet", "cap": "capsule", "caps": "capsule", "capsule": "capsule", "puff": "puff", "drop": "drop",
	"mdc_dim_intl_unit": "[iU]", "mdc_dim_intl_unit_per_hr": "[iU]/h", "mdc_dim_milli_l_per_hr": "mL/h", "mdc_dim_milli_l": "mL", "mdc_dim_milli_g": "mg",
	"mdc_dim_micro_g_per_kg_per_min": "ug/kg/min", "mdc_dim_micro_g_per_kg_per_hr": "ug/kg/h", "mdc_dim_micro_g_per_min": "ug/min", "mdc_dim_milli_g_per_hr": "mg/h",
	"mdc_dim_milli_g_per_ml": "mg/mL", "mdc_dim_x_volt": "V", "mdc_dim_volt": "V", "mdc_dim_milli_sec": "ms", "mdc_dim_x_joules": "J", "mdc_dim_joule": "J", "mdc_dim_beat_per_min": "/min",
}

// unit returns the UCUM form of a coded unit (CE/CWE) where it is known, else what
// privacy allows of its code.
func unit(c *sense.Context, d *hl7.Delims, f []byte) string {
	if len(f) == 0 {
		return ""
	}
	first := d.Component(f, 1)
	if n, ok := hl7.Number(first); ok {
		if u := units[n]; u != "" {
			return u
		}
	}
	for i := 1; i <= 5; i++ {
		if u := unitName(d.Component(f, i)); u != "" {
			return u
		}
	}
	if len(first) == 0 {
		first = d.Component(f, 2)
	}
	return c.Text(sense.ClassCode, bytes.TrimSpace(first))
}

func unitName(b []byte) string {
	var low [32]byte
	if len(b) == 0 || len(b) > len(low) {
		return ""
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		low[i] = c
	}
	return unitNames[string(low[:len(b)])]
}

// perTime reports whether a coded unit is a rate, known or not.
func perTime(c *sense.Context, d *hl7.Delims, f []byte) bool {
	u := unit(c, d, f)
	for _, end := range [...]string{"/h", "/min", "/s", "/d"} {
		if len(u) > len(end) && u[len(u)-len(end):] == end {
			return true
		}
	}
	return bytes.Contains(f, []byte("_PER_HR")) || bytes.Contains(f, []byte("_PER_MIN")) || bytes.Contains(f, []byte("_PER_DAY"))
}

// routes are the routes of administration of table 0162.
var routes = [...]string{
	"AP", "B", "CHEW", "DT", "EP", "ET", "GTT", "GU", "IA", "IB", "IC", "ICV", "ID", "IH", "IHA", "IM", "IMR", "IN", "IO", "IP", "IS", "IT", "IU", "IV", "IVP", "IVPB",
	"MTH", "MM", "NG", "NP", "NS", "NT", "OP", "OT", "OTH", "PF", "PO", "PR", "RM", "SC", "SD", "SL", "SQ", "TD", "TL", "TP", "TRA", "UR", "VG", "VM", "WND",
}

func route(c *sense.Context, code []byte) string {
	for _, r := range routes {
		if string(code) == r {
			return r
		}
	}
	return c.Text(sense.ClassCode, bytes.TrimSpace(code))
}
