# The gateway and a monitor are taken over; both keep claiming their address.
+0s 10.1.0.1:67 > 10.1.0.55:68 dhcp act OFFER reply .mac=00:1c:59:00:00:05 .ip=10.1.0.55 .server=10.1.0.1 .router=10.1.0.1 .dns=10.1.0.1
repeat 5 every 2s
+1s /00:0c:29:00:00:66 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.1 .mac=00:0c:29:00:00:66 .from=00:09:fb:00:00:01
repeat 5 every 2s
+2s /00:09:fb:00:00:01 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.1 .mac=00:09:fb:00:00:01 .from=00:0c:29:00:00:66
repeat 5 every 2s
+1.5s /00:0c:29:00:00:66 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.9 .mac=00:0c:29:00:00:66 .from=00:09:fb:00:00:09
repeat 5 every 2s
+2.5s /00:09:fb:00:00:09 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.9 .mac=00:09:fb:00:00:09 .from=00:0c:29:00:00:66
expect DISR-04 high count=10 title="passes for the gateway 10.1.0.1" attackers=00:0c:29:00:00:66 victims=10.1.0.1
expect DISR-04 high count=10 title="One machine passes for several others" attackers=00:0c:29:00:00:66 victims=10.1.0.9
