# Private, carrier-grade and unique local addresses are inside, and so are neighbours
# within a block of public addresses that a site owns.
+0s 10.20.5.41:50002 > 192.168.7.1:2575 hl7 act ORU^R01 clear
+1s 10.20.5.41:50002 > 100.64.3.4:2575 hl7 act ORU^R01 clear
+2s [fd00::5]:50002 > [fd00::6]:2575 hl7 act ORU^R01 clear
+3s 130.60.7.5:50002 > 130.60.7.9:2575 hl7 act ORU^R01 clear
+4s [2001:db8:1:2::5]:50002 > [2001:db8:1:3::6]:2575 hl7 act ORU^R01 clear
+5s 10.20.5.41:50002 > 224.0.0.1:2575 hl7 act ORU^R01 clear
+6s 10.20.5.41:50002 > 93.184.216.34:443 hl7 act ORU^R01
silent
