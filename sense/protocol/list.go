// Package protocol lists the analyzers. It is the one place to add a new one to:
// a test compares the list with the folders beside it.
package protocol

import (
	"wardkeeper/sense"
	"wardkeeper/sense/protocol/arp"
	"wardkeeper/sense/protocol/dhcp"
	"wardkeeper/sense/protocol/dicom"
	"wardkeeper/sense/protocol/dicomweb"
	"wardkeeper/sense/protocol/dns"
	"wardkeeper/sense/protocol/fhir"
	"wardkeeper/sense/protocol/ftp"
	"wardkeeper/sense/protocol/hl7"
	"wardkeeper/sense/protocol/http"
	"wardkeeper/sense/protocol/kerberos"
	"wardkeeper/sense/protocol/ldap"
	"wardkeeper/sense/protocol/lldp"
	"wardkeeper/sense/protocol/ntp"
	"wardkeeper/sense/protocol/rdp"
	"wardkeeper/sense/protocol/sdc"
	"wardkeeper/sense/protocol/smb"
	"wardkeeper/sense/protocol/smtp"
	"wardkeeper/sense/protocol/snmp"
	"wardkeeper/sense/protocol/ssdp"
	"wardkeeper/sense/protocol/ssh"
	"wardkeeper/sense/protocol/telnet"
	"wardkeeper/sense/protocol/tls"
	"wardkeeper/sense/protocol/vnc"
)

// All returns every analyzer. The order is that in which probes are asked where the
// port says nothing, and children offered content.
func All() []sense.Analyzer {
	var all []sense.Analyzer
	for _, some := range [][]sense.Analyzer{
		arp.Analyzers(),
		lldp.Analyzers(),
		dhcp.Analyzers(),
		dns.Analyzers(),
		{hl7.Analyzer()},
		{dicom.Analyzer()},
		{sdc.Analyzer()},
		{smb.Analyzer()},
		tls.Analyzers(),
		{ssh.Analyzer()},
		http.Analyzers(),
		{dicomweb.Analyzer()},
		{fhir.Analyzer()},
		{ssdp.Analyzer()},
		{snmp.Analyzer()},
		{ntp.Analyzer()},
		{ftp.Analyzer()},
		{telnet.Analyzer()},
		{smtp.Analyzer()},
		{rdp.Analyzer()},
		{vnc.Analyzer()},
		{ldap.Analyzer()},
		{kerberos.Analyzer()},
	} {
		all = append(all, some...)
	}
	return all
}
