package fingerprint

import (
	"encoding/base64"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/ward"
)

// recogFile is the shape of Rapid7's recog fingerprints (BSD-2-Clause), which serve
// as a test corpus only.
type recogFile struct {
	Fingerprints []struct {
		Examples []struct {
			Encoding string `xml:"_encoding,attr"`
			Text     string `xml:",chardata"`
		} `xml:"example"`
		Params []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"param"`
	} `xml:"fingerprint"`
}

// TestRecog measures how many real banners are recognised, and that what is said
// of the operating system agrees with what recog says.
func TestRecog(t *testing.T) {
	corpus := os.Getenv("WARDKEEPER_CORPUS")
	if corpus == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	s, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file  string
		field ward.Field
		least int // per cent recognised
	}{
		{"ssh_banners", ward.FieldProduct, 80}, {"http_servers", ward.FieldProduct, 55}, {"snmp_sysdescr", ward.FieldProduct, 65}, {"ftp_banners", ward.FieldProduct, 60},
		{"dhcp_vendor_class", ward.FieldProduct, 80}, {"smb_native_os", ward.FieldOS, 70}, {"telnet_banners", ward.FieldProduct, 40}, {"operating_system", ward.FieldOS, 70},
	} {
		b, err := os.ReadFile(filepath.Join(corpus, "fingerprint/rapid7+recog/xml", c.file+".xml"))
		if err != nil {
			t.Fatal(err)
		}
		var f recogFile
		if err := xml.Unmarshal(b, &f); err != nil {
			t.Fatal(err)
		}
		known, all, agree, judged := 0, 0, 0, 0
		for _, fp := range f.Fingerprints {
			vendor, family := "", ""
			for _, p := range fp.Params {
				switch p.Name {
				case "os.family":
					family = p.Value
				case "hw.vendor":
					vendor = p.Value
				}
			}
			for _, e := range fp.Examples {
				text := e.Text
				if e.Encoding == "base64" {
					raw, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
					text = string(raw)
				}
				all++
				got := s.Match(c.field, text, "")
				if len(got) == 0 {
					if testing.Verbose() && os.Getenv("RECOG") == c.file {
						t.Logf("unknown: %.100q", text)
					}
					continue
				}
				known++
				if os, ok := find(got, ward.FieldOS); ok && (family == "Windows" || family == "Linux") {
					judged++
					if strings.Contains(os, family) || family == "Linux" && strings.Contains(os, "Android") {
						agree++
					} else if testing.Verbose() {
						t.Logf("%s: recog says %s, we say %s: %.100q", c.file, family, os, text)
					}
				}
				if maker, ok := find(got, ward.FieldMaker); ok && vendor != "" {
					judged++
					if m, known := s.Maker(vendor); !known || m.Name == maker {
						agree++
					} else if testing.Verbose() {
						t.Logf("%s: recog says %s, we say %s: %.100q", c.file, vendor, maker, text)
					}
				}
			}
		}
		t.Logf("%s: %d of %d recognised (%d %%), %d of %d statements agree", c.file, known, all, known*100/all, agree, judged)
		if known*100 < c.least*all || agree*100 < 95*judged {
			t.Errorf("%s: too few", c.file)
		}
	}
}

func find(got []Conclusion, f ward.Field) (string, bool) {
	for _, c := range got {
		if c.Field == f {
			return c.Value, true
		}
	}
	return "", false
}
