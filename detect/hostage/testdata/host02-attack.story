# One attempt at one server, then the backdoor answers.
+0s 10.1.1.66:51112 > 10.1.2.9:445 smb anomaly smb.ms17-010-probe
+1s 10.1.1.66:51112 > 10.1.2.9:445 smb anomaly smb.eternalblue
+2s 10.1.2.9:445 > 10.1.1.66:51112 smb anomaly smb.doublepulsar
expect HOST-02 critical count=3 title="attack succeeded" attackers=10.1.1.66 victims=10.1.2.9
