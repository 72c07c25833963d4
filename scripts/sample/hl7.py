"""HL7 v2 over MLLP.

hl7.py receive PORT [HL7 application]         accepts and acknowledges
hl7.py send HOST PORT SYSTEM                  sends what SYSTEM says in the sample
"""
import random
import re
import socket
import sys
import threading
import time

from people import FAMILY, PATIENTS, STAFF

rng = random.Random(11)
NOW = "20260901101500+0000"


def pid(p, style=0):
    given, mrn, birth, sex = p
    return f"PID|1||{mrn}^^^HOSP^MR||{FAMILY}^{given}^^^^^L||{birth}|{sex}|||Kieselweg 47b^^Musterstadt^^00000"


def head(app, facility, to, kind, n, version="2.5.1", profile=""):
    return f"MSH|^~\\&|{app}|{facility}|{to}|HOSP|{NOW}||{kind}|{app[:4].strip('^')}{n:06d}|P|{version}|||AL|NE||UNICODE UTF-8|||{profile}"


VISIT = f"PV1|1|I|ICU^R4^B2|||||{STAFF}^{STAFF}^Ottokar^^^Dr||||||||||||V7734"


def his():
    n = 0
    for p in PATIENTS:
        for event in ("A01", "A08", "A02", "A03"):
            n += 1
            yield [head("EPIC", "HOSP", "MIRTH", f"ADT^{event}^ADT_A01", n), f"EVN|{event}|{NOW}|||{STAFF}", pid(p), f"NK1|1|{FAMILY}^Egon|SPO", VISIT, "AL1|1|DA|1191^Aspirin^RXN"]
        n += 1
        yield [head("EPIC", "HOSP", "MIRTH", "RDE^O11^RDE_O11", n), pid(p), VISIT, f"ORC|NW|ORD{n:05d}^EPIC||||||||{STAFF}^{STAFF}^Ottokar",
               "RXE||7512^Norepinephrine^RXN|4||43^mg|||||||||||||||||h|12.5|mL/h", "RXR|IV^Intravenous^HL70162"]
        n += 1
        yield [head("EPIC", "HOSP", "MIRTH", "ORM^O01^ORM_O01", n, "2.3"), pid(p), VISIT, f"ORC|NW|ORD{n:05d}^EPIC", f"OBR|1|ORD{n:05d}^EPIC||24331-1^Lipid panel^LN|||{NOW}|||||||||{STAFF}^{STAFF}^Ottokar"]


def piv():
    for n, p in enumerate(PATIENTS[:4]):
        given, mrn, birth, sex = p
        yield [head("EPIC^1.2.840.99999.1^ISO", "HOSP", "ONLINESUITE", "RGV^O15^RGV_O15", n + 1, "2.6", "IHE_PCD_PIV_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.3.1^ISO"), pid(p), VISIT,
               f"ORC|RE|ORD9{n:04d}^EPIC||||||||{STAFF}^{STAFF}^Ottokar", f"RXG|1|||7512^Norepinephrine^RXN|50||263762^MDC_DIM_MILLI_L^MDC||||||||{5 + n}.5|265266^MDC_DIM_MILLI_L_PER_HR^MDC|4|263890^MDC_DIM_MILLI_G^MDC|||||50|263762^MDC_DIM_MILLI_L^MDC",
               "RXR|IV^Intravenous^HL70162|||IVP", f"OBX|1||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.0.0|||||||X|||||||SP-7100{n % 3 + 1}^^00122177AA00000{n % 3 + 1}^EUI-64",
               "OBX|2|NM|68063^MDC_ATTR_PT_WEIGHT^MDC|1.1.0.1|71.5|263875^MDC_DIM_KILO_G^MDC"]


def lis():
    tests = [("2345-7", "Glucose", "mmol/L"), ("2160-0", "Creatinine", "umol/L"), ("6690-2", "Leukocytes", "10*9/L"), ("718-7", "Hemoglobin", "g/L")]
    for n in range(24):
        p = PATIENTS[n % len(PATIENTS)]
        yield [head("LAB", "LABOR", "MIRTH", "ORU^R01^ORU_R01", n + 1), pid(p), VISIT, f"ORC|RE|ORD{n:05d}^EPIC|L{n:05d}^LAB", f"OBR|1|ORD{n:05d}^EPIC|L{n:05d}^LAB|24323-8^Chemistry^LN|||{NOW}"] + \
            [f"OBX|{i + 1}|NM|{c}^{t}^LN||{rng.randint(20, 900) / 10}|{u}||||F" for i, (c, t, u) in enumerate(tests)] + [f"NTE|1||phoned to Dr. {STAFF}"]


