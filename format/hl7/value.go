package hl7

import "time"

// Limits of a number that may be kept as it is written: more digits could be an
// identifier or a date, and no dose, rate or setting needs them. Large ones (five
// million units of penicillin) are round.
const (
	maxWhole    = 7
	maxAnyWhole = 5 // longer ones must end in three zeros
	maxFraction = 6
)

// Decimal returns v without surrounding space and plus sign if it is a plain
// decimal within limits that no identifier meets: see the constants.
func Decimal(v []byte) ([]byte, bool) {
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	for len(v) > 0 && v[len(v)-1] == ' ' {
		v = v[:len(v)-1]
	}
	if len(v) > 0 && v[0] == '+' {
		v = v[1:]
	}
	digits := v
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	whole, fraction, zeros, point := 0, 0, 0, false
	for _, c := range digits {
		switch {
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9':
			return nil, false
		case point:
			fraction++
		case c == '0':
			whole++
			zeros++
		default:
			whole++
			zeros = 0
		}
	}
	if whole+fraction == 0 || whole > maxAnyWhole && zeros < 3 || whole > maxWhole || fraction > maxFraction {
		return nil, false
	}
	return v, true
}

// Number reads a small unsigned integer.
func Number(v []byte) (uint32, bool) {
	if len(v) == 0 || len(v) > 9 {
		return 0, false
	}
	var n uint32
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint32(c-'0')
	}
	return n, true
}

// Time reads a DTM/TS value, YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]. ok is false
// unless it states its offset from UTC and is exact to the minute: without, the
// instant is not known.
func Time(v []byte) (t time.Time, ok bool) {
	zone := -1
	for i, c := range v {
		if c == '+' || c == '-' {
			zone = i
			break
		}
	}
	if zone < 12 || len(v)-zone != 5 {
		return t, false
	}
	nanos := 0
	whole := v[:zone]
	if len(whole) > 14 {
		if whole[14] != '.' || len(whole) > 19 {
			return t, false
		}
		scale := 100_000_000
		for _, c := range whole[15:] {
			if c < '0' || c > '9' {
				return t, false
			}
			nanos += int(c-'0') * scale
			scale /= 10
		}
		whole = whole[:14]
	}
	if len(whole) != 12 && len(whole) != 14 {
		return t, false
	}
	year, ok0 := Number(whole[:4])
	month, ok1 := Number(whole[4:6])
	day, ok2 := Number(whole[6:8])
	hour, ok3 := Number(whole[8:10])
	minute, ok4 := Number(whole[10:12])
	second, ok5 := uint32(0), true
	if len(whole) == 14 {
		second, ok5 = Number(whole[12:14])
	}
	oh, ok6 := Number(v[zone+1 : zone+3])
	om, ok7 := Number(v[zone+3 : zone+5])
	if !(ok0 && ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7) || month < 1 || month > 12 || day < 1 || day > 31 ||
		hour > 23 || minute > 59 || second > 60 || oh > 14 || om > 59 || year < 1970 || year > 2200 {
		return t, false
	}
	offset := time.Duration(oh)*time.Hour + time.Duration(om)*time.Minute
	if v[zone] == '-' {
		offset = -offset
	}
	t = time.Date(int(year), time.Month(month), int(day), int(hour), int(minute), int(second), nanos, time.UTC)
	return t.Add(-offset), true
}
