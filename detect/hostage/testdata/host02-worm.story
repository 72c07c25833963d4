# The second host was attacked and attacks in turn; the third attacks many.
+0s 10.1.1.66:51112 > 10.1.2.9:445 smb anomaly smb.eternalblue
+90s 10.1.2.9:49152 > 10.1.2.10:445 smb anomaly smb.eternalblue
repeat 4 every 1s
+100s 10.1.1.70:51112 > 10.1.3.{i}:445 smb anomaly smb.eternalromance
expect HOST-02 high count=1 title=EternalBlue attackers=10.1.1.66
expect HOST-02 critical count=1 title="A worm spreads: 10.1.2.9" attackers=10.1.2.9
expect HOST-02 critical count=4 title="to several devices" victims=10.1.3.1,10.1.3.2,10.1.3.3,10.1.3.4
