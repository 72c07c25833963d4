#!/bin/bash
# Makes testdata/ward.pcapng, the capture that `make run` reads, and testdata/ward.labels.json, the truth about its
# hosts, which testdata/README.md shows as a table.
#
# usage: scripts/sample.sh [FOLDER]     (root, Debian; about two minutes; FOLDER keeps the single captures and logs)
#
# A small hospital in network namespaces: a bridge in a namespace of its own, without an uplink, and one namespace a host
# (scripts/sample/hosts.txt). Real programs talk where there are any, small scripts where there are none. Nothing leaves
# the namespaces; they are removed at the end whatever happens.
set -u
H=$(cd "$(dirname "$0")" && pwd); T=$(cd "$H/../testdata" && pwd); S=$H/sample; PY=/usr/bin/python3
[ "$(id -u)" = 0 ] || { echo "sample.sh: must run as root" >&2; exit 1; }
missing=
for p in Orthanc storescu findscu movescu getscu echoscu storescp wlmscpfs dnsmasq busybox in.telnetd unshare chronyd snmpd snmpget snmpbulkwalk lldpd lldpcli nginx openssl curl smbd \
  smbclient sshd ssh ssh-keygen vsftpd tnftp avahi-daemon slapd slapadd ldapsearch dig logger tcpdump ethtool $PY; do command -v "$p" >/dev/null || missing="$missing $p"; done
