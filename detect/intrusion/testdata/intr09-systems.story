# Past every edition's end, by the packets' clock.
any order
+0s 10.1.2.9:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows XP (2600)"@85
+1s 10.1.2.9:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows XP"@85
+2s 10.1.2.10:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows 7 SP1 / Server 2008 R2 SP1 (7601)"@85
+3s 10.1.1.5:67 > 10.1.2.11:68 dhcp sighting "dhcp option 60" subject=ip:10.1.2.11 os="Windows CE 5.0"@60
expect INTR-09 medium count=2 title="without security updates is in use: 10.1.2.9"
expect INTR-09 medium count=1 title="in use: 10.1.2.10"
expect INTR-09 medium count=1 title="in use: 10.1.2.11" victims=10.1.2.11
