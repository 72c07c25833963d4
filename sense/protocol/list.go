// Package protocol lists the analyzers. It is the one place to add a new one to:
// a test compares the list with the folders beside it.
package protocol

import (
	"wardkeeper/sense"
	"wardkeeper/sense/protocol/arp"
	"wardkeeper/sense/protocol/astm"
	"wardkeeper/sense/protocol/bacnet"
	"wardkeeper/sense/protocol/ble"
	"wardkeeper/sense/protocol/dcerpc"
	"wardkeeper/sense/protocol/dhcp"
	"wardkeeper/sense/protocol/dicom"
	"wardkeeper/sense/protocol/dicomweb"
	"wardkeeper/sense/protocol/dns"
	"wardkeeper/sense/protocol/fhir"
	"wardkeeper/sense/protocol/ftp"
	"wardkeeper/sense/protocol/hl7"
	"wardkeeper/sense/protocol/http"
	"wardkeeper/sense/protocol/icmp"
	"wardkeeper/sense/protocol/intellivue"
	"wardkeeper/sense/protocol/kerberos"
	"wardkeeper/sense/protocol/ldap"
	"wardkeeper/sense/protocol/lldp"
	"wardkeeper/sense/protocol/modbus"
	"wardkeeper/sense/protocol/ntp"
	"wardkeeper/sense/protocol/rdp"
	"wardkeeper/sense/protocol/sdc"
	"wardkeeper/sense/protocol/smb"
	"wardkeeper/sense/protocol/smtp"
	"wardkeeper/sense/protocol/snmp"
	"wardkeeper/sense/protocol/ssdp"
	"wardkeeper/sense/protocol/ssh"
	"wardkeeper/sense/protocol/syslog"
	"wardkeeper/sense/protocol/telnet"
	"wardkeeper/sense/protocol/tftp"
	"wardkeeper/sense/protocol/tls"
	"wardkeeper/sense/protocol/unity"
	"wardkeeper/sense/protocol/vnc"
)

// All returns every analyzer. The order is that in which probes are asked where the
// port says nothing, and children offered content.
func All() []sense.Analyzer {
	var all []sense.Analyzer
	for _, some := range [][]sense.Analyzer{
		arp.Analyzers(),
		lldp.Analyzers(),
		{icmp.Analyzer()},
		{ble.Analyzer()},
		dhcp.Analyzers(),
		dns.Analyzers(),
		{hl7.Analyzer()},
		{dicom.Analyzer()},
		{astm.Analyzer()},
		{sdc.Analyzer()},
		{intellivue.Analyzer()},
		{unity.Analyzer()},
		{smb.Analyzer()},
		{dcerpc.Analyzer()},
		tls.Analyzers(),
		{ssh.Analyzer()},
		http.Analyzers(),
		{dicomweb.Analyzer()},
		{fhir.Analyzer()},
		{ssdp.Analyzer()},
		{snmp.Analyzer()},
		{ntp.Analyzer()},
		{syslog.Analyzer()},
		{ftp.Analyzer()},
		{telnet.Analyzer()},
		{smtp.Analyzer()},
		{rdp.Analyzer()},
		{vnc.Analyzer()},
		{ldap.Analyzer()},
		{kerberos.Analyzer()},
		{modbus.Analyzer()},
		{bacnet.Analyzer()},
		{tftp.Analyzer()},
	} {
		all = append(all, some...)
	}
	return all
}
