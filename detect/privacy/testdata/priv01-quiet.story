# Encrypted, without identity, or leaving the site (that is PRIV-02's).
+0s 10.20.5.41:50000 > 10.20.1.15:6661 hl7 act ORU^R01 patient=patient:p1
+1s 10.20.5.41:50001 > 10.20.1.15:443 tls act handshake outcome=ok
+2s 10.20.5.41:50002 > 93.184.216.34:80 http act POST clear
silent