def ris():
    for n, p in enumerate(PATIENTS):
        yield [head("RIS", "RAD", "MIRTH", "ORM^O01^ORM_O01", n + 1, "2.3"), pid(p), VISIT, f"ORC|SC|ORD{n:05d}^EPIC|R{n:05d}^RIS||SC", f"OBR|1|ORD{n:05d}^EPIC|ACC{p[1][-4:]}^RIS|CTCHEST^CT chest^L|||{NOW}"]
        yield [head("RIS", "RAD", "MIRTH", "ORU^R01^ORU_R01", n + 101, "2.3"), pid(p), VISIT, f"OBR|1|ORD{n:05d}^EPIC|ACC{p[1][-4:]}^RIS|CTCHEST^CT chest^L|||{NOW}", f"OBX|1|TX|18782-3^Report^LN||No acute finding in {p[0]} {FAMILY}.||||||F"]


def engine():
    for n, p in enumerate(PATIENTS):
        yield [head("MIRTH", "HOSP", "EPIC", "ORU^R01^ORU_R01", n + 1), "SFT|NextGen Healthcare^L|4.4.0|Mirth Connect|4.4.0.b2948", pid(p), VISIT, f"OBR|1|ORD{n:05d}^EPIC|L{n:05d}^LAB|24323-8^Chemistry^LN|||{NOW}", "OBX|1|NM|2345-7^Glucose^LN||5.6|mmol/L||||F"]


def device(eui, kind, maker, model, serial, firmware):
    return [f"OBX|1||{kind}^MDC|1.0.0.0|||||||X|||||||^^{eui}^EUI-64", f"OBX|2|ST|531970^MDC_ID_MODEL_MANUFACTURER^MDC|1.0.0.1|{maker}||||||R",
            f"OBX|3|ST|531969^MDC_ID_MODEL_NUMBER^MDC|1.0.0.2|{model}||||||R", f"OBX|4|ST|531972^MDC_ID_PROD_SPEC_SERIAL^MDC|1.0.0.3|{serial}||||||R",
            f"OBX|5|ST|531976^MDC_ID_PROD_SPEC_FW^MDC|1.0.0.4|{firmware}||||||R"]


def pumps():
    sft, n = "SFT|B. Braun Melsungen AG^L|AP 3.1|B. Braun OnlineSuite|AP31", 0
    app = "ONLINESUITE^0012210000AA0001^EUI-64"
    for minute in range(5):
        for i, model in enumerate(("Infusomat Space", "Infusomat Space", "Perfusor Space")):
            n += 1
            yield [head(app, "ICU", "MIRTH", "ORU^R01^ORU_R01", n, "2.6", "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.1^ISO"), sft, pid(PATIENTS[i]), "PV1||I|ICU^R4^B2",
                   f"OBR|1|ORD9{i:04d}^EPIC|{n}^ONLINESUITE|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{NOW}"] + \
                device(f"00122177AA00000{i + 1}", "69985^MDC_DEV_PUMP_INFUS_MDS", "B. Braun", model, f"SP-7100{i + 1}", "686U000061") + \
                ["OBX|6||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.0.0|||||||X", "OBX|7|CWE|184519^MDC_PUMP_INFUSING_STATUS^MDC|1.1.0.1|^pump-status-infusing||||||R",
                 "OBX|8||126978^MDC_DEV_PUMP_DELIVERY_CHAN^MDC|1.1.1.0|||||||X", f"OBX|9|NM|157784^MDC_FLOW_FLUID_PUMP^MDC|1.1.1.1|{5 + i}.5|265266^MDC_DIM_MILLI_L_PER_HR^MDC^mL/h^mL/h^UCUM|||||R",
                 f"OBX|10|NM|157864^MDC_VOL_FLUID_DELIV^MDC|1.1.1.3|{minute * 2 + i}.25|263762^MDC_DIM_MILLI_L^MDC|||||R", "OBX|11|ST|184514^MDC_DRUG_NAME_LABEL^MDC|1.1.2.1|Norepinephrine||||||R"]
    yield [head(app, "ICU", "MIRTH", "ORU^R40^ORU_R40", 900, "2.6", "IHE_PCD_ACM_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.4^ISO"), pid(PATIENTS[0]), "PV1||I|ICU^R4^B2",
           f"OBR|1|ORD90000^EPIC|900^ONLINESUITE|196616^MDC_EVT_ALARM^MDC|||{NOW}", "OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||^^00122177AA000001^EUI-64",
           "OBX|2|CWE|196616^MDC_EVT_ALARM^MDC|1.1.0.0.1|196940^MDC_EVT_FLUID_LINE_OCCL^MDC|||PH~SP|||F", "OBX|3|ST|68481^MDC_ATTR_EVENT_PHASE^MDC|1.1.0.0.3|start||||||F",
           "OBX|4|ST|68482^MDC_ATTR_ALARM_STATE^MDC|1.1.0.0.4|active||||||F", f"OBX|5|ST|68485^MDC_ATTR_ALERT_TYPE^MDC|1.1.0.0.7|line of {FAMILY}||||||F"]


