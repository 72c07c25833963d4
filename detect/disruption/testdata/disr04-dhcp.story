# A second server sends clients to another gateway.
+0s 10.1.0.1:67 > 10.1.0.55:68 dhcp act OFFER reply .mac=00:1c:59:00:00:05 .server=10.1.0.1 .router=10.1.0.1 .dns=10.1.0.1
+60s 10.1.0.1:67 > 10.1.0.56:68 dhcp act OFFER reply .mac=00:1c:59:00:00:06 .server=10.1.0.1 .router=10.1.0.1 .dns=10.1.0.1
+60.1s 10.1.0.66:67 > 10.1.0.57:68 dhcp act OFFER reply .mac=00:1c:59:00:00:06 .server=10.1.0.66 .router=10.1.0.66 .dns=10.1.0.66
+90s 10.1.0.66:67 > 10.1.0.57:68 dhcp act OFFER reply .mac=00:1c:59:00:00:07 .server=10.1.0.66 .router=10.1.0.66 .dns=10.1.0.66
+90.1s 10.1.0.1:67 > 10.1.0.58:68 dhcp act OFFER reply .mac=00:1c:59:00:00:07 .server=10.1.0.1 .router=10.1.0.1 .dns=10.1.0.1
expect DISR-04 medium count=2 title="A second DHCP server answers: 10.1.0.66" attackers=10.1.0.66
