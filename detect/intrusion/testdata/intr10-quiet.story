+0s 10.1.1.66:5100 > 10.1.0.1:49670 dcerpc anomaly dcerpc.framing
+1s 10.1.1.66:5100 > 10.1.0.1:49670 dcerpc act NetrServerAuthenticate3
silent
