# One user on two servers; failed log-ins; anonymous; keys of their own.
repeat 2 every 60s
+0s 10.1.1.5:4000 > 10.1.2.{i}:21 ftp act login outcome=ok actor=anna .secret=s1
repeat 5 every 60s
+1s 10.1.1.6:4000 > 10.1.2.{i}:23 telnet act login outcome=failed actor=root .secret=s2
repeat 5 every 60s
+2s 10.1.1.6:4000 > 10.1.2.{i}:21 ftp act login outcome=ok .user=anonymous .secret=mail
repeat 5 every 60s
+3s 10.1.3.{i}:22 > 10.1.1.5:4000 ssh sighting "ssh host key" fingerprint="ssh-hostkey 597c87acd2f2619{i}"@90
repeat 5 every 60s
+4s 10.1.3.{i}:443 > 10.1.1.5:4000 tls sighting "tls certificate" fingerprint="cert 597c87acd2f26199"@90
repeat 20 every 1s
+5s 10.1.1.7:4000 > 10.1.2.1:80 http act GET actor=anna .auth=basic .credential=c1
silent
