# What the sample's hosts do. Sourced by sample.sh.
FTP() { printf 'open %s\nuser anonymous device@hospital.example\nbinary\nput %s %s\nquit\n' "$2" "$3" "$4" | timeout 20 ip netns exec $P$1 tnftp -n >>"$W/$1.log" 2>&1; }
store() { local n=$1 ae=$2; shift 2; x $n storescu -aet $ae -aec PACS +sd 10.77.1.10 104 "$W/dcm/$n" "$@"; }

devices_start() { # every device asks for its address, a name and the time
  while IFS='|' read -r n ip mac c mk mo so made vendor host; do
    case $ip in 10.77.[01].*) continue;; esac; case $n in ups|plc|hvac) continue;; esac   # servers have fixed addresses
    x $n busybox udhcpc -B -f -n -q -t 2 -T 1 -i eth0 -s /bin/true -r "$ip" ${host:+-x hostname:$(tr -d ' ' <<<"$host")} -V "$vendor" &
    sleep .15
  done < <(hosts)
  wait $!; sleep 1
  for n in ct mr us pcu spacecom vent printer camera radws wardpc tablet pyxis chem; do
    x $n dig @10.77.1.5 +tries=1 +time=1 pacs.hospital.example engine.hospital.example _dicom._tcp.hospital.example SRV
    x $n $PY -c 'import socket; s=socket.socket(2,2); s.settimeout(1); s.sendto(b"\x23"+b"\0"*47,("10.77.1.5",123)); s.recv(64)'
  done
}
imaging() {
  x ct findscu -W -aet CT1 -aec RIS 10.77.1.31 104 -k PatientName -k PatientID -k PatientBirthDate -k AccessionNumber -k 'ScheduledProcedureStepSequence[0].Modality=CT' -k 'ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate' -k 'ScheduledProcedureStepSequence[0].ScheduledStationAETitle=CT1'
  store ct CT1; store mr MR1; store us US1; store dx DX1; store pet PET1; store endo ENDO3; store oct CIRRUS1; store ecg MAC55; store rt ECL1
  x mg storescu -aet MAMMO1 -aec PACS 10.77.1.10 104 "$W/dcm/mg/00.dcm"; x mg storescu -aet MAMMO1 -aec PACSTLS +tla -ic +sd 10.77.1.10 2762 "$W/dcm/mg"
  for p in 7734019001 7734019002 7734019003; do
    x radws findscu -aet RADWS -aec PACS -S -k QueryRetrieveLevel=STUDY -k PatientName='VORLAGENBERG*' -k PatientID=$p -k StudyInstanceUID -k ModalitiesInStudy -k AccessionNumber 10.77.1.10 104; done
  x radws movescu -aet RADWS -aec PACS -aem RADWS -P -k QueryRetrieveLevel=PATIENT -k PatientID=7734019001 10.77.1.10 104
  mkdir -p "$W/got"; x radws getscu -aet RADWS -aec PACS -od "$W/got" -P -k QueryRetrieveLevel=PATIENT -k PatientID=7734019002 10.77.1.10 104
  x radws echoscu -aet RADWS -aec NOSUCH 10.77.1.10 104; x radws echoscu -aet RADWS -aec PACS 10.77.1.10 104
  local web=http://10.77.1.10:8042
  x radws curl -s -o /dev/null -A 'OHIF/3.8' "$web/dicom-web/studies"; x radws curl -s -u radws:vorlagen-geheim-2026 -o /dev/null -A 'OHIF/3.8' "$web/dicom-web/studies?PatientID=7734019001&includefield=00081030"
  x radws curl -s -u radws:vorlagen-geheim-2026 -o "$W/qido" -A 'OHIF/3.8' "$web/dicom-web/studies?PatientName=Vorlagenberg*"; x radws curl -s -u radws:vorlagen-geheim-2026 -o /dev/null "$web/patients" "$web/studies?expand"
  for i in $(x radws curl -s -u radws:vorlagen-geheim-2026 -o "$W/inst" "$web/instances"; tr -d '[]", ' <"$W/inst" | head -3); do x radws curl -s -u radws:vorlagen-geheim-2026 -o /dev/null "$web/instances/$i/simplified-tags" "$web/instances/$i/file"; done
}
messages() {
  local send="$PY $S/hl7.py send"
  x his $send 10.77.1.15 2575 his & x lis $send 10.77.1.15 2575 lis & x ris $send 10.77.1.15 2575 ris & x pumpsrv $send 10.77.1.15 2575 pumps &
  local last=$!; x capsule $send 10.77.1.15 2575 capsule; x dialysis $send 10.77.1.15 2575 dialysis; x bga $send 10.77.1.30 2575 bga; x istat $send 10.77.1.30 2575 istat
  x carelink $send 10.77.1.20 2575 carelink; x his $send 10.77.1.60 6661 piv; x engine $send 10.77.1.20 2575 engine; wait $last
  talk chem astm 10.77.1.30 12000 chem; talk hema astm 10.77.1.30 12000 hema
  x tablet curl -s -o /dev/null -A 'EpicHaiku/11.2 (iPad; iOS 17.1) CFNetwork/1474' 'http://10.77.1.21/fhir/Patient?family=Vorlagenberg' http://10.77.1.21/fhir/Observation/o1; x engine curl -s -o /dev/null -A 'HAPI-FHIR/6.8.0 (FHIR Client; FHIR 4.0.1/R4; apache)' http://10.77.1.21/fhir/metadata
  for i in 1 2 3; do x engine curl -s -o /dev/null -A 'HAPI-FHIR/6.8.0 (FHIR Client; FHIR 4.0.1/R4; apache)' -H 'Content-Type: application/fhir+json' -d '{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"http://loinc.org","code":"8867-4"}]},"subject":{"reference":"Patient/v1","display":"Vorlagenberg, Aurelinda"},"valueQuantity":{"value":7'$i',"unit":"/min"}}' http://10.77.1.21/fhir/Observation; done
}
ward() {
  talk ge1 rwhat 10.77.4.13 2 & talk cic unitytime 10.77.4.14 & talk piic export 10.77.4.11 12 & talk piic export 10.77.4.12 12 & talk capsule probe 10.77.1.62 & talk capsule medibusask 10.77.4.22 4001 &
  talk pcu opaque 10.77.1.61 3613 pcu
  x pcu curl -s -o /dev/null -A 'Alaris PCU 8015/9.33' http://10.77.1.61/; x wardpc curl -sk -o /dev/null https://10.77.1.61/ 
  x defib curl -s -o /dev/null -A 'ZOLL X Series/02.34' --data-binary @"$W/dcm/ecg/00.dcm" -H 'Content-Type: application/octet-stream' http://10.77.4.15/upload; x bed curl -s -o /dev/null -A 'Stryker iBed Wireless/2.1' "http://10.77.6.30/bed?patient=Vorlagenberg&exit=armed"
  for a in 10.77.4.21 10.77.4.23; do x capsule curl -sk -o /dev/null "https://$a:6464/"; done
  for a in 10.77.4.13 10.77.4.32; do timeout 10 ip netns exec ${P}wardpc sh -c "(sleep 2; printf 'wartung\r\n'; sleep 1; printf 'vorlagen-geheim-2026\r\n'; sleep 1; printf 'status Vorlagenberg\r\n'; sleep 1) | unshare -u telnet -E $a" >>"$W/wardpc.log" 2>&1; done
  head -c 20000 /dev/urandom >"$W/ecg.xml"; FTP ecg 10.77.1.50 "$W/ecg.xml" in/VORLAGENBERG_Aurelinda_7734019001.xml; FTP pumpsrv 10.77.4.32 "$W/fhir/metadata" in/druglib.bin
  talk radws vncask 10.77.2.20; talk radws rdpask 10.77.3.31
  for h in 10.77.1.60 10.77.1.62 10.77.4.15 10.77.4.14 10.77.4.33 10.77.4.22 10.77.4.51 10.77.1.51:5000 10.77.6.10:631; do x wardpc curl -s -o /dev/null -A 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36' "http://$h/"; done
  for h in 10.77.6.30 10.77.6.20; do x wardpc curl -s -o /dev/null -u admin:vorlagen-geheim-2026 -A 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36' "http://$h/admin" ; done
  x programmer curl -sk -o /dev/null -A 'Medtronic CareLink 2090' https://10.77.1.61/; x radws sh -c "echo Q | openssl s_client -tls1 -cipher 'ALL:@SECLEVEL=0' -connect 10.77.2.21:8443"
  wait
}
office() {
  local smb="smbclient -N -s $W/smb.files/conf"
  head -c 15000 /dev/urandom >"$W/Befund.pdf"
  x wardpc $smb //10.77.1.50/reports -c "put $W/Befund.pdf Befund_Vorlagenberg_7734019002.pdf; get scan.bin /dev/null; ls"; x pyxis $smb //10.77.1.50/reports -c "put $W/fhir/metadata inventory.csv; ls"
  x oct smbclient -N -s "$W/smb.archive/conf" --option='client min protocol=NT1' --option='client max protocol=NT1' //10.77.1.51/reports -c "put $W/Befund.pdf OCT_Vorlagenberg.pdf; get scan.bin /dev/null; ls"
  x wardpc ssh -n -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i "$W/userkey" root@10.77.1.50 true
  x wardpc ldapsearch -x -H ldap://10.77.1.5 -D cn=admin,dc=hospital,dc=example -w vorlagen-geheim-2026 -b dc=hospital,dc=example '(sn=Prangelhofer)'
  printf 'From: ward@hospital.example\r\nTo: ottokar.prangelhofer@hospital.example\r\nSubject: Vorlagenberg, Aurelinda, 17.03.1931\r\n\r\nPlease look at 7734019001.\r\n' >"$W/mail"
  x wardpc curl -s smtp://10.77.1.5 --mail-from ward@hospital.example --mail-rcpt ottokar.prangelhofer@hospital.example -T "$W/mail"
  for n in pcu switch printer nport; do x $n logger -n 10.77.1.5 -P 514 -d --rfc3164 -t "${n}d" "session of Prangelhofer opened"; done
  x pacs logger -n 10.77.1.5 -P 514 -d --rfc5424 --size 4096 -t PACS --msgid IHE+RFC-3881 '<?xml version="1.0" encoding="UTF-8"?><AuditMessage><EventIdentification EventActionCode="R" EventDateTime="2026-09-01T10:15:00Z" EventOutcomeIndicator="0"><EventID csd-code="110103" codeSystemName="DCM" originalText="DICOM Instances Accessed"/></EventIdentification><ActiveParticipant UserID="Prangelhofer" UserName="Ottokar Prangelhofer" UserIsRequestor="true" NetworkAccessPointID="10.77.3.21" NetworkAccessPointTypeCode="2"/><AuditSourceIdentification AuditSourceID="PACS"/><ParticipantObjectIdentification ParticipantObjectID="7734019001" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"><ParticipantObjectIDTypeCode csd-code="2" codeSystemName="RFC-3881"/><ParticipantObjectName>Vorlagenberg^Aurelinda</ParticipantObjectName></ParticipantObjectIdentification></AuditMessage>'
  for h in 10.77.0.1 10.77.0.2 10.77.1.60 10.77.4.22 10.77.6.10 10.77.6.11 10.77.6.50; do x dc snmpget -v2c -c public -t 1 -r 0 $h 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.2.0 1.3.6.1.2.1.1.4.0 1.3.6.1.2.1.1.5.0 1.3.6.1.2.1.25.3.2.1.3.1; x dc snmpbulkwalk -v2c -c public -t 1 -r 0 $h 1.3.6.1.2.1.2; done
  talk wardpc post 10.77.6.10 9100 '\x1b%-12345X@PJL JOB NAME="Befund Vorlagenberg"\r\n@PJL INFO ID\r\n\x1b%-12345X'; talk chem post 10.77.6.11 9100 '^XA^FO20,20^FDVorlagenberg 7734019003^FS^XZ'
  talk dc modbusask 10.77.6.61; talk dc bacnetask 10.77.6.60 770660
  talk phone cdp "$(mac phone)" SEP00070E770640 'Cisco IP Phone 7911' 'SCCP11.9-4-2SR3-1S' 'Port 1'; talk phone register 10.77.6.40 10.77.1.5 'Cisco-CP7911G/9.4.2' 4711; talk nursecall register 10.77.6.30 10.77.1.5 'Rauland Responder 5' 4700
  talk tablet mdns 10.77.3.41 vorlagenberg-iPad J171AP; talk wardpc search 10.77.3.31
  for n in wardpc tablet; do talk $n claim 10.77.9.99 "$(mac $n)"; done   # two that claim one address
}
traffic() { devices_start; imaging & local i=$!; messages & local m=$!; ward & local w=$!; office & local o=$!; wait $i $m $w $o; sleep 4; }
