# One service password on four pumps, and a host key that came with the firmware.
device 10.1.2.3 infusion pump
repeat 4 every 60s
+0s 10.1.1.5:4000 > 10.1.2.{i}:23/00:1c:59:00:00:0{i} telnet act login outcome=ok actor=service .secret=s1
repeat 4 every 60s
+1s 10.1.3.{i}:22/00:1c:59:00:01:0{i} > 10.1.1.5:4000 ssh sighting "ssh host key" fingerprint="ssh-hostkey 597c87acd2f26199"@90
+300s 10.1.4.1:161 > 10.1.1.5:4000 snmp act Response reply outcome=ok .community=private
expect INTR-03 medium count=2 confidence=85 title="One telnet password opens several devices" victims=10.1.2.1,10.1.2.2,10.1.2.3,10.1.2.4
expect INTR-03 low count=2 title="ssh host key"
expect INTR-03 medium count=1 title="which may allow changes: 10.1.4.1"
