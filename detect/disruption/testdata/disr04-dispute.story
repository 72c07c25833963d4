# Two monitors were set to one address; each says so now and then. Their claims come
# from different shards, so that none is called a move.
device 10.1.0.9 patient monitor
repeat 4 every 60s
+0s /00:0c:29:00:00:66 > /ff:ff:ff:ff:ff:ff arp act claim .ip=10.1.0.9 .mac=00:0c:29:00:00:66
repeat 4 every 60s
+20s /00:09:fb:00:00:09 > /ff:ff:ff:ff:ff:ff arp act announce .ip=10.1.0.9 .mac=00:09:fb:00:00:09
expect DISR-04 high count=7 title="Two machines claim the address 10.1.0.9" victims=10.1.0.9
