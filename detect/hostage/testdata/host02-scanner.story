# A search alone is told, but it is no worm.
repeat 5 every 1s
+0s 10.1.1.5:51112 > 10.1.3.{i}:445 smb anomaly smb.ms17-010-probe
expect HOST-02 medium count=5 attackers=10.1.1.5
