#!/bin/bash
# Makes the captures in this folder with dcmtk and Orthanc, in two network
# namespaces of its own (as root). usage: make.sh [FOLDER FOR WORK]
# Debian packages: dcmtk orthanc tcpdump iproute2 python3-pydicom curl
set -eu
H=$(cd "$(dirname "$0")"; pwd); W=${1:-$(mktemp -d)}; mkdir -p "$W"; cd "$W"
A=dicom-scu B=dicom-scp; PIDS=()
down() { for p in "${PIDS[@]}"; do kill "$p" 2>/dev/null || true; done; sleep 1; ip netns del $A || true; ip netns del $B || true; }
trap down EXIT
ip netns add $A; ip netns add $B
ip link add dcmv0 netns $A type veth peer name dcmv1 netns $B
ip -n $A link set dcmv0 address 08:00:06:aa:00:11; ip -n $B link set dcmv1 address 00:50:56:01:01:10
ip -n $A addr add 10.77.0.11/24 dev dcmv0; ip -n $B addr add 10.77.0.10/24 dev dcmv1
for n in $A $B; do ip -n $n link set lo up; done
ip -n $A link set dcmv0 up; ip -n $B link set dcmv1 up
scu() { timeout 30 ip netns exec $A "$@"; }
scp() { ip netns exec $B "$@" >>"$W/log" 2>&1 & PIDS+=($!); }
capture() { ip netns exec $B tcpdump -q -U -i dcmv1 -s0 -w "$W/$1.pcap" tcp 2>"$W/tcpdump.log" & TD=$!; for _ in $(seq 50); do grep -q listening "$W/tcpdump.log" && break; sleep .1; done; }
keep() { sleep 1; kill -INT $TD; wait $TD || true; cp "$W/$1.pcap" "$H/$1.pcap"; chmod 644 "$H/$1.pcap"; }
/usr/bin/python3 "$H/objects.py" "$W/o"
P="10.77.0.10 104"

for n in b a; do
  d=$W/orthanc-$n; mkdir -p "$d/wl"
  if [ $n = b ]; then aet=PACS port=104 peer='"OTHER":["OTHER","10.77.0.11",4242],"CT1":["CT1","10.77.0.11",11112]'; else aet=OTHER port=4242 peer='"PACS":["PACS","10.77.0.10",104]'; fi
  cat >"$d.json" <<J
{"Name":"$aet","StorageDirectory":"$d","IndexDirectory":"$d","DicomAet":"$aet","DicomPort":$port,"HttpPort":8042,"RemoteAccessAllowed":true,"AuthenticationEnabled":false,
"DicomModalities":{$peer},"DicomAlwaysAllowFind":true,"DicomAlwaysAllowMove":true,"DicomAlwaysAllowGet":true,"DicomCheckCalledAet":false,"Plugins":[]}
J
done
scp Orthanc "$W/orthanc-b.json"
ip netns exec $A Orthanc "$W/orthanc-a.json" >>"$W/log" 2>&1 & PIDS+=($!)
mkdir -p "$W/wl/RIS"; dump2dcm --version >/dev/null; cp "$W/o/worklist.dcm" "$W/wl/RIS/1.wl"; touch "$W/wl/RIS/lockfile"
scp wlmscpfs -dfp "$W/wl" 11113
scp storescp --ignore --refuse 11114
scp storescp --ignore --abort-after 11115
scp storescp --ignore +xa 11116
scp storescp --ignore +xd 11118
scp storescp --ignore +xb 11117
for _ in $(seq 50); do scu echoscu -aet CT1 -aec PACS $P 2>/dev/null && break; sleep .2; done

capture store
scu echoscu -aet CT1 -aec PACS $P
scu storescu -R -aet CT1 -aec PACS $P "$W/o/ct.dcm" "$W/o/ct2.dcm"
scu storescu -R -xi -aet MR1 -aec PACS -pdu 4096 --max-send-pdu 4096 $P "$W/o/mr.dcm"
scu storescu -R -xd -aet SR1 -aec RPT 10.77.0.10 11118 "$W/o/sr.dcm"
scu storescu -R -xb -aet MR1 -aec BIG 10.77.0.10 11117 "$W/o/mr.dcm"
dcmcrle "$W/o/ct.dcm" "$W/o/ctrle.dcm"
scu storescu -R -xr -aet CT1 -aec ALL 10.77.0.10 11116 "$W/o/ctrle.dcm"
scu storescu -R -aet TPS1 -aec PACS $P "$W/o/plan.dcm" "$W/o/record.dcm"
keep store

capture query
F="scu findscu -aet WS1 -aec PACS -S"
$F -k QueryRetrieveLevel=STUDY -k PatientName='CAN*' -k PatientID -k StudyInstanceUID -k AccessionNumber $P
$F -k QueryRetrieveLevel=STUDY -k PatientName='*' -k PatientID -k StudyInstanceUID -k StudyDate $P
$F -k QueryRetrieveLevel=STUDY -k PatientID=MRN00001 -k StudyInstanceUID $P
scu findscu -aet CT1 -aec RIS -W -k ScheduledProcedureStepSequence[0].Modality=CT -k ScheduledProcedureStepSequence[0].ScheduledStationAETitle=CT1 -k PatientName -k PatientID -k AccessionNumber 10.77.0.10 11113
mkdir -p "$W/got"
scu movescu -aet CT1 -aec PACS -aem CT1 +P 11112 -od "$W/got" -S -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.10.999.2.1 $P
scu getscu -aet WS1 -aec PACS -od "$W/got" -S -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.10.999.2.2 $P
scu movescu -aet WS1 -aec PACS -aem NOWHERE -S -k QueryRetrieveLevel=STUDY -k StudyInstanceUID=1.2.826.0.1.3680043.10.999.2.1 $P || true
keep query

capture refuse
scu storescu -R -aet CT1 -aec NOBODY 10.77.0.10 11114 "$W/o/ct.dcm" || true
scu storescu -R -aet CT1 -aec ABORT 10.77.0.10 11115 "$W/o/mr.dcm" || true
scu echoscu -aet CT1 -aec PACS --abort $P
scu storescu -R -aet CT1 -aec PACS -usr annab -pwd s3cret $P "$W/o/mr.dcm"
scu storescu -R -xs -aet CT1 -aec BIG 10.77.0.10 11117 "$W/o/mr.dcm" || true
keep refuse

capture commit
scu curl -s -o /dev/null -X POST http://10.77.0.11:8042/instances --data-binary @"$W/o/ct.dcm"
I=$(scu curl -s http://10.77.0.11:8042/instances | tr -d '[]", \n')
scu curl -s -o /dev/null -X POST http://10.77.0.11:8042/modalities/PACS/store -d "$I"
scu curl -s -o /dev/null -X POST http://10.77.0.11:8042/modalities/PACS/storage-commitment -d "{\"DicomInstances\":[[\"1.2.840.10008.5.1.4.1.1.2\",\"1.2.826.0.1.3680043.10.999.1.1\"],[\"1.2.840.10008.5.1.4.1.1.2\",\"1.2.3.4.5.6\"]]}"
sleep 3
keep commit
