#!/bin/sh
# Makes the captures of arp, bacnet, dhcp, dns, icmp, lldp, modbus, ntp, snmp, syslog
# and tftp anew: two network namespaces in which real programs talk.
#
#   make.sh FOLDER    writes FOLDER/<protocol>.pcap; needs root and: dnsmasq dig
#   busybox dhclient snmpd snmp-tools chronyd logger nmbd nmblookup avahi-daemon lldpd
#   ping tcpdump tshark; node with node-bacnet (NODE_PATH) and python3-pymodbus where
#   bacnet and modbus are wanted.
set -eu
python=${PYTHON:-/usr/bin/python3}
out=$(realpath "${1:?folder}")
a=wk-names-a b=wk-names-b
work=$(mktemp -d)
chmod 755 "$work"
in_a() { ip netns exec $a "$@"; }
in_b() { ip netns exec $b "$@"; }
clean() {
	for n in $a $b; do
		ip netns pids $n 2>/dev/null | xargs -r kill 2>/dev/null || true
	done
	sleep 1
	ip netns del $a 2>/dev/null || true
	ip netns del $b 2>/dev/null || true
	rm -rf "$work"
}
trap clean EXIT
ip netns add $a
ip netns add $b
ip link add wkn-a netns $a type veth peer name wkn-b netns $b
in_a ip link set wkn-a address 00:1c:59:aa:05:41
in_b ip link set wkn-b address 00:09:fb:10:20:30
for e in a b; do
	ip netns exec wk-names-$e ip link set lo up
	ip netns exec wk-names-$e ip link set wkn-$e up
done
in_b tcpdump -q -U -i wkn-b -w "$work/all.pcap" 2>/dev/null &
in_b ip addr add 10.77.0.1/24 dev wkn-b
in_b ip -6 addr add fd77::1/64 dev wkn-b
in_b sysctl -qw net.ipv6.conf.all.forwarding=1
sleep 1

mkdir "$work/tftp" "$work/snmp" "$work/smb" "$work/services"
echo hello >"$work/tftp/config.txt"
in_b dnsmasq -k -C /dev/null -u root -i wkn-b --bind-interfaces --dhcp-range=10.77.0.50,10.77.0.99,1h --dhcp-range=fd77::100,fd77::1ff,64,1h --enable-ra \
	--dhcp-option=6,10.77.0.1 --dhcp-option=42,10.77.0.1 --domain=ward.example --no-resolv --no-hosts --host-record=pacs.ward.example,10.77.0.20,fd77::20 \
	--txt-record=pacs.ward.example,"v=1" --srv-host=_dicom._tcp.ward.example,pacs.ward.example,104 --cname=archive.ward.example,pacs.ward.example \
	--local=/ward.example/ --dhcp-leasefile="$work/leases" --enable-tftp --tftp-root="$work/tftp" --tftp-no-fail &
sleep 2
in_a busybox udhcpc -i wkn-a -n -q -f -t 3 -x hostname:ct-room3 -F ct-room3.ward.example -V "udhcp 1.35.0" -s /bin/true
in_a ip addr add 10.77.0.2/24 dev wkn-a
cat >"$work/dhclient.conf" <<X
send host-name "us-room7"; send vendor-class-identifier "MSFT 5.0"; request subnet-mask, routers, domain-name-servers, ntp-servers, host-name;
send fqdn.fqdn "us-room7.ward.example";
X
for v in 4 6; do
	in_a timeout 15 dhclient -$v -1 -cf "$work/dhclient.conf" -lf "$work/leases$v" -pf "$work/pid$v" -sf /bin/true wkn-a || true
done
for q in "pacs.ward.example A" "pacs.ward.example AAAA" "archive.ward.example A" "pacs.ward.example TXT" "nosuch.ward.example A" "_dicom._tcp.ward.example SRV" \
	"version.bind CH TXT" "a8f3k2l9d0x7c6v5b4n3m2q1w0e9r8t7.k2l9d0x7c6v5b4n3m2q1.tunnel.ward.example TXT"; do
	in_a dig @10.77.0.1 +time=1 +tries=1 $q >/dev/null
