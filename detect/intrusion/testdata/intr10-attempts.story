any order
repeat 20 every 100ms
+0s 10.1.1.66:51{i} > 10.1.0.1:49670 dcerpc anomaly dcerpc.zerologon
expect INTR-10 high count=20 attackers=10.1.1.66
