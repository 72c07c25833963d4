# One finding for each device and service, however often it is seen. Telnet weighs
# more on a device that takes part in care.
any order
zone icu
device 10.1.2.9 infusion pump
repeat 3 every 1s
+0s 10.1.2.9:23 > 10.1.1.{i}:4000 telnet sighting telnet service=telnet@95
+1s 10.1.2.10:23 > 10.1.1.5:4000 telnet sighting telnet service=telnet@95
+2s 10.1.2.10:21 > 10.1.1.5:4000 ftp sighting "ftp login" service="ftp anonymous"@95
+3s 10.1.2.11:445 > 10.1.1.5:4000 smb sighting "smb1 negotiate response" service=smb1@95 service="smb signing not required"@90
+4s 10.1.2.12:161 > 10.1.1.5:4000 snmp sighting "snmp response" service="snmp v2c community public"@95
+5s 10.1.2.13:443 > 10.1.1.5:4000 tls sighting "tls server hello" service="tls 1.0"@95
+6s 10.1.2.13:443 > 10.1.1.5:4000 tls sighting "tls certificate fault" service="certificate expired"@90 service="certificate self-signed"@95
+7s 10.1.2.14:3389 > 10.1.1.5:4000 rdp sighting "rdp negotiation" service=rdp@95 service="rdp no nla"@90
+8s 10.1.2.14:5900 > 10.1.1.5:4000 vnc sighting "vnc security types" service="vnc no auth"@95
+9s 10.1.2.15:104 > 10.1.1.5:4000 dicom sighting "dicom association" service=dicom@95
+10s 10.1.2.16:6661 > 10.1.1.5:4000 hl7 sighting "hl7 mllp" service="hl7 mllp"@80
+11s 10.1.1.5:4000 > 10.1.2.17:80 http act GET actor=staff:admin .auth=basic .credential=secret.1.x
expect INTR-09 medium count=3 title="Telnet, remote control without encryption, is open: 10.1.2.9" victims=10.1.2.9
expect INTR-09 low count=1 title="is open: 10.1.2.10"
expect INTR-09 medium title="without a password: 10.1.2.10"
expect INTR-09 medium title="SMB version 1"
expect INTR-09 low title="Management data can be read"
expect INTR-09 low title="outdated TLS"
expect INTR-09 low title="has expired"
expect INTR-09 info title="only its holder"
expect INTR-09 medium title="Remote desktop"
expect INTR-09 medium title="A screen"
expect INTR-09 low title="(DICOM): 10.1.2.15"
expect INTR-09 low title="(HL7): 10.1.2.16"
expect INTR-09 low title="Web passwords are sent in the clear: 10.1.2.17"