done
in_a dig @10.77.0.1 +tcp pacs.ward.example A >/dev/null
in_a dig @10.77.0.1 +tcp -x 10.77.0.20 >/dev/null
in_a dig @fd77::1 pacs.ward.example >/dev/null
in_a dig @10.77.0.1 +tcp +keepopen pacs.ward.example A nosuch.ward.example MX archive.ward.example AAAA >/dev/null
(cd "$work" && in_a busybox tftp -g -r config.txt -l got.txt 10.77.0.1 && in_a busybox tftp -p -l got.txt -r up.bin 10.77.0.1) || true

cat >"$work/snmp/snmpd.conf" <<X
agentAddress udp:10.77.0.1:161
rocommunity public
rwcommunity s3cret-ward
sysLocation Radiology room 3
sysContact Jane Doe <jane@ward.example>
sysName printer-3
sysDescr HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT,JD153,EEPROM JSI24180005,CIDATE 09/21/2017
sysObjectID 1.3.6.1.4.1.11.2.3.9.1
createUser wardro SHA "authpass12" AES "privpass12"
rouser wardro
X
SNMP_PERSISTENT_DIR="$work/snmp" in_b snmpd -f -Lf /dev/null -C -c "$work/snmp/snmpd.conf" &
sleep 2
get() { in_a "$@" >/dev/null 2>&1 || true; }
get snmpget -v2c -c public -m '' 10.77.0.1 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.2.0
get snmpwalk -v1 -c public -m '' 10.77.0.1 1.3.6.1.2.1.1
get snmpbulkwalk -v2c -c s3cret-ward -m '' 10.77.0.1 1.3.6.1.2.1.25.3.2
get snmpset -v2c -c s3cret-ward -m '' 10.77.0.1 1.3.6.1.2.1.1.6.0 s x
get snmpget -v3 -l authPriv -u wardro -a SHA -A authpass12 -x AES -X privpass12 -m '' 10.77.0.1 1.3.6.1.2.1.1.5.0
get snmpget -v3 -l authNoPriv -u wardro -a SHA -A authpass12 -m '' 10.77.0.1 1.3.6.1.2.1.1.5.0
get snmpget -v2c -c public -m '' -r 0 -t 1 10.77.0.1 1.3.6.1.2.1.99.0
in_b snmptrap -v1 -c public -m '' 10.77.0.2 1.3.6.1.4.1.318 10.77.0.1 6 5 100 1.3.6.1.2.1.1.5.0 s ups-3
in_b snmptrap -v2c -c public -m '' 10.77.0.2 100 1.3.6.1.4.1.318.0.5 1.3.6.1.2.1.1.5.0 s ups-3

cat >"$work/chrony.conf" <<X
local stratum 8
allow 10.77.0.0/24
bindcmdaddress /
pidfile $work/chronyd.pid
X
in_b chronyd -d -x -u root -f "$work/chrony.conf" 2>/dev/null &
sleep 2
in_a timeout 8 chronyd -Q -x -t 6 -f /dev/null -u root 'server 10.77.0.1 iburst' "pidfile $work/client.pid" 'bindcmdaddress /' 2>/dev/null || true

in_a logger -n 10.77.0.1 -P 514 -d --rfc3164 -t pacsd "user john doe opened study"
in_a logger -n 10.77.0.1 -P 514 -d --rfc5424 -t pacsd --id=33 --msgid LOGIN "user john doe opened study"
in_b busybox nc -l -p 514 -e cat &
in_b busybox nc -l -p 515 -e cat &
sleep 1
in_a logger -n 10.77.0.1 -P 514 -T --octet-count --rfc5424 -t pacsd --msgid LOGIN "one two"
printf 'first line\nsecond line\nthird\n' | in_a logger -n 10.77.0.1 -P 515 -T --rfc3164 -t mwl

