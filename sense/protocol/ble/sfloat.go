package ble

import "strconv"

// sfloat writes an IEEE 11073-20601 SFLOAT as the exact decimal, digits kept as
// stated: 250 with exponent -2 is "2.50".
func sfloat(v uint16) string {
	switch v & 0x0fff {
	case 0x07ff:
		return "NaN"
	case 0x0800:
		return "NRes"
	case 0x07fe:
		return "INF"
	case 0x0802:
		return "-INF"
	case 0x0801:
		return "reserved"
	}
	mantissa, exponent := int(int16(v<<4)>>4), int(int16(v)>>12)
	return decimal(mantissa, exponent)
}

// decimal writes mantissa × 10^exponent.
func decimal(mantissa, exponent int) string {
	var b [32]byte
	out := b[:0]
	if mantissa < 0 {
		out = append(out, '-')
		mantissa = -mantissa
	}
	digits := strconv.Itoa(mantissa)
	switch {
	case mantissa == 0 && exponent >= 0:
		out = append(out, '0')
	case exponent >= 0:
		out = append(out, digits...)
		for range exponent {
			out = append(out, '0')
		}
	default:
		for len(digits) <= -exponent {
			digits = "0" + digits
		}
		at := len(digits) + exponent
		out = append(out, digits[:at]...)
		out = append(out, '.')
		out = append(out, digits[at:]...)
	}
	return string(out)
}

// special reports a value that is no number.
func special(v uint16) bool {
	m := v & 0x0fff
	return m >= 0x07fe && m <= 0x0802
}
