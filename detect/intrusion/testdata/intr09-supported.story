# Supported when the packets were taken; not known; not sure.
at 2019-06-01T08:00:00Z
+0s 10.1.2.9:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows 7 SP1 / Server 2008 R2 SP1 (7601)"@85
+1s 10.1.2.10:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows 10 1809 / Server 2019 (17763)"@85
+2s 10.1.2.11:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows 6.1"@85
+3s 10.1.2.12:445 > 10.1.1.5:4000 smb sighting ntlm os="Windows 10"@50
+4s 10.1.2.13:5353 > 224.0.0.251:5353 mdns sighting "mdns HINFO" os=LINUX@70
+5s 10.1.2.14:445 > 10.1.1.5:4000 smb sighting smb1 os="Windows XP"@40
silent
