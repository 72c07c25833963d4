# A failover and its way back; VRRP and HSRP; DHCP leases that change hands; a pair
# of DHCP servers that agree; a WINS server; a computer with two names.
+0s /00:0c:29:00:00:01 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.1 .mac=00:0c:29:00:00:01 .from=00:0c:29:00:00:02
+60s /00:0c:29:00:00:02 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.1 .mac=00:0c:29:00:00:02 .from=00:0c:29:00:00:01
repeat 10 every 1s
+1s /00:00:5e:00:01:07 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.2 .mac=00:00:5e:00:01:07 .from=00:0c:29:00:00:02
repeat 10 every 1s
+1.5s /00:0c:29:00:00:02 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.2 .mac=00:0c:29:00:00:02 .from=00:00:5e:00:01:07
repeat 10 every 1000s
+2s /00:0c:29:00:00:02 > /ff:ff:ff:ff:ff:ff arp act move .ip=10.1.0.40 .mac=00:0c:29:00:00:0{i} .from=00:0c:29:00:00:1{i}
repeat 9 every 1s
+3s 10.1.0.2:67 > 10.1.0.55:68 dhcp act OFFER reply .mac=00:1c:59:00:00:0{i} .server=10.1.0.2 .router=10.1.0.1 .dns=10.1.0.5
repeat 9 every 1s
+3.5s 10.1.0.3:67 > 10.1.0.55:68 dhcp act OFFER reply .mac=00:1c:59:00:00:0{i} .server=10.1.0.3 .router=10.1.0.1 .dns=10.1.0.5
repeat 9 every 1s
+4s 10.1.0.5:137 > 10.1.0.55:137 nbns act query reply outcome=ok .name=PC{i} .answer=10.1.0.1{i}
repeat 9 every 1s
+4s 10.1.0.60:5355 > 10.1.0.55:137 llmnr act query reply outcome=ok .domain=pc60 .answer=10.1.0.60
silent
# Ports of one machine that answer for one address by turns.
repeat 9 every 10s
+4s /00:0c:29:00:00:21 > /ff:ff:ff:ff:ff:ff arp act claim .ip=10.1.0.77 .mac=00:0c:29:00:00:21
repeat 9 every 10s
+6s /00:0c:29:00:00:22 > /ff:ff:ff:ff:ff:ff arp act claim .ip=10.1.0.77 .mac=00:0c:29:00:00:22
