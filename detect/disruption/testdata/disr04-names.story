# A host answers to every name that is asked for.
any order
repeat 6 every 3s
+0s 10.1.0.66:5355 > 10.1.0.5:5{i} llmnr act query reply outcome=ok .domain=server{i} .answer=10.1.0.66
expect DISR-04 high count=6 title="10.1.0.66 answers to the names of others" attackers=10.1.0.66
