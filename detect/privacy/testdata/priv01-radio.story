# Where there is no network address the hardware's is told.
+0s /02:11:22:33:44:55 > /02:11:22:33:44:66 ble act notify clear
expect PRIV-01 low count=1 title="from 02:11:22:33:44:55 to 02:11:22:33:44:66"