def capsule():
    behind = [("70001^MDC_DEV_SYS_PT_VENT_MDS", "Hamilton Medical AG", "HAMILTON-C6", "HC6-20417", "1.2.3", "151586^MDC_VENT_RESP_RATE^MDC|1.1.1.1|14|264928^MDC_DIM_RESP_PER_MIN^MDC"),
              ("69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS", "GE Healthcare", "Giraffe OmniBed", "GIR-5512", "2.4", "150364^MDC_TEMP_AXIL^MDC|1.1.1.1|36.8|268192^MDC_DIM_DEGC^MDC"),
              ("69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS", "Masimo", "Root", "RT-9817", "1.5.5", "150456^MDC_PULS_OXIM_SAT_O2^MDC|1.1.1.1|97|262688^MDC_DIM_PERCENT^MDC")]
    n = 0
    for _ in range(4):
        for i, (kind, maker, model, serial, fw, value) in enumerate(behind):
            n += 1
            yield [head("SMARTLINX^00D0C90000CC0001^EUI-64", "ICU", "MIRTH", "ORU^R01^ORU_R01", n, "2.6", "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.1^ISO"), "SFT|Capsule Technologies^L|5.2|SmartLinx|5.2.1",
                   pid(PATIENTS[i + 2]), "PV1||I|NICU^R1^B1", f"OBR|1||{n}^SMARTLINX|{kind}^MDC|||{NOW}"] + device(f"00D0C977BB00000{i + 1}", kind, maker, model, serial, fw) + [f"OBX|6|NM|{value}|||||R"]


def dialysis():
    for n in range(6):
        yield [head("FMC5008", "DIAL", "MIRTH", "ORU^R01^ORU_R01", n + 1, "2.6", "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.4.1^ISO"), "SFT|Fresenius Medical Care^L|4.63|5008S|4.63", pid(PATIENTS[4]), "PV1||O|DIAL^1^3",
               f"OBR|1||{n}^FMC5008|70065^MDC_DEV_DIALYSIS_MDS^MDC|||{NOW}", "OBX|1|ST|531970^MDC_ID_MODEL_MANUFACTURER^MDC|1.0.0.1|Fresenius Medical Care||||||R", "OBX|2|ST|531969^MDC_ID_MODEL_NUMBER^MDC|1.0.0.2|5008S||||||R",
               f"OBX|3|NM|158012^MDC_HDIALY_BLD_PUMP_BLOOD_FLOW_RATE^MDC|1.1.1.1|{290 + n}|265267^MDC_DIM_MILLI_L_PER_MIN^MDC|||||R"]


def bga():
    for n in range(8):
        yield [head("ABL90 FLEX", "POCT", "LAB", "ORU^R30^ORU_R30", n + 1, "2.5"), "SFT|Radiometer Medical ApS^L|3.4|ABL90 FLEX|3.4MR1", pid(PATIENTS[n % 6]), f"OBR|1||S{n:05d}|24336-0^Gas panel^LN|||{NOW}|||{STAFF}", f"OBX|1|NM|2744-1^pH^LN||7.{35 + n % 9}|||||||F", "OBX|2|NM|2019-8^pCO2^LN||5.2|kPa|||||F"]


