# Typos; a program with an old password; a proxy for many users; a browser that is
# asked for a password; refusals without a user identity; a manager's polls.
repeat 4 every 5s
+0s 10.1.1.5:4{i} > 10.1.0.1:445 smb act login outcome=failed actor=anna
+30s 10.1.1.5:4010 > 10.1.0.1:445 smb act login outcome=ok actor=anna
repeat 100 every 5s
+0s 10.1.1.6:4{i} > 10.1.2.9:21 ftp act login outcome=failed actor=modality .secret=old
repeat 30 every 1s
+0s 10.1.1.7:4{i} > 10.1.2.10:80 http act GET actor=user{i} .auth=basic .credential=c{i}
repeat 50 every 1s
+0s 10.1.2.10:80 > 10.1.1.8:4000 http act GET outcome=401 reply .auth=negotiate
repeat 30 every 1s
+0s 10.1.2.11:104 > 10.1.1.9:4{i} dicom act A-ASSOCIATE-RJ reply outcome=refused
repeat 50 every 1s
+0s 10.1.1.10:4000 > 10.1.2.{i}:161 snmp act GetRequest actor=secret:own .community=other
silent
