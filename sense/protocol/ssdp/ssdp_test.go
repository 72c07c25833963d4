package ssdp

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func TestCaptures(t *testing.T) {
	sensetest.Testdata(t, []string{"10.77.0.2:8200", "rootDesc", "4d696e69"}, Analyzer())
}

func TestDevice(t *testing.T) {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	got := strings.Join(p.Play(sensetest.UDP(1900, sensetest.Up([]byte("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nLocation: http://[fe80::1]:49152/ada.xml\r\n"+
		"NT: urn:schemas-upnp-org:device:Printer:1\r\nNTS: ssdp:alive\r\nSERVER: Linux/5 UPnP/1.0 HP/2\r\nUSN: uuid:1-2::urn:x\r\n\r\n")))), "\n")
	for _, want := range []string{`"verb":"alive","object":"Printer"`, `"port":"49152"`, `software(Linux/5 UPnP/1.0 HP/2)`, `upnp-udn serial(1-2)`, `"field":"category","value":"printer"`, `"field":"service","value":"http"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestProbe(t *testing.T) {
	for b, want := range map[string]sense.Verdict{
		"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n":               sense.Yes,
		"NOTIFY * HTTP/1.1\r\n\r\n":                                 sense.Yes,
		"HTTP/1.1 200 OK\r\nst: ssdp:all\r\nUSN: uuid:1\r\n\r\n":    sense.Yes,
		"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":              sense.No,
		"NOTIFY sip:a@b SIP/2.0\r\n":                                sense.No,
		"":                                                          sense.No,
		"\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05_http": sense.No,
	} {
		if got := probe(0, []byte(b), 1900); got != want {
			t.Errorf("%q: %v", b, got)
		}
	}
}

func TestPort(t *testing.T) {
	for location, want := range map[string]uint16{"http://10.0.0.1:8200/x": 8200, "http://10.0.0.1/x": 80, "http://[fe80::1]/x": 80, "http://[::1]:9": 9, "http://h:99999/": 0, "ftp://h": 0, "": 0} {
		if got := port([]byte(location)); got != want {
			t.Errorf("%q: %d, want %d", location, got, want)
		}
	}
}

func FuzzDatagram(f *testing.F) {
	f.Add([]byte("NOTIFY * HTTP/1.1\r\nUSN: uuid:x::y\r\nLocation: http://h:1/\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nST: a:device:b:1\r\nUSN: x\r\n"))
	f.Fuzz(func(_ *testing.T, b []byte) { sensetest.Datagram(Analyzer(), b) })
}
