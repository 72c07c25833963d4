any order
repeat 3 every 1s
+0s 203.0.113.7:5100 > 10.1.9.1:443 tls anomaly tls.heartbeat-overread
expect INTR-11 high count=3 attackers=203.0.113.7 victims=10.1.9.1
