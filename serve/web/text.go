package web

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"wardkeeper/ward"
)

func comma(n uint64) string { return humanize.Comma(int64(min(n, 1<<62))) }

// plural counts things: "1 device", "2 devices".
func plural(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return comma(n) + " " + many
}

func percent(n int) string { return strconv.Itoa(n) + " %" }

func dash(s string) string { return cmp.Or(s, "–") }

func short(id string) string { return id[:min(len(id), 10)] }

// limited joins the first n and says how many more there are.
func limited(all []string, n int) string {
	if len(all) <= n {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:n], ", ") + " +" + strconv.Itoa(len(all)-n)
}

// cut shortens s to n characters.
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// utc shortens an RFC 3339 time in UTC; the page says once that times are UTC.
func utc(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s
	}
	return t.UTC().Format("2006-01-02 15:04:05.000000")
}

func span(first, last ward.Time) string {
	d := max(last.Sub(first), 0)
	if d < time.Minute {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	h := d / time.Hour
	if h < 48 {
		return fmt.Sprintf("%d h %d min", h, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days %d h", h/24, h%24)
}

// where names a packet so that it can be opened in Wireshark.
func where(capture string, packet uint64) string {
	switch {
	case packet == 0:
		return dash(capture)
	case capture == "":
		return "packet " + strconv.FormatUint(packet, 10)
	}
	return capture + ":" + strconv.FormatUint(packet, 10)
}

// protocolNames are the spellings that people use.
var protocolNames = map[string]string{"": "not recognised", "dicom": "DICOM", "dicomweb": "DICOMweb", "hl7": "HL7", "fhir": "FHIR", "astm": "ASTM",
	"sdc": "SDC", "intellivue": "IntelliVue", "unity": "Unity", "ble": "Bluetooth LE",
	"http": "HTTP", "tls": "TLS", "dtls": "DTLS", "quic": "QUIC", "smb": "SMB", "ssh": "SSH", "dns": "DNS", "mdns": "mDNS", "llmnr": "LLMNR", "nbns": "NBNS",
	"snmp": "SNMP", "dhcp": "DHCP", "ntp": "NTP", "ssdp": "SSDP", "arp": "ARP", "ndp": "NDP", "icmp": "ICMP", "lldp": "LLDP", "cdp": "CDP", "ftp": "FTP",
	"telnet": "Telnet", "smtp": "SMTP", "rdp": "RDP", "vnc": "VNC", "ldap": "LDAP", "kerberos": "Kerberos", "syslog": "Syslog", "modbus": "Modbus",
	"bacnet": "BACnet", "dcerpc": "DCE/RPC", "stp": "STP"}

func protocolName(p string) string {
	if n, ok := protocolNames[p]; ok {
		return n
	}
	return p
}

// px writes an SVG length with one decimal at most.
func px(f float64) string { return strconv.FormatFloat(float64(int64(f*10+0.5))/10, 'f', -1, 64) }

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
