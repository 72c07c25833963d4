any order
repeat 4 every 1s
+0s 10.20.5.41:50002 > 93.184.216.34:2575 hl7 act ORU^R01 clear
+1s 93.184.216.34:2575 > 10.20.5.41:50002 hl7 act ACK reply clear
+2s [2001:db8:1::5]:50002 > [2001:4860:4860::8888]:2575 hl7 act ORU^R01 clear
expect PRIV-02 high count=4 title="leaves the hospital" attackers=93.184.216.34
expect PRIV-02 medium count=1 title="comes from a public address" victims=10.20.5.41
expect PRIV-02 high count=1
