any order
repeat 12 every 1s
+0s 10.1.1.66:40000 > 10.1.2.{i}:161 snmp act GetNextRequest .version=v2c .community=public
+0.5s /00:1c:59:00:00:05 > /ff:ff:ff:ff:ff:ff arp act sweep object=addresses count=128 .seconds=4
expect INTR-01 low count=12 title="10.1.1.66 reads management data"
expect INTR-01 low count=1 title="asked for by 00:1c:59:00:00:05"
