# Shapes that faulty clients have too, and a worm's name in another protocol.
+0s 10.1.1.66:51112 > 10.1.2.9:445 smb anomaly smb.transaction-groom
+1s 10.1.1.66:51112 > 10.1.2.9:445 smb anomaly smb.nt-trans-size
+2s 10.1.1.66:51112 > 10.1.2.9:445 smb anomaly smb.framing
+3s 10.1.1.66:51112 > 10.1.2.9:445 smb act login outcome=ok
silent
