# Two feeds in the clear, each one finding however many messages.
any order
repeat 30 every 100ms
+0s 10.20.5.41:5{i} > 10.20.1.15:6661 hl7 act ORU^R01 clear patient=patient:p{i}
repeat 5 every 100ms
+0.05s 10.20.5.42:40000 > 10.20.1.15:104 dicom act C-STORE clear patient=patient:p1
expect PRIV-01 low count=30 title="HL7 from 10.20.5.41 to 10.20.1.15" victims=10.20.5.41
expect PRIV-01 low count=5 title="DICOM from 10.20.5.42"
