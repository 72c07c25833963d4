package intrusion

import "wardkeeper/ward"

// weakness is a service that should not be offered as it is.
type weakness struct {
	services []string // as analyzers name it
	title    string   // followed by the address
	severity ward.Severity
	medical  ward.Severity // where the device takes part in care
	harm     string
	advice   string
	says     string
}

// basicInClear is this rule's own name for what an act shows.
const basicInClear = "http basic"

// careful ends advice that changes a device.
const careful = "Try it on a device that is not in use, and change one in use only when its clinical owner says that no patient depends on it."

const (
	readsAndChanges = "Anyone who can listen on this network reads the passwords and commands, and can then do with the device what its service staff can."
	anyoneControls  = "Anyone who reaches this device can see and operate it, without a password."
	oldCipher       = "The encryption is old enough to be broken: what is sent may be read, and under attack be changed."
	cannotTell      = "Partners cannot tell the real device from someone who stands between them."
	ransomware      = "Ransomware such as WannaCry spread through hospitals by this protocol. A device that it reaches stops working."
	inject          = "Anyone on this network can read who the patient is, and can send false images, orders or results that look real."
)

// weaknesses is what INTR-09 knows. Nothing here is an attack: never above medium.
var weaknesses = []weakness{
	{[]string{"telnet"}, "Telnet, remote control without encryption, is open", ward.Low, ward.Medium, readsAndChanges,
		"Ask the maker for SSH or a way to turn Telnet off; until then let only service computers reach it. " + careful, "answers as a Telnet server"},
	{[]string{"ftp"}, "FTP, file transfer without encryption, is open", ward.Low, ward.Low, readsAndChanges,
		"Replace it by SFTP or FTPS where the maker allows, or let only its partners reach it. " + careful, "answers as an FTP server"},
	{[]string{"ftp anonymous"}, "Files can be fetched by FTP without a password", ward.Medium, ward.Medium,
		"Anyone on this network can read, and perhaps replace, the files that lie there: images, settings or software of the device.",
		"Find out with the owner what lies there, and ask for accounts with passwords. " + careful, "let an anonymous user in"},
	{[]string{"smb1"}, "SMB version 1, the file sharing that WannaCry used, is on", ward.Medium, ward.Medium, ransomware,
		"Turn SMB 1 off where no old device needs it; else let only those partners reach it. " + careful, "chose SMB 1 for a connection"},
	{[]string{"ssl 2.0", "ssl 3.0"}, "SSL, an encryption that is broken, is accepted", ward.Medium, ward.Medium, oldCipher,
		"Ask the maker for TLS 1.2 or later. " + careful, "chose SSL for a connection"},
	{[]string{"tls 1.0", "tls 1.1", "dtls 1.0"}, "An outdated TLS version is accepted", ward.Low, ward.Low, oldCipher,
		"Ask the maker for TLS 1.2 or later. " + careful, "chose a TLS version below 1.2"},
	{[]string{"tls null cipher", "tls anonymous cipher", "tls export cipher"}, "TLS is used without real protection", ward.Medium, ward.Medium, oldCipher,
		"Ask the maker to offer only current cipher suites. " + careful, "chose a cipher suite that does not encrypt or does not prove who answers"},
	{[]string{"tls rc4", "tls des"}, "TLS is used with an outdated cipher", ward.Low, ward.Low, oldCipher,
		"Ask the maker to offer only current cipher suites. " + careful, "chose RC4 or DES"},
	{[]string{"certificate expired"}, "A certificate has expired", ward.Low, ward.Low,
		cannotTell + " Partners that check it may refuse to connect, without warning.",
		"Renew it together with the partners that must trust it, so that no connection fails. " + careful, "shows a certificate past its end"},
	{[]string{"certificate not yet valid"}, "A certificate is not valid yet", ward.Info, ward.Info, cannotTell,
		"Compare the device's clock and the certificate's dates.", "shows a certificate that begins later than now"},
	{[]string{"certificate self-signed"}, "A certificate that only its holder vouches for", ward.Info, ward.Info, cannotTell,
		"Where partners can check it, have it replaced by one of the hospital's own authority.", "shows a self-signed certificate"},
	{[]string{"certificate weak key", "certificate weak signature"}, "A certificate can be forged", ward.Low, ward.Low, cannotTell,
		"Have it replaced by one with a current key and signature. " + careful, "shows a certificate with a short key or an old signature"},
	{[]string{"snmp v1 community public", "snmp v2c community public"}, "Management data can be read with the password \"public\"", ward.Low, ward.Low,
		"Anyone on this network learns what the device is and whom it talks to, and can plan an attack.",
		"Set another community or SNMP version 3, together with whoever monitors the device. " + careful, "answered to the SNMP community public"},
	{[]string{"snmp v3 no authentication"}, "Management data can be read without a password", ward.Low, ward.Low,
		"Anyone on this network learns what the device is and whom it talks to, and can plan an attack.",
		"Ask for SNMP version 3 with authentication and privacy. " + careful, "answered to SNMP version 3 without authentication"},
	{[]string{"rdp no nla"}, "Remote desktop lets anyone reach its log-in screen", ward.Medium, ward.Medium,
		"Flaws in remote desktop such as BlueKeep can be used before anyone logs in. A device that it reaches can be taken over or stopped.",
		"Turn on Network Level Authentication, and let only service computers reach it. " + careful, "chose remote desktop security without Network Level Authentication"},
	{[]string{"vnc no auth"}, "A screen can be operated from the network without a password", ward.Medium, ward.Medium, anyoneControls,
		"Set a password, and let only service computers reach it. " + careful, "offers VNC with no authentication"},
	{[]string{"dicom"}, "Images are exchanged without encryption (DICOM)", ward.Low, ward.Low, inject,
		"Ask for DICOM over TLS at both ends, or keep it in a segment of its own. " + careful, "answers to DICOM without encryption"},
	{[]string{"hl7 mllp"}, "Orders and results are exchanged without encryption (HL7)", ward.Low, ward.Low, inject,
		"Ask for HL7 over TLS at both ends, or keep it in a segment of its own. " + careful, "answers to HL7 without encryption"},
	{[]string{basicInClear}, "Web passwords are sent in the clear", ward.Low, ward.Medium, readsAndChanges,
		"Ask for HTTPS on this service, then have the passwords changed. " + careful, "was sent a user name and password by HTTP Basic without encryption"},
	{[]string{"ldap clear password"}, "Directory passwords are sent in the clear", ward.Medium, ward.Medium,
		"Anyone who can listen on this network reads the passwords of staff or services, and can use them elsewhere.",
		"Ask for LDAPS or StartTLS at both ends, then have the passwords changed. " + careful, "was sent a password by a simple bind without encryption"},
	{[]string{"ssh 1"}, "SSH version 1, which is broken, is accepted", ward.Medium, ward.Medium, oldCipher,
		"Ask the maker for SSH 2 only. " + careful, "offers SSH 1"},
	{[]string{"ssh null cipher", "ssh weak cipher", "ssh weak key exchange"}, "SSH is offered with outdated encryption", ward.Low, ward.Low, oldCipher,
		"Ask the maker for current algorithms. " + careful, "offers SSH algorithms that no longer protect"},
	{[]string{"ntp mode 7"}, "A time server answers to its control protocol", ward.Low, ward.Low,
		"Attackers use such servers to flood others, and learn who asks them for the time.",
		"Update it or restrict its control queries. " + careful, "answered an NTP mode 7 request"},
}
