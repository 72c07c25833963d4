# A port looked for on a whole segment; half refuse, half do not answer. Records
# come when the connections time out.
any order
repeat 60 every 50ms
+60s 10.1.1.66:4{i} > 10.1.2.{i}:104 - flow tcp state=timeout to=3 from=0 ago=60s onesided
repeat 60 every 50ms
+63s 10.1.1.67:4{i} > 10.1.3.{i}:445 - flow tcp state=reset to=1 from=1 ago=1s
expect INTR-01 medium count=60 title="10.1.1.66 looks for devices that answer on port 104" attackers=10.1.1.66
expect INTR-01 medium count=60 title="port 445" attackers=10.1.1.67
