# Ten passwords for one account of a pump's Telnet server, and then the right one.
device 10.1.2.9 infusion pump
repeat 10 every 2s
+0s 10.1.1.66:4{i} > 10.1.2.9:23 telnet act login outcome=failed actor=root .secret=s{i}
+30s 10.1.1.66:4100 > 10.1.2.9:23 telnet act login outcome=ok actor=root .secret=right
expect INTR-02 high count=11 title="A password was guessed at 10.1.2.9 (TELNET)" attackers=10.1.1.66 victims=10.1.2.9
