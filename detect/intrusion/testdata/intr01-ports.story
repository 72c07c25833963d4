any order
repeat 40 every 50ms
+0s 10.1.1.66:40000 > 10.1.2.9:{i} - flow tcp state=reset to=1 from=1
expect INTR-01 medium count=40 title="10.1.1.66 tries the ports of 10.1.2.9" victims=10.1.2.9