def istat():
    for n in range(4):
        yield [head("i-STAT", "POCT", "LAB", "ORU^R30^ORU_R30", n + 1, "2.5"), "SFT|Abbott Point of Care^L|A31C|i-STAT|A31C", pid(PATIENTS[n % 6]), f"OBR|1||I{n:05d}|24321-2^Basic metabolic panel^LN|||{NOW}|||{STAFF}", "OBX|1|NM|2951-2^Sodium^LN||139|mmol/L|||||F"]


def carelink():
    for n, p in enumerate(PATIENTS[:3]):
        yield [head("CARELINK", "MDT", "EPIC", "ORU^R01^ORU_R01", n + 1, "2.5", "IHE_PCD_IDCO_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.9.1^ISO"), "SFT|Medtronic^L|2.1|CareLink Network|2.1", f"PID|1||model:DTBA1D1/serial:PQR77340{n}S^^^MDT^U~{p[1]}^^^HOSP^MR||{FAMILY}^{p[0]}||{p[2]}|{p[3]}",
               "PV1|1|R", f"OBR|1||{n}|754051^MDC_IDC_ENUM_SESS_TYPE_Remote^MDC|||{NOW}", "OBX|1|CWE|720897^MDC_IDC_DEV_TYPE^MDC||753666^MDC_IDC_ENUM_DEV_TYPE_ICD^MDC||||||F",
               "OBX|2|ST|720898^MDC_IDC_DEV_MODEL^MDC||DTBA1D1||||||F", f"OBX|3|ST|720899^MDC_IDC_DEV_SERIAL_NUMBER^MDC||PQR77340{n}S||||||F", "OBX|4|CWE|720900^MDC_IDC_DEV_MFG^MDC||753728^MDC_IDC_ENUM_MFG_MDT^MDC||||||F",
               "OBX|5|CWE|721280^MDC_IDC_MSMT_BATTERY_STATUS^MDC||754113^MDC_IDC_ENUM_BATTERY_STATUS_BOS^MDC||||||F", "OBX|6|NM|730880^MDC_IDC_SET_BRADY_LOWRATE^MDC||60|{beats}/min^^UCUM|||||F", "OBX|7|CWE|731520^MDC_IDC_SET_TACHYTHERAPY_VSTAT^MDC||754817^MDC_IDC_ENUM_THERAPY_STATUS_ON^MDC||||||F"]


def frame(lines):
    return b"\x0b" + "\r".join(lines).encode() + b"\r\x1c\r"


def read(sock, kept):
    while b"\x1c\r" not in kept:
        b = sock.recv(65536)
        if not b:
            return None, kept
        kept += b
    message, _, kept = kept.partition(b"\x1c\r")
    return message.lstrip(b"\x0b").decode(), kept


def send(host, port, system):
    with socket.create_connection((host, int(port)), 10) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kept = b""
        for m in globals()[system]():
            s.sendall(frame(m))
            answer, kept = read(s, kept)
            if answer is None:
                sys.exit("closed")
            time.sleep(.05)


def serve(sock, name):
    kept, n = b"", 0
    with sock:
        while True:
            message, kept = read(sock, kept)
            if message is None:
                return
            n += 1
            f = message.split("\r")[0].split("|")
            me = name or f[4]
            event = re.sub(r"^\w+\^?(\w*).*", r"\1", f[8])
            answer = [f"MSH|^~\\&|{me}|HOSP|{f[2]}|{f[3]}|{NOW}||ACK^{event}^ACK|{me[:4]}A{n:05d}|P|{f[11]}", f"MSA|{'CA' if f[11] == '2.6' else 'AA'}|{f[9]}"]
            sock.sendall(frame(answer))


def receive(port, name=""):
    with socket.create_server(("", int(port))) as s:
        while True:
            threading.Thread(target=serve, args=(s.accept()[0], name), daemon=True).start()


{"send": send, "receive": receive}[sys.argv[1]](*sys.argv[2:])
