package dicom

import (
	"path/filepath"
	"testing"

	"wardkeeper/sense/sensetest"
)

// capture loads one of the captures that testdata/make.sh made.
func capture(t testing.TB, name string) *sensetest.Trace {
	return sensetest.Load(t, filepath.Join("testdata", name+".pcap"))
}

func TestTestdata(t *testing.T) {
	sensetest.Testdata(t, []string{"CANARY", "JANE", "MRN0000", "19560412", "REFERRER", "OPERATOR", "St Example", "annab", "s3cret",
		"SOMATOM", "LINAC4", "75123", "Radiology", "VA48A", "NOWHERE", "CTROOM1", "Thorax"}, Analyzer())
}

// TestTshark compares the number of commands and association PDUs with tshark's.
func TestTshark(t *testing.T) {
	for _, name := range []string{"store", "query", "refuse", "commit"} {
		n := map[string]int{}
		for k, v := range counts(t, (&sensetest.Player{Analyzers: analyzers()}).Play(capture(t, name))) {
			switch k {
			case "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "A-ABORT", "A-RELEASE-RQ", "A-RELEASE-RP":
				n["association"] += v
			}
		}
		file := filepath.Join("testdata", name+".pcap")
		if want := sensetest.Tshark(t, file, "dicom.pdu.type in {1,2,3,5,6,7}"); n["association"] != want {
			t.Errorf("%s: %d association PDUs, tshark has %d", name, n["association"], want)
		}
	}
}
