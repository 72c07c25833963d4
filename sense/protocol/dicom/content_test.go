package dicom

import "testing"

// TestDecimal: a dose is a number, and no identifier, date or telephone number.
func TestDecimal(t *testing.T) {
	for v, want := range map[string]bool{
		"200": true, "-1.5": true, "+0.25": true, ".5": true, "2.": true, "1.2345E+02": true, "117.003662109375": true, "5000000": true, "99999": true,
		"": false, ".": false, "-": false, "60481516": false, "19470311": false, "1947-03-11": false, "11.03.1947": false, "588-13-3558": false, "2e123": false, "1e": false, "123456.5": false, "12345678901234567": false,
	} {
		var d decimalText
		if got := d.parse([]byte(v)); got != want || got && d.String() != v {
			t.Errorf("%q: %v", v, got)
		}
	}
}
