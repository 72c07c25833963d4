# Application titles of an archive are guessed.
any order
repeat 8 every 1s
+0s 10.1.2.9:104 > 10.1.1.66:4{i} dicom act A-ASSOCIATE-RJ reply outcome=refused src_app=PACS{i} dst_app=ECHOSCU
expect INTR-01 medium count=8 title="guesses DICOM application titles" attackers=10.1.1.66 victims=10.1.2.9
