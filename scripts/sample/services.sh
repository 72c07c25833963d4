# The services of the sample's hosts. Sourced by sample.sh.
snmp() { # host, sysName, sysObjectID, sysDescr, more lines
  printf 'rocommunity public\nagentAddress udp:%s:161\nsysName %s\nsysContact Ottokar Prangelhofer\nsysLocation ICU\nsysObjectID %s\nsysDescr %s\n%b\n' "$(addr $1)" "$2" "$3" "$4" "${5:-}" >"$W/snmp.$1"
  mkdir -p "$W/snmpd.$1"; d $1 env SNMP_PERSISTENT_DIR="$W/snmpd.$1" snmpd -f -Lo -C -c "$W/snmp.$1" -p "$W/snmpd.$1/pid" -I -smux
}
samba() { # host, name, lowest protocol
  mkdir -p "$W/smb.$1/share" "$W/smb.$1/lib/nc"; head -c 60000 /dev/urandom >"$W/smb.$1/share/scan.bin"
  printf '[global]\nnetbios name = %s\nserver role = standalone server\nmap to guest = Bad User\nserver min protocol = %s\nlanman auth = no\nntlm auth = yes\ndisable spoolss = yes\nload printers = no\n' "$2" "$3" >"$W/smb.$1/conf"
  for k in "private dir" "lock directory" "state directory" "cache directory" "pid directory"; do echo "$k = $W/smb.$1/lib" >>"$W/smb.$1/conf"; done
  printf 'ncalrpc dir = %s/lib/nc\nlog file = %s/smb.%s.log\n[reports]\npath = %s/share\nguest ok = yes\nread only = no\nforce user = root\n' "$W/smb.$1" "$W" "$1" "$W/smb.$1" >>"$W/smb.$1/conf"
  d $1 smbd -F --no-process-group -s "$W/smb.$1/conf"
}
avahi() { # host, host name, service lines (type port txt...)
  local n=$1 name=$2; shift 2; mkdir -p "$W/avahi.$n/services"
  printf '[server]\nhost-name=%s\nuse-ipv6=no\nenable-dbus=no\nallow-interfaces=eth0\n[publish]\npublish-workstation=%s\npublish-hinfo=no\n' "$name" "$([ $# = 0 ] && echo yes || echo no)" >"$W/avahi.$n/conf"
  while [ $# -gt 0 ]; do
    local type=$1 port=$2; shift 2
    { echo "<?xml version=\"1.0\"?><service-group><name>$(cat "$W/avahi.$n/title" 2>/dev/null || echo "$name")</name><service><type>$type</type><port>$port</port>"
      while [ $# -gt 0 ] && [ "$1" != -- ]; do echo "<txt-record>$1</txt-record>"; shift; done; echo '</service></service-group>'; } >"$W/avahi.$n/services/$type.service"
    [ $# -gt 0 ] && shift
  done
  d $n sh -c "mount --bind '$W/avahi.$n/services' /etc/avahi/services && exec avahi-daemon -f '$W/avahi.$n/conf' --no-drop-root --no-chroot --no-rlimits"
}
telnetd() { printf '#!/bin/sh\nprintf "%s\\r\\nlogin: "; read u; printf "Password: "; read p; printf "\\r\\n# "; read c; sleep 1\n' "$2" >"$W/login.$1"; chmod +x "$W/login.$1"; d $1 in.telnetd -debug 23 -h -L "$W/login.$1"; }
hl7() { local n=$1; shift; d $n $PY "$S/hl7.py" receive "$@"; }
tls() { local n=$1 port=$2 k=$3; shift 3; d $n openssl s_server -quiet -accept "$port" -cert "$W/$k.crt" -key "$W/$k.key" -www "$@"; }

start_services() {
  local h ranges=
  # the hospital's network services
  while IFS='|' read -r n ip mac _; do ranges="$ranges --dhcp-host=$mac,$ip --address=/$n.hospital.example/$ip --ptr-record=$(awk -F. '{print $4"."$3"."$2"."$1}' <<<"$ip").in-addr.arpa,$n.hospital.example"; done < <(hosts)
  d dc dnsmasq -k -C /dev/null --no-resolv --no-hosts -u root --bind-interfaces --interface=eth0 --pid-file="$W/dnsmasq.pid" --dhcp-leasefile="$W/leases" --dhcp-range=10.77.9.10,10.77.9.250,1h \
    --dhcp-option=3,10.77.0.1 --dhcp-option=15,hospital.example --dhcp-authoritative --srv-host=_dicom._tcp.hospital.example,pacs.hospital.example,104 $ranges
  printf 'local stratum 8\nallow 10.77.0.0/16\ncmdport 0\npidfile %s/chrony.pid\ndriftfile %s/chrony.drift\n' "$W" "$W" >"$W/chrony.conf"; d dc chronyd -u root -x -d -f "$W/chrony.conf"
  mkdir -p "$W/ldap"; printf 'include /etc/ldap/schema/core.schema\ninclude /etc/ldap/schema/cosine.schema\ninclude /etc/ldap/schema/inetorgperson.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix "dc=hospital,dc=example"\nrootdn "cn=admin,dc=hospital,dc=example"\nrootpw vorlagen-geheim-2026\ndirectory %s/ldap\n' "$W" >"$W/slapd.conf"
  printf 'dn: dc=hospital,dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: hospital\no: Sample Hospital\n\ndn: uid=oprangel,dc=hospital,dc=example\nobjectClass: inetOrgPerson\nuid: oprangel\ncn: Ottokar Prangelhofer\nsn: Prangelhofer\n' | slapadd -f "$W/slapd.conf" >>"$W/dc.log" 2>&1
  d dc slapd -d 0 -f "$W/slapd.conf" -h ldap://10.77.1.5/
  serve dc smtp 25; serve dc sip 5060; serve dc sinkudp 514
  # imaging
  cat >"$W/orthanc.json" <<O
{"Name":"SAMPLE PACS","StorageDirectory":"$W/odb","IndexDirectory":"$W/odb","DicomAet":"PACS","DicomPort":104,"HttpPort":8042,"RemoteAccessAllowed":true,"AuthenticationEnabled":true,"RegisteredUsers":{"radws":"vorlagen-geheim-2026"},
"DicomModalities":{"RADWS":["RADWS","10.77.3.21",11112]},"DicomAlwaysAllowFind":true,"DicomAlwaysAllowMove":true,"DicomAlwaysAllowGet":true,"DicomAlwaysAllowStore":true,"ConcurrentJobs":1,
"Plugins":["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"],"DicomWeb":{"Enable":true,"Root":"/dicom-web/"}}
O
  mkdir -p "$W/odb" "$W/tlsin" "$W/moved"; d pacs Orthanc "$W/orthanc.json"
  (cd "$W/tlsin" && d pacs storescp -ic +tls "$W/pacs.key" "$W/pacs.crt" --ignore 2762)
  d radws storescp -aet RADWS --ignore 11112
  d ris wlmscpfs -s -dfp "$W/dcm/wl" 104
  tls oct 8443 oct -tls1 -cipher 'ALL:@SECLEVEL=0'; serve endo vnc 5900
  # records and messages
  hl7 engine 2575 MIRTH; hl7 his 2575 EPIC; hl7 lis 2575 LAB; hl7 pumpsrv 6661 ONLINESUITE; hl7 carelink 2575 CARELINK
  serve lis astmhost 12000
  mkdir -p "$W/fhir"; $PY "$S/people.py" >"$W/fhir/Patients"
  printf '{"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"2708-6"}]},"subject":{"reference":"Patient/v1"},"valueQuantity":{"value":97,"unit":"%%"}}' >"$W/fhir/Observation"
  printf '{"resourceType":"CapabilityStatement","status":"active","kind":"instance","fhirVersion":"4.0.1","software":{"name":"HAPI FHIR Server","version":"6.8.0"},"format":["json"]}' >"$W/fhir/metadata"
  cat >"$W/nginx.conf" <<N
daemon off; pid $W/nginx.pid; error_log $W/nginx.err; worker_processes 1; events{worker_connections 64;}
http{ access_log off; default_type application/fhir+json; client_body_temp_path $W; server{ listen 80; add_header X-Powered-By "HAPI FHIR 6.8.0 REST Server (FHIR Server; FHIR 4.0.1/R4)";
 location = /fhir/Patient { alias $W/fhir/Patients; } location = /fhir/metadata { alias $W/fhir/metadata; } location /fhir/Observation { if (\$request_method = POST) { return 201 '{"resourceType":"Observation","id":"o2","status":"final"}'; } alias $W/fhir/Observation; } } }
N
  d fhir nginx -c "$W/nginx.conf"
  # files
  samba files FILES SMB2_02; samba archive ARCHIVE NT1
  printf 'Port 22\nListenAddress 10.77.1.50\nHostKey %s/hostkey\nAuthorizedKeysFile %s/authorized\nStrictModes no\nUsePAM no\nPidFile %s/sshd.pid\nPermitRootLogin yes\n' "$W" "$W" "$W" >"$W/sshd.conf"; d files /usr/sbin/sshd -D -f "$W/sshd.conf"
  serve archive web 5000 "Synology DiskStation - ARCHIVE" nginx
  # gateways and servers of device makers
  serve pumpsrv web 80 "B. Braun OnlineSuite" "Apache/2.4.41 (Win64)"; serve capsule web 80 "Capsule SmartLinx Neuron 2" lighttpd/1.4.35; serve piic web 80 "Philips IntelliVue Information Center iX C.03" Microsoft-IIS/10.0
  serve cic web 80 "GE CIC Pro Clinical Information Center" "Apache/1.3.27"; serve alarissrv web 80 "BD Alaris Systems Manager" Microsoft-IIS/8.5; serve alarissrv sink 3613 ok; tls alarissrv 443 old -tls1_2
  # the ward
  serve mon1 monitor 10.77.4.11 "$(mac mon1)" "IntelliVue MX800" DE77004711 M.04.01 0; serve mon2 monitor 10.77.4.12 "$(mac mon2)" "IntelliVue MP70" DE77004712 J.10.50 1
  telnetd ge1 'CARESCAPE B650'; telnetd spectrum 'Sigma Spectrum WBM v20D29'
  mkdir -p "$W/ftp/in"; chmod 755 "$W" "$W/ftp"; chmod 777 "$W/ftp/in"; printf 'listen=YES\nbackground=NO\nanonymous_enable=YES\nanon_root=%s/ftp\nanon_upload_enable=YES\nwrite_enable=YES\nno_anon_password=YES\nftp_username=daemon\nsecure_chroot_dir=%s/ftp\nseccomp_sandbox=NO\nxferlog_enable=NO\n' "$W" "$W" >"$W/vsftpd.conf"
  cp "$W/vsftpd.conf" "$W/vsftpd.muse.conf"; echo 'ftpd_banner=Sigma Spectrum WBM v20D29 FTP server' >>"$W/vsftpd.conf"; d spectrum vsftpd "$W/vsftpd.conf"; d files vsftpd "$W/vsftpd.muse.conf"
  serve spacecom web 80 "SpaceCom" "SpaceCom/012U000061"
  tls vent 6464 vent -tls1_2; tls anaes 6464 vent
  serve nport medibus 4001; serve nport web 80 "NPort Web Console" MoxaHttp/1.0
  serve pyxis web 80 "BD Pyxis MedStation ES" Microsoft-IIS/10.0
  serve nursecall web 80 "Rauland Responder 5" "Apache-Coyote/1.1" "Responder 5"; serve nursecall sip 5060
  serve wardpc rdp 3389
  # buildings and networks
  serve plc modbus 502; serve hvac bacnet 770660 5 "MS-NAE5510-2" "Johnson Controls" 10.1
  snmp printer HPLJ-ICU 1.3.6.1.4.1.11.2.3.9.1 'HP ETHERNET MULTI-ENVIRONMENT,SN:CNB77,FN:2A,SVCID:1,PID:HP LaserJet M507' 'override 1.3.6.1.2.1.25.3.2.1.3.1 octet_str "HP LaserJet M507"'
  snmp label ZBR-LAB 1.3.6.1.4.1.10642.1.1 'Zebra Technologies ZTC ZD410-203dpi ZPL'; snmp nport NP5110 1.3.6.1.4.1.8691.2.7 'NPort 5110'
  snmp switch sw-icu-1 1.3.6.1.4.1.9.1.1208 'Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(2)E6, RELEASE SOFTWARE (fc1)'
  snmp ups ups-icu 1.3.6.1.4.1.318.1.3.27 'APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.0 PN:apc_hw05_aos_640.bin AF1:v6.4.0 MN:AP9630 HR:08 SN: ZA77 MD:07/07/2015)'
  snmp fw fw-1 1.3.6.1.4.1.12356.101.1.1000 'FortiGate-100E'; snmp pumpsrv infusion-gw 1.3.6.1.4.1.8072.3.2.10 'B. Braun OnlineSuite AP 3.1'
  serve printer sink 9100 ''; serve printer web 631 "HP LaserJet M507" "HP HTTP Server; HP LaserJet M507 - 1PV87A"; serve label sink 9100 ''
  mkdir -p "$W/avahi.printer" "$W/avahi.camera"; echo 'HP LaserJet M507' >"$W/avahi.printer/title"; echo 'AXIS P3225-LV' >"$W/avahi.camera/title"
  avahi printer HPLJ-ICU _ipp._tcp 631 'ty=HP LaserJet M507' 'product=(HP LaserJet M507)' 'usb_MFG=HP' 'usb_MDL=LaserJet M507' 'note=station of Prangelhofer' -- _pdl-datastream._tcp 9100 'ty=HP LaserJet M507'
  avahi camera axis-accc8e770620 _axis-video._tcp 80 'macaddress=ACCC8E770620' -- _http._tcp 80; avahi wardpc WARD-PC-07
  serve camera ssdp 10.77.6.20 urn:axis-com:service:BasicService:1 'Linux/4.9 UPnP/1.0 AXIS P3225-LV Network Camera/9.70'; serve camera web 80 "AXIS P3225-LV Network Camera" Apache/2.4.46 AXIS_ACCC8E770620
  serve printer ssdp 10.77.6.10 urn:schemas-upnp-org:device:Printer:1 'HP LaserJet M507 UPnP/1.0'
  printf 'configure lldp tx-interval 4\nconfigure system hostname sw-icu-1\n' >"$W/lldpd.conf"; d switch lldpd -O "$W/lldpd.conf" -d -c -S 'Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(2)E6, RELEASE SOFTWARE (fc1)' -m 10.77.0.2 -I eth0 -P 'cisco WS-C2960X-24TS-L' -H 1 -k
  d vent $PY "$S/talk.py" sdc 10.77.4.21 Dräger "Evita V800" ASLB0021 70001; d anaes $PY "$S/talk.py" sdc 10.77.4.23 Dräger "Perseus A500" ASLC0042 70637
}
