+0s 10.1.2.9:22 > 10.1.1.5:4000 ssh sighting "ssh identification" service=ssh@95
+1s 10.1.2.9:443 > 10.1.1.5:4000 tls sighting "tls server hello" service="tls 1.3"@95
+2s 10.1.2.9:445 > 10.1.1.5:4000 smb sighting "smb2 negotiate response" service="smb 3.1.1"@95
+3s 10.1.2.9:161 > 10.1.1.5:4000 snmp sighting "snmp response" service="snmp v3"@95
+4s 10.1.2.9:80 > 10.1.1.5:4000 http sighting "http status line" service=http@90
+5s 10.1.1.5:4000 > 10.1.2.9:80 http act GET actor=staff:a .auth=digest
+6s 10.1.2.9:80 > 10.1.1.5:4000 http act GET outcome=401 reply .auth=basic
+7s 10.1.2.9:23 > 10.1.1.5:4000 telnet sighting guess service=telnet@30
silent
