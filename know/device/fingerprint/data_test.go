package fingerprint

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"wardkeeper/ward"
)

func TestExamples(t *testing.T) {
	s, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Check() {
		t.Error(err)
	}
	t.Logf("%d rules, %d makers, %d models, %d words", s.Rules(), len(s.Makers()), len(s.Models()), len(s.Words()))
}

// The documented entries must load and do what the page says.
func TestDocumentedFormat(t *testing.T) {
	page, err := os.ReadFile("../../../docs/fingerprints.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, part := range strings.Split(string(page), "```toml\n") {
		if i > 0 {
			text, _, _ := strings.Cut(part, "```")
			b.WriteString(strings.ReplaceAll(text, "category = \"…\"\n", ""))
		}
	}
	if _, err := Load(fstest.MapFS{"site.toml": {Data: []byte(b.String())}}); err != nil {
		t.Fatal(err)
	}
}

func TestSiteFiles(t *testing.T) {
	own := fstest.MapFS{
		"own.toml": {Data: []byte(`
[[maker]]
name = "Our Workshop"
[[device]]
maker = "Our Workshop"
category = "infusion pump"
models = ["Drip 3000"]
examples = ["product: Drip 3000"]
`)},
		"words.txt": {Data: []byte("dripworks # of our own")},
	}
	s, err := Load(own)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Match(ward.FieldProduct, "DRIP-3000 v2", "")
	if c, ok := find(got, ward.FieldCategory); !ok || c != "infusion pump" {
		t.Error(got)
	}
	words := strings.Join(s.Words(), " ")
	for _, w := range []string{" drip ", " dripworks ", " workshop ", " infusomat "} {
		if !strings.Contains(words, w) {
			t.Errorf("%q is not let through", w)
		}
	}
}

func TestMistakesAreExplained(t *testing.T) {
	for want, text := range map[string]string{
		"line 3":             "[[device]]\nmaker = \"Philips\"\ncolour = \"red\"\n",
		"no examples":        "[[device]]\nmaker = \"Philips\"\ncategory = \"MR\"\nmodels = [\"X\"]\n",
		"vocabulary":         "[[device]]\nmaker = \"Philips\"\ncategory = \"toaster\"\nmodels = [\"X\"]\nexamples = [\"model: X\"]\n",
		"has no entry":       "[[device]]\nmaker = \"Nobody\"\ncategory = \"MR\"\nmodels = [\"Superscan\"]\nexamples = [\"model: Superscan\"]\n",
		"example":            "[[device]]\nmaker = \"Philips\"\ncategory = \"MR\"\nmodels = [\"Superscan\"]\nexamples = [\"model: Hyperscan\"]\n",
		"cannot be":          "[[rule]]\nid = \"a\"\nwhen.product = [\"abcdef\"]\nsays = { serial = \"1\" }\nconfidence = 9\nexamples = [\"product: abcdef\"]\n",
		"unknown field":      "[[rule]]\nid = \"a\"\nwhen.colour = [\"abcdef\"]\nsays = { os = \"1\" }\nconfidence = 9\nexamples = [\"product: abcdef\"]\n",
		"confidence must":    "[[rule]]\nid = \"a\"\nwhen.product = [\"abcdef\"]\nsays = { os = \"1\" }\nconfidence = 900\nexamples = [\"product: abcdef\"]\n",
		"are known":          "[[rule]]\nid = \"a\"\nwhen.product = [\"abcdef <serial>\"]\nsays = { os = \"1\" }\nconfidence = 9\nexamples = [\"product: abcdef\"]\n",
		"listed under never": "[[rule]]\nid = \"a\"\nwhen.product = [\"abcdef\"]\nsays = { os = \"1\" }\nconfidence = 9\nexamples = [\"product: abcdef\"]\nnever = [\"product: an abcdef\"]\n",
	} {
		_, err := Load(fstest.MapFS{"bad.toml": {Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestMakers(t *testing.T) {
	s, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{
		{"Phillips", "Philips"}, {"GE Healthcare", "GE HealthCare"}, {"General Electric (GE)", "GE HealthCare"}, {"GE MEDICAL SYSTEMS", "GE HealthCare"},
		{"Becton, Dickinson and Company (BD)", "BD"}, {"CareFusion", "BD"}, {"B. Braun Melsungen AG", "B. Braun"}, {"BBRAUN", "B. Braun"}, {"Hospira Inc.", "ICU Medical"},
		{"Drägerwerk AG & Co. KGaA", "Dräger"}, {"DRAEGER MEDICAL", "Dräger"}, {"Natus Medical, Inc. (Natus)", "Natus"}, {"Hamilton Medical AG", "Hamilton Medical"},
		{"BMC Medical, 3B Medical", "3B Medical"}, {"i-SENS Inc", "i-SENS"}, {"Johnson Controls, Inc.", "Johnson Controls"}, {"TOSHIBA_MEC", "Canon Medical"}, {"Spacelabs", "Spacelabs Healthcare"},
		{"St. Jude Medical", "Abbott"}, {"Smiths Medical", "Smiths Medical"}, {"Hillrom", "Hillrom"}, {"Silex Technology and GE Healthcare", "GE HealthCare"},
	} {
		if m, _ := s.Maker(c[0]); m.Name != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], m.Name, c[1])
		}
	}
	for in, want := range map[string]string{"TOSHIBA": "Canon Medical", "SIEMENS": "Siemens Healthineers", "Siemens AG": "Siemens Healthineers", "Philips": "Philips"} {
		if m, _ := s.ClinicalMaker(in); m.Name != want {
			t.Errorf("clinical %q: got %q, want %q", in, m.Name, want)
		}
	}
	for in, want := range map[string]string{"FUJI ELECTRIC CO., LTD.": "", "Hamilton Systems": "", "Smith Meter, Inc.": "", "Philips Lighting BV": "Signify", "Carefusion": "BD", "Cisco Systems, Inc": "Cisco",
		"Mindray Co., Ltd.": "Mindray", "Siemens AG": "Siemens AG", "Siemens AG, Healthcare Sector": "Siemens Healthineers", "Moog Music Inc.": "", "Nova Products GmbH": ""} {
		if m, _ := s.Registrant(in); m.Name != want {
			t.Errorf("registrant %q: got %q, want %q", in, m.Name, want)
		}
	}
}

func TestNamesAreWords(t *testing.T) {
	s, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Names()) < 50 {
		t.Error("too few names")
	}
}

func FuzzMatch(f *testing.F) {
	s, err := Embedded()
	if err != nil {
		f.Fatal(err)
	}
	f.Add("product", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", "")
	f.Add("model", "B.Braun Perfusor\xff Space 1.2.3.~", "B. Braun")
	f.Add("fingerprint", "dicom-impl 1.2.276.0", "")
	f.Add("hostname", "Linux ~ab x #1 v1. <version>", "Philips")
	f.Fuzz(func(t *testing.T, field, value, maker string) {
		for _, c := range s.Match(ward.Field(field), value, maker) {
			if c.Value == "" || c.Confidence < 0 || c.Confidence > 99 {
				t.Fatalf("%+v", c)
			}
		}
		s.Maker(value)
		s.ClinicalMaker(value)
		s.Registrant(value)
		Trim(value)
	})
}

func BenchmarkMatch(b *testing.B) {
	s, err := Embedded()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for range b.N {
		s.Match(ward.FieldProduct, "Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 12.2(55)SE", "")
	}
}
