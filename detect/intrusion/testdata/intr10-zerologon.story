repeat 20 every 100ms
+0s 10.1.1.66:51{i} > 10.1.0.1:49670 dcerpc anomaly dcerpc.zerologon
+3s 10.1.0.1:49670 > 10.1.1.66:5120 dcerpc anomaly dcerpc.zerologon-success
expect INTR-10 critical count=21 title="succeeded" attackers=10.1.1.66 victims=10.1.0.1
