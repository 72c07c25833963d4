# User identities of DICOM are refused, again and again.
repeat 25 every 2s
+0s 10.1.1.66:4{i} > 10.1.2.9:104 dicom act A-ASSOCIATE-RQ .identity="user name and passcode"
repeat 25 every 2s
+0.5s 10.1.2.9:104 > 10.1.1.66:4{i} dicom act A-ASSOCIATE-RJ reply outcome=refused
expect INTR-02 low count=25 confidence=55 title="(DICOM)"
