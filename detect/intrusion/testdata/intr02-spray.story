# One password for many accounts; communities of SNMP; a web page's one account.
any order
repeat 8 every 2s
+0s 10.1.1.66:4{i} > 10.1.0.1:445 smb act login outcome=failed actor=user{i}
repeat 8 every 2s
+0s 10.1.1.67:4000 > 10.1.2.9:161 snmp act GetRequest actor=secret:c{i} .community=other
repeat 9 every 2s
+0s 10.1.1.68:4{i} > 10.1.2.9:80 http act GET actor=admin .auth=basic .credential=c{i}
repeat 9 every 2s
+0s 10.1.0.2:88 > 10.1.1.69:4{i} kerberos act KRB-ERROR reply outcome="preauthentication failed" actor=user{i}
expect INTR-02 medium count=8 title="(SMB)" attackers=10.1.1.66
expect INTR-02 medium count=8 title="(SNMP)" attackers=10.1.1.67
expect INTR-02 medium count=9 title="(HTTP)" attackers=10.1.1.68
expect INTR-02 medium count=9 title="(KERBEROS)" attackers=10.1.1.69 victims=10.1.0.2
