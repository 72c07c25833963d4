# A server that is down is tried again and again; many devices are reached and
# answer; a mirror shows one direction; a misconfigured modality is refused; a
# management system walks with a community of its own; a slow sweep stays below.
repeat 100 every 2s
+0s 10.1.1.5:4{i} > 10.1.2.9:6661 - flow tcp state=reset to=1 from=1
repeat 60 every 1s
+0s 10.1.1.6:4{i} > 10.1.3.{i}:9100 - flow tcp state=closed to=6 from=5 bytes_to=100 bytes_from=20
repeat 60 every 1s
+0s 10.1.1.7:4{i} > 10.1.4.{i}:80 - flow tcp state=timeout to=5 bytes_to=90 onesided
repeat 30 every 10s
+0s 10.1.2.9:104 > 10.1.1.8:4{i} dicom act A-ASSOCIATE-RJ reply outcome=refused src_app=PACS dst_app=CT1
repeat 60 every 1s
+0s 10.1.1.9:40000 > 10.1.2.{i}:161 snmp act GetNextRequest actor=secret:own .version=v2c .community=other
repeat 60 every 40s
+400s 10.1.1.10:4{i} > 10.1.2.{i}:104 - flow tcp state=timeout to=3 ago=10s
repeat 40 every 1s
+3000s 10.1.1.11:4{i} > 10.1.2.9:{i} - flow tcp state=open to=3 from=4 midstream
+3100s 10.1.1.12:4 > 10.1.2.9:5 - flow udp to=1
+3101s /00:1c:59:00:00:05 > /ff:ff:ff:ff:ff:ff arp act sweep object=addresses count=32
silent
