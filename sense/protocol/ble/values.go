package ble

import (
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// cgm reads CGM Measurement: records that each begin with their size, CGMS 1.0.2
// 3.1.
func (k *conn) cgm(c *sense.Context, v []byte) {
	for len(v) >= 6 {
		n := int(v[0])
		if n < 6 || n > len(v) {
			return
		}
		k.cgmRecord(c, v[:n])
		v = v[n:]
	}
}

func (k *conn) cgmRecord(c *sense.Context, b []byte) {
	flags := b[1]
	value := le.Uint16(b[2:])
	d := k.dose(c, ward.DoseRunning, "glucose", "2aa7", amount{"glucose", sfloat(value), "mg/dL"})
	at := 6
	// The octets of the sensor status are warning, calibration and temperature,
	// and status, in this order where present.
	note := ""
	for bit := 5; bit <= 7; bit++ {
		if flags>>bit&1 != 0 {
			if at < len(b) && b[at] != 0 {
				note = "annunciated"
			}
			at++
		}
	}
	attrs := [3]ward.Attr{attr("offset-min", strconv.Itoa(int(le.Uint16(b[4:]))))}
	n := 1
	if note != "" {
		attrs[n] = attr("sensor", note)
		n++
	}
	if !k.central.Zero() {
		attrs[n] = attr("controller", k.central.String())
		n++
	}
	d.Attrs = c.Attrs(attrs[:n]...)
	if flags&1 != 0 && at+2 <= len(b) {
		if t := le.Uint16(b[at:]); !special(t) {
			k.dose(c, ward.DoseRunning, "glucose", "2aa7", amount{"glucose-trend", sfloat(t), "mg/dL/min"})
		}
	}
}

// glucose reads Glucose Measurement, GLS 1.0.1 3.1. Its time has no zone and is
// not told.
func (k *conn) glucose(c *sense.Context, v []byte) {
	if len(v) < 10 {
		return
	}
	flags, at := v[0], 10
	if flags&1 != 0 {
		at += 2
	}
	if flags&2 == 0 || at+2 > len(v) {
		return
	}
	unit := "kg/L"
	if flags&4 != 0 {
		unit = "mol/L"
	}
	d := k.dose(c, ward.DoseRunning, "glucose", "2a18", amount{"glucose", sfloat(le.Uint16(v[at:])), unit})
	d.Attrs = c.Attrs(attr("sequence", strconv.Itoa(int(le.Uint16(v[1:])))))
}

// oximeter reads PLX Spot-Check and Continuous Measurement, PLXS 1.0.1 3.1 and
// 3.2: both begin with flags and the normal values.
func (k *conn) oximeter(c *sense.Context, u uint16, v []byte) {
	if len(v) < 5 {
		return
	}
	code := strconv.FormatUint(uint64(u), 16)
	k.dose(c, ward.DoseRunning, "vital", code, amount{"spo2", sfloat(le.Uint16(v[1:])), "%"})
	k.dose(c, ward.DoseRunning, "vital", code, amount{"pulse-rate", sfloat(le.Uint16(v[3:])), "/min"})
}
