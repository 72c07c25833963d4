+0s 10.1.1.5:51112 > 10.1.3.1:104 dicom anomaly dicom.dataset
+1s 10.1.1.5:51112 > 10.1.3.1:104 dicom act file object="whole slide image"
silent
