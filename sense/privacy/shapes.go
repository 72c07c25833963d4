package privacy

import (
	"encoding/base64"
	"encoding/hex"
	"unicode/utf8"
)

// The shape of an equipment's serial number.
const (
	minSerial        = 4
	maxSerial        = 24
	minSerialDigits  = 3
	maxSerialLetters = 4 // in a row
	maxSerialRuns    = 5 // of letters or digits
	maxSerialWords   = 3
)

// serial decides about a serial number: whole or not at all.
func (s *Scrubber) serial() bool {
	t := &s.text
	letters, digits, runs := 0, 0, 0
	for i := range t.words {
		w := &t.words[i]
		if !w.ascii || w.noDigits || w.marks&(person|month) != 0 {
			return false
		}
		if w.digits == 0 && serialLabels[string(t.lowOf(w))] {
			continue
		}
		if w.digits > 0 && encodedText(t.of(w)) {
			return false
		}
		letters += w.letters
		digits += w.digits
		n, ok := s.serialRuns(t.lowOf(w))
		if !ok {
			return false
		}
		runs += n
	}
	n := letters + digits
	if len(t.words) > maxSerialWords || n < minSerial || n > maxSerial || letters == 0 || digits < minSerialDigits || runs > maxSerialRuns {
		return false
	}
	for i := range t.words {
		t.words[i].keep = true
	}
	return true
}

var serialLabels = map[string]bool{"s": true, "n": true, "sn": true, "serial": true, "no": true, "number": true, "nr": true, "ser": true}

// serialRuns counts runs of letters and of digits in b, and refuses those that a
// person's number or a date has.
func (s *Scrubber) serialRuns(b []byte) (n int, ok bool) {
	for i := 0; i < len(b); n++ {
		j, digit := i, isDigit(b[i])
		for j < len(b) && isDigit(b[j]) == digit {
			j++
		}
		if r := b[i:j]; digit {
			if dated(r) {
				return 0, false
			}
		} else if m := s.v.words[string(r)]; len(r) > maxSerialLetters || m&(person|identity|month) != 0 && len(r) > 2 {
			return 0, false
		}
		i = j
	}
	return n, true
}

// dated reports digits that hold a date of eight digits or are one of six.
func dated(d []byte) bool {
	for i := 0; i+8 <= len(d); i++ {
		if date8(d[i : i+8]) {
			return true
		}
	}
	if len(d) != 6 {
		return false
	}
	n := func(i int) int { return int(d[i]-'0')*10 + int(d[i+1]-'0') }
	return day(n(0), n(2)) || day(n(2), n(0)) || day(n(4), n(2))
}

// encodedText reports a word that is readable text in hexadecimal or Base64.
func encodedText(b []byte) bool {
	var buf [maxText]byte
	if len(b) > len(buf) {
		return false
	}
	const least, leastBase64 = 3, 4 // c311 is Base64 of three readable bytes
	if n, err := hex.Decode(buf[:], b); err == nil && n >= least && readable(buf[:n]) {
		return true
	}
	if n, err := base64.RawStdEncoding.Decode(buf[:], b); err == nil && n >= leastBase64 && readable(buf[:n]) {
		return true
	}
	return false
}

func readable(b []byte) bool {
	if !utf8.Valid(b) {
		return false
	}
	letters := 0
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return false
		}
		if isLetter(c) || c >= 0x80 {
			letters++
		}
	}
	const chance = 5 // so many readable bytes are none
	return letters*2 >= len(b) || len(b) >= chance
}