$PY -c 'import pydicom, numpy' 2>/dev/null || missing="$missing python3-pydicom python3-numpy"
[ -z "$missing" ] || { echo "sample.sh: missing:$missing
Debian packages: telnetd-ssl orthanc orthanc-dicomweb dcmtk dnsmasq-base busybox chrony snmpd snmp lldpd nginx-light openssl curl samba smbclient openssh-server vsftpd tnftp avahi-daemon slapd ldap-utils dnsutils bsdutils tcpdump ethtool python3-pydicom python3-numpy" >&2; exit 1; }

W=${1:-}; keep=$W; [ -n "$W" ] || W=$(mktemp -d /tmp/sample.XXXXXX); mkdir -p "$W"; W=$(cd "$W" && pwd)
PIDS=(); P=smp   # prefix of the namespaces
hosts() { grep -v '^#' "$S/hosts.txt"; }
down() {
  local p n; trap "" INT TERM   # some services end their whole process group
  for p in $(jobs -p) "${PIDS[@]}"; do kill "$p" 2>/dev/null; done; sleep .3
  for _ in 1 2 3 4 5; do   # a namespace goes when the last process in it is gone
    for n in br $(hosts | cut -d'|' -f1); do
      [ -e "/run/netns/$P$n" ] || continue
      for p in $(ip netns pids "$P$n" 2>/dev/null); do kill -9 "$p" 2>/dev/null; done
      ip netns del "$P$n" 2>/dev/null
    done
    ls /run/netns 2>/dev/null | grep -q "^$P" || break
    sleep .5
  done
  [ -n "$keep" ] || rm -rf "$W"
}
down 2>/dev/null; mkdir -p "$W"   # what a killed run left
trap down EXIT; trap 'exit 1' INT TERM

# --- the network ---
ip netns add ${P}br; ip netns exec ${P}br sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null
ip -n ${P}br link set lo up; ip -n ${P}br link add br0 type bridge group_fwd_mask 16384; ip -n ${P}br link set br0 up   # passes LLDP on
while IFS='|' read -r n ip mac _; do
  ip netns add $P$n; ip netns exec $P$n sysctl -qw net.ipv4.ip_unprivileged_port_start=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 2>/dev/null
  ip -n $P$n link set lo up; ip -n ${P}br link add v$n type veth peer name eth0 netns $P$n
  ip -n $P$n link set eth0 address "$mac"; ip -n $P$n addr add "$ip/16" brd + dev eth0
  ip netns exec $P$n ethtool -K eth0 tx off rx off tso off gso off gro off sg off >/dev/null 2>&1
  ip netns exec ${P}br ethtool -K v$n tx off tso off gso off gro off >/dev/null 2>&1
  ip -n ${P}br link set v$n master br0 up; ip -n $P$n link set eth0 up; ip -n $P$n route add 224.0.0.0/4 dev eth0
done < <(hosts)
addr() { hosts | awk -F'|' -v n="$1" '$1==n{print $2}'; }
mac() { hosts | awk -F'|' -v n="$1" '$1==n{print $3}'; }
name() { local h; h=$(hosts | awk -F'|' -v n="$1" '$1==n{print $NF}' | tr -d ' '); echo "${h:-$1}"; }   # its host name
x() { local n=$1; shift; timeout -k 2 60 ip netns exec $P$n unshare -u sh -c 'hostname "$0"; exec "$@"' "$(name $n)" "$@" >>"$W/$n.log" 2>&1; }   # one command on a host
d() { local n=$1; shift; ip netns exec $P$n setsid unshare -u sh -c 'hostname "$0"; mount -t tmpfs tmpfs /run && : >/run/resolv && mount --bind /run/resolv /etc/resolv.conf; mkdir -p /run/lldpd /run/sshd /run/avahi-daemon /run/vsftpd/empty && exec "$@"' "$(name $n)" "$@" >>"$W/$n.log" 2>&1 & PIDS+=($!); disown; }  # a service on a host, with a /run of its own
talk() { local n=$1; shift; x $n $PY "$S/talk.py" "$@"; }
serve() { local n=$1; shift; d $n $PY "$S/talk.py" "$@"; }

# --- material ---
$PY -W ignore "$S/dicom.py" "$W/dcm" || exit 1
key() { openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "$2" -keyout "$W/$1.key" -out "$W/$1.crt" 2>/dev/null; }
key pacs "/CN=pacs.hospital.example/O=Sample Hospital"; key vent "/CN=5f0a-evita-v800/O=Draegerwerk AG"; key oct "/CN=cirrus.hospital.example/O=Carl Zeiss Meditec"
mkdir -p "$W/ca/new"; touch "$W/ca/index"; echo 01 >"$W/ca/serial"   # openssl ca can sign for the past
printf '[ca]\ndefault_ca=c\n[c]\ndatabase=%s/ca/index\nserial=%s/ca/serial\nnew_certs_dir=%s/ca/new\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\norganizationName=optional\n' "$W" "$W" "$W" >"$W/ca/conf"
openssl req -new -newkey rsa:2048 -nodes -subj "/CN=alaris-asm.hospital.example/O=CareFusion" -keyout "$W/old.key" -out "$W/old.csr" 2>/dev/null
openssl ca -batch -config "$W/ca/conf" -selfsign -keyfile "$W/old.key" -in "$W/old.csr" -out "$W/old.crt" -startdate 20160101000000Z -enddate 20190101000000Z -notext 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -f "$W/hostkey"; ssh-keygen -q -t ed25519 -N '' -f "$W/userkey"; cp "$W/userkey.pub" "$W/authorized"
. "$S/services.sh"
. "$S/traffic.sh"

begin=$(date +%s)
ip netns exec ${P}br tcpdump -q -i br0 -s0 -B 65536 -U -w "$W/lan.pcap" 2>"$W/tcpdump.log" & TD=$!; PIDS+=($TD)
for _ in $(seq 50); do grep -q listening "$W/tcpdump.log" && break; sleep .1; done
start_services
for _ in $(seq 60); do x radws echoscu -aet RADWS -aec PACS 10.77.1.10 104 && break; sleep .5; done
traffic
sleep 2; kill -INT $TD; wait $TD; tail -3 "$W/tcpdump.log"

# --- one file: the bridge, and the radio as a second interface ---
$PY "$S/ble.py" "$W/ble.pcap" $((begin + 20)) || exit 1
$PY "$S/join.py" "$W/ward.pcapng" ward="$W/lan.pcap" radio="$W/ble.pcap" || exit 1
size=$(stat -c %s "$W/ward.pcapng")
[ "$size" -gt 1000000 ] && [ "$size" -le 8000000 ] || { echo "sample.sh: $size bytes is not the size of a good sample; testdata is left as it was (logs: run again with a FOLDER)" >&2; exit 1; }
$PY "$S/labels.py" "$S" "$T/ward.labels.json" "$T/README.md" && cp "$W/ward.pcapng" "$T/ward.pcapng" && ls -l "$T"
