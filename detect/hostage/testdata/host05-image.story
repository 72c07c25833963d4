any order
repeat 3 every 1s
+0s 10.1.1.5:51112 > 10.1.3.1:80 dicomweb anomaly dicom.preamble-executable detail="DOS or Windows program"
expect HOST-05 high count=3 title="was sent to 10.1.3.1" attackers=10.1.1.5