here=$(dirname "$(realpath "$0")")
in_b "$python" "$here/../../modbus/testdata/server.py" &
in_b node "$here/../../bacnet/testdata/server.js" &
sleep 3
in_a timeout 20 "$python" "$here/../../modbus/testdata/client.py" || true
in_a timeout 20 node "$here/../../bacnet/testdata/client.js" || true

cat >"$work/smb.conf" <<X
[global]
netbios name = RADSRV01
workgroup = RADIOLOGY
server role = standalone
interfaces = wkn-b
bind interfaces only = yes
private dir = $work/smb
lock directory = $work/smb
state directory = $work/smb
cache directory = $work/smb
pid directory = $work/smb
ncalrpc dir = $work/smb/n
log file = $work/smb/log
wins support = yes
X
in_b nmbd -F -s "$work/smb.conf" --no-process-group &
sleep 6
get nmblookup -B 10.77.0.255 RADSRV01
get nmblookup -A 10.77.0.1
get nmblookup -B 10.77.0.255 NOSUCH

cat >"$work/avahi.conf" <<X
[server]
host-name=printer-3
allow-interfaces=wkn-b
enable-dbus=no
[publish]
publish-hinfo=yes
publish-workstation=yes
X
cat >"$work/services/printer.service" <<X
<service-group><name>HP LaserJet M607 [3A2B1C]</name>
<service><type>_ipp._tcp</type><port>631</port><txt-record>ty=HP LaserJet M607</txt-record><txt-record>usb_MFG=HP</txt-record>
<txt-record>usb_MDL=LaserJet M607</txt-record><txt-record>note=Radiology room 3</txt-record><txt-record>product=(HP LaserJet M607)</txt-record></service>
<service><type>_axis-video._tcp</type><port>80</port><txt-record>macaddress=00408CABCDEF</txt-record></service>
</service-group>
X
mkdir -p /run/avahi-daemon
unshare -m sh -c "mount --bind $work/services /etc/avahi/services; mount -t tmpfs none /run/avahi-daemon
exec ip netns exec $b avahi-daemon -f $work/avahi.conf --no-drop-root --no-chroot" 2>/dev/null &
sleep 5
for q in "printer-3.local A" "_ipp._tcp.local PTR" "_services._dns-sd._udp.local PTR" "nosuch.local A"; do
	get dig -b 10.77.0.2 @224.0.0.251 -p 5353 +time=1 +tries=1 $q
done

get ping -c 2 10.77.0.1
get ping -c 1 -s 1400 10.77.0.1
get busybox arping -U -c 2 -I wkn-a 10.77.0.2
get busybox arping -D -c 1 -I wkn-a 10.77.0.9
in_b lldpd -d -c -c -l -H 0 -u "$work/lldpd.sock" -I wkn-b -S "Cisco IOS Software, C2960 Software, Version 15.0(2)SE" -P WS-C2960 -M 1 2>/dev/null &
sleep 2
in_b lldpcli -u "$work/lldpd.sock" configure lldp tx-interval 2 >/dev/null
sleep 5

keep() { tshark -r "$work/all.pcap" -Y "$2" -F pcap -w "$out/$1.pcap" 2>/dev/null; }
keep arp "arp || icmpv6"
keep bacnet udp.port==47808
keep cdp cdp
keep dhcp "dhcp || dhcpv6"
keep dns "udp.port==53 || tcp.port==53"
keep icmp "icmp || icmpv6"
keep lldp lldp
keep mdns udp.port==5353
keep modbus tcp.port==502
keep nbns udp.port==137
keep ntp ntp
keep snmp "udp.port==161 || udp.port==162"
keep syslog "udp.port==514 || tcp.port==514 || tcp.port==515"
keep tftp tftp
