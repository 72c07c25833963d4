+0s 203.0.113.7:5100 > 10.1.9.1:443 tls anomaly tls.bad-record
silent
