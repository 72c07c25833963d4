package syslog

import (
	"fmt"
	"testing"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		// RFC 5424 section 6.5
		"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8": "4.2 v1 mymachine.example.com|su||ID47||'su root' failed for lonvick on /dev/pts/8",
		`<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time`:                                    "20.5 v1 192.0.2.1|myproc|8710|||%% It's time",
		`<165>1 - h evntslog - ID47 [exampleSDID@32473 iut="3" x="a\]\"b"][examplePriority@32473 class="high"]`:             `20.5 v1 h|evntslog||ID47|[exampleSDID@32473 iut="3" x="a\]\"b"][examplePriority@32473 class="high"]|`,
		// RFC 3164 section 5.4
		"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick":      "4.2 v0 mymachine|su||||'su root' failed for lonvick",
		"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!":                          "1.5 v0 10.0.0.99|||||Use the BFG!",
		"<13>Nov 23 16:23:14 vm pacsd[44]: text":                              "1.5 v0 vm|pacsd|44|||text",
		"<13>Nov 23 16:23:14 pacsd[44]: text":                                 "1.5 v0 |pacsd|44|||text",
		"<189>29: *Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured from console": "23.5 v0 |29||||*Mar  1 18:46:11: %SYS-5-CONFIG_I: Configured from console",
		"<13>2026-11-23T16:23:14+00:00 vm app: text":                          "1.5 v0 vm|app||||text",
		"<13>Nov 23 2026 16:23:14 asa : %ASA-6-302013: Built":                 "1.5 v0 asa|||||%ASA-6-302013: Built",
		"<0>":                       "0.0 v0 |||||",
		"<13>1 broken":              "1.5 v0 |||||1 broken",
		`<13>1 - - - - - [open x="`: `1.5 v0 |||||1 - - - - - [open x="`,
		"<192>x":                    "no", "<>x": "no", "<1": "no", "<0000>x": "no", "hello": "no", "": "no",
	} {
		m, ok := Parse([]byte(in))
		got := "no"
		if ok {
			got = fmt.Sprintf("%d.%d v%d %s|%s|%s|%s|%s|%s", m.Facility, m.Severity, m.Version, m.Host, m.App, m.Proc, m.ID, m.Data, m.Text)
		}
		if got != want {
			t.Errorf("%s\n got %s\nwant %s", in, got, want)
		}
	}
}

func TestParam(t *testing.T) {
	m := Message{Data: []byte(`[timeQuality tzKnown="1"][origin ip="10.0.0.1" software="rs\"yslogd" swVersion="8.1"]`)}
	for in, want := range map[[2]string]string{{"origin", "software"}: `rs\"yslogd`, {"origin", "swVersion"}: "8.1", {"origin", "x"}: "", {"timeQuality", "tzKnown"}: "1", {"orig", "ip"}: ""} {
		if got := string(m.Param(in[0], in[1])); got != want {
			t.Errorf("%v: %s", in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<165>1 - h evntslog - ID47 [a@1 iut="3" x="a\]\"b"][b class="high"] text`))
	f.Add([]byte("<34>Oct 11 22:14:15 mymachine su[1]: 'su root'"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := Parse(b)
		if ok && (m.Facility > 23 || m.Severity > 7) {
			t.Fatal(m)
		}
		m.Param("origin", "software")
	})
}
