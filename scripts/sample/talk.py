"""Small talkers for what no free program speaks: talk.py NAME ARGUMENT ...

What they say follows the public descriptions of each protocol; nothing here was recorded from a device.
"""
import http.server
import socket
import struct
import sys
import threading
import time

from people import FAMILY, PATIENTS, STAFF

u16 = lambda *v: struct.pack(f">{len(v)}H", *v)
sized = lambda *parts: u16(len(b"".join(parts))) + b"".join(parts)


def udp(port=0, broadcast=False):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, int(broadcast))
    s.bind(("", port))
    return s


def groups(port, group, ip):
    s = udp(port)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(ip))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ip))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    return s


def each(port, serve):
    """Serves every TCP connection with a thread."""
    def one(c):
        with c:
            try:
                serve(c, c.makefile("rb"))
            except (OSError, ValueError):
                pass
    with socket.create_server(("", int(port))) as s:
        while True:
            threading.Thread(target=one, args=(s.accept()[0],), daemon=True).start()


def dial(host, port):
    s = socket.create_connection((host, int(port)), 10)
    return s, s.makefile("rb")


# --- pages, mail, sinks, phones ---

def web(port, title, server, realm=""):
    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version, server_version, sys_version = "HTTP/1.1", server, ""

        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asks = realm and not self.headers.get("Authorization")
            body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()
            self.send_response(401 if asks else 200)
            if asks:
                self.send_header("WWW-Authenticate", f'Basic realm="{realm}"')
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET

        def log_message(self, *_):
            pass
    http.server.ThreadingHTTPServer(("", int(port)), Page).serve_forever()


def sink(port, answer=""):
    each(port, lambda c, f: [c.sendall(answer.encode().decode("unicode_escape").encode("latin1")) for line in iter(lambda: f.read1(65536), b"") if answer])


def sinkudp(port):
    s = udp(int(port))
    while True:
        s.recv(65536)


def smtp(port):
    def serve(c, f):
        c.sendall(b"220 mail.hospital.example ESMTP Postfix (Debian/GNU)\r\n")
        for line in f:
            verb = line[:4].upper().strip()
            if verb == b"DATA":
                c.sendall(b"354 go on\r\n")
                for line in f:
                    if line == b".\r\n":
                        break
            c.sendall({b"EHLO": b"250-mail.hospital.example\r\n250 8BITMIME\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                return
    each(port, serve)


def sip(port):
    s = udp(int(port))
    while True:
        b, a = s.recvfrom(4096)
        keep = [x for x in b.decode().split("\r\n") if x.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        s.sendto(("SIP/2.0 200 OK\r\n" + "\r\n".join(keep) + "\r\nServer: Asterisk PBX 18.10.0\r\nContent-Length: 0\r\n\r\n").encode(), a)


def register(ip, host, agent, number):
    s = udp(5060)
    for n in range(2):
        s.sendto((f"REGISTER sip:{host} SIP/2.0\r\nVia: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{n}\r\nFrom: <sip:{number}@{host}>;tag=1\r\nTo: <sip:{number}@{host}>\r\nCall-ID: {n}@{ip}\r\n"
                  f"CSeq: {n + 1} REGISTER\r\nContact: <sip:{number}@{ip}:5060>\r\nUser-Agent: {agent}\r\nMax-Forwards: 70\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n").encode(), (host, 5060))
        time.sleep(.3)


def post(host, port, text):
    """Sends escaped text or bytes and reads what comes for a second."""
    s, _ = dial(host, port)
    s.settimeout(1)
    s.sendall(text.encode().decode("unicode_escape").encode("latin1"))
    try:
        s.recv(65536)
    except OSError:
        pass
    s.close()


# --- laboratory: ASTM E1381, E1394 ---

ANALYSERS = {"chem": ("cobas 8000^ISE^06-02", "GLU CREA NA K CRP".split()), "hema": ("XN-1000^22.11^A5512", "WBC RBC HGB PLT".split())}


def frames(records):
    for n, r in enumerate(records, 1):
        body = f"{n % 8}{r}\r".encode("latin1") + b"\x03"
        yield b"\x02" + body + b"%02X\r\n" % (sum(body) % 256)


def astm(host, port, name):
    sender, tests = ANALYSERS[name]
    s, f = dial(host, port)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for n, (given, mrn, birth, sex) in enumerate(PATIENTS):
        records = [f"H|\\^&|||{sender}||||||LIS||P|LIS2-A2|20260901101500", f"P|1|{mrn}|||{FAMILY}^{given}||{birth}|{sex}|||||{STAFF}", f"O|1|L{n:05d}||^^^{tests[0]}|R||||||N"]
        records += [f"R|{i}|^^^{t}|{3 + i + n}.{n}|mmol/L||N||F||{STAFF}|20260901|20260901" for i, t in enumerate(tests, 1)] + ["L|1|N"]
        for part in [b"\x05", *frames(records)]:
            s.sendall(part)
            f.read(1)
        s.sendall(b"\x04")
        time.sleep(.2)
    s.close()


def astmhost(port):
    def serve(c, f):
        while b := f.read1(4096):
            c.sendall(b"\x06" * (b.count(b"\x05") + b.count(b"\x02")))
    each(port, serve)


# --- IEEE 11073 SDC discovery (WS-Discovery 1.1, SDC 20701 scopes) ---

NS = ('xmlns:s12="http://www.w3.org/2003/05/soap-envelope" xmlns:wsd="http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01" xmlns:wsa="http://www.w3.org/2005/08/addressing" '
      'xmlns:dpws="http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01" xmlns:mdpws="http://standards.ieee.org/downloads/11073/11073-20702-2016"')
WSD = "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/"


def soap(action, body, relates=""):
    return (f'<?xml version="1.0" encoding="UTF-8"?><s12:Envelope {NS}><s12:Header><wsa:Action>{WSD}{action}</wsa:Action><wsa:MessageID>urn:uuid:00000000-0000-4000-8000-{time.time_ns() % 10**12:012d}</wsa:MessageID>'
            f'{relates}<wsa:To>urn:docs-oasis-open-org:ws-dd:ns:discovery:2009:01</wsa:To></s12:Header><s12:Body>{body}</s12:Body></s12:Envelope>').encode()


def sdc(ip, maker, model, serial, kind):
    q = lambda v: v.replace(" ", "%20").replace("ä", "%C3%A4")
    ends = (f"<wsa:EndpointReference><wsa:Address>urn:uuid:5f0a{serial[-4:]}-77aa-4000-8000-0030e677{serial[-4:]}</wsa:Address></wsa:EndpointReference><wsd:Types>dpws:Device mdpws:MedicalDevice</wsd:Types>"
            f"<wsd:Scopes>sdc.mds.pkp:1.2.840.10004.20701.1.1 sdc.cdc.type:///{kind} sdc.ctxt.loc:/sdc.ctxt.loc.detail/HOSP%2F%2F%2FICU%2FR4%2FB2?fac=HOSP&amp;poc=ICU&amp;rm=R4&amp;bed=B2 "
            f"sdc.mds.prodspec:{q(maker)}:531970 sdc.mds.prodspec:{q(model)}:531969 sdc.mds.prodspec:{serial}:531972 sdc.ctxt.pat:/urn%3Aoid%3A1.2/{PATIENTS[1][1]}</wsd:Scopes><wsd:XAddrs>https://{ip}:6464/{serial}</wsd:XAddrs><wsd:MetadataVersion>1</wsd:MetadataVersion>")
    s = groups(3702, "239.255.255.250", ip)
    s.sendto(soap("Hello", f"<wsd:Hello>{ends}</wsd:Hello>"), ("239.255.255.250", 3702))
    while True:
        b, a = s.recvfrom(65536)
        if b"Probe<" in b.replace(b"wsd:Probe>", b"Probe<") and b"Matches" not in b:
            time.sleep(.05)
            s.sendto(soap("ProbeMatches", f"<wsd:ProbeMatches><wsd:ProbeMatch>{ends}</wsd:ProbeMatch></wsd:ProbeMatches>"), a)


def probe(ip):
    s = groups(0, "239.255.255.250", ip)
    for _ in range(2):
        s.sendto(soap("Probe", "<wsd:Probe><wsd:Types>mdpws:MedicalDevice</wsd:Types></wsd:Probe>"), ("239.255.255.250", 3702))
        time.sleep(1)


# --- Philips IntelliVue Data Export (guide 4535 642 59271) ---

ava = lambda kind, *v: u16(kind) + sized(*v)
several = lambda *items: u16(len(items)) + sized(*items)
label = lambda t: sized(t.encode() + b"\0" * (1 + len(t) % 2))
words = lambda t: sized((t + "\0").encode("utf-16-be"))
remote = lambda kind, command, body: u16(kind) + sized(u16(1, command), sized(body))
WRAP, MDS = b"\xe1\0\0\2", u16(33, 0, 0)
SESSION = b"\x05\x08\x13\x01\x00\x16\x01\x02\x80\x00"


def monitor(ip, mac, model, serial, software, patient):
    given, mrn, birth, _ = PATIENTS[int(patient)]
    mac, s = bytes.fromhex(mac.replace(":", "")), udp(24105, True)
    attrs = several(ava(61696, mac + socket.inet_aton(ip) + b"\xff\xff\0\0"), ava(61697, several(u16(5, 1, 24105, 0))))
    hello = b"\0\1\1\0" + remote(1, 0, MDS + b"\0\0\0\1" + u16(3351) + sized(attrs))

    def announce():
        while True:
            s.sendto(hello, ("10.77.255.255", 24005))
            time.sleep(4)
    threading.Thread(target=announce, daemon=True).start()
    spec = several(u16(1, 0) + label(serial), u16(4, 0) + label(software))
    create = WRAP + remote(1, 1, MDS + b"\0\0\0\1" + u16(3334) + sized(MDS, several(ava(2344, label("Philips"), label(model)), ava(2436, sized(mac)), ava(2349, spec), ava(2334, words("ICU-R4-B2")))))
    n = 0
    while True:
        b, a = s.recvfrom(4096)
        if b[:1] == b"\x0d":
            s.sendto(b"\x0e" + bytes([len(SESSION) + 4]) + SESSION + b"\x14\2\0\2", a)
            s.sendto(create, a)
        elif b[:4] == WRAP and len(b) > 30 and b[4:6] == u16(1):
            n += 1
            obj = lambda handle, *at: u16(handle) + several(*at)
            who = obj(5, ava(2394, words(mrn)), ava(2396, words(FAMILY)), ava(2397, words(given)), ava(2392, bytes.fromhex(birth) + b"\0\0\0\0"))
            rates = [obj(i, ava(2384, u16(k, 0, 2720, 0, v + n % 3))) for i, (k, v) in enumerate(((16770, 72), (19384, 97), (18949, 118)), 10)]
            reply = u16(1) + b"\0\0\0\1" + bytes(8) + u16(1, 6, 2051) + several(u16(0) + several(*([who] if n == 1 else rates)))
            s.sendto(WRAP + remote(2, 7, MDS + u16(3094) + sized(reply)), a)


def export(host, count="8"):
    s = udp()
    s.settimeout(1)
    s.sendto(b"\x0d" + bytes([len(SESSION) + 4]) + SESSION + b"\x14\2\0\2", (host, 24105))
    for _ in range(int(count)):
        try:
            while True:
                s.recv(4096)
                break
        except OSError:
            pass
        s.sendto(WRAP + remote(1, 7, MDS + b"\0\0\0\0" + u16(3094) + sized(u16(1, 1, 6, 0))), (host, 24105))
        time.sleep(.5)


# --- GE CARESCAPE (Unity) broadcasts ---

def rwhat(ip, patient):
    s = udp(7000, True)
    b = bytearray(88)
    b[:4], b[4:8], b[8:12] = b"\1\4\0\0", socket.inet_aton(ip), b"\x5a\x40\xcd\xc0"
    place, name = b"ICU|BED-04", f"{FAMILY},{PATIENTS[int(patient)][0]}"[:14].encode()
    b[12:12 + len(place)], b[28:28 + len(name)], b[43] = place, name, 7
    b[44:72] = u16(3, 2000, 17, 32, 9, 2000, 19, 3000, 28, 3001, 13, 2000, 12, 2000)
    for _ in range(8):
        s.sendto(bytes(b), ("10.77.255.255", 7000))
        time.sleep(3)


def unitytime(ip):
    s = udp(2000, True)
    for _ in range(6):
        b = bytearray(64)
        b[6:10], b[24:32], b[60:64] = socket.inet_aton(ip), b"ICU|CIC1", struct.pack(">I", int(time.time()) + 2208988800)
        s.sendto(bytes(b), ("10.77.255.255", 2000))
        time.sleep(4)


# --- discovery ---

def ssdp(ip, kind, server, extra=""):
    s = groups(1900, "239.255.255.250", ip)
    about = f"LOCATION: http://{ip}/desc.xml\r\nSERVER: {server}\r\nCACHE-CONTROL: max-age=1800\r\nUSN: uuid:Upnp-{kind.split(':')[-2]}-1_0-{ip.replace('.', '')}::{kind}\r\n{extra}"
    s.sendto(f"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: {kind}\r\nNTS: ssdp:alive\r\n{about}\r\n".encode(), ("239.255.255.250", 1900))
    while True:
        b, a = s.recvfrom(4096)
        if b.startswith(b"M-SEARCH"):
            s.sendto(f"HTTP/1.1 200 OK\r\nEXT:\r\nST: {kind}\r\n{about}\r\n".encode(), a)


def search(ip):
    s = groups(0, "239.255.255.250", ip)
    s.sendto(b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\nUSER-AGENT: Windows/10.0 UPnP/1.1\r\n\r\n', ("239.255.255.250", 1900))
    time.sleep(1)


def name(text):
    return b"".join(bytes([len(p)]) + p.encode() for p in text.split(".")) + b"\0"


def mdns(ip, host, model):
    """A tablet's multicast DNS answer: its address and device-info."""
    s = groups(5353, "224.0.0.251", ip)
    txt = f"model={model}".encode()
    record = lambda n, t, data, ttl=120: name(n) + struct.pack(">HHIH", t, 0x8001, ttl, len(data)) + data
    info = f"{host}._device-info._tcp.local"
    b = struct.pack(">6H", 0, 0x8400, 0, 2, 0, 0) + record(f"{host}.local", 1, socket.inet_aton(ip)) + record(info, 16, bytes([len(txt)]) + txt)
    for _ in range(3):
        s.sendto(b, ("224.0.0.251", 5353))
        time.sleep(2)


def cdp(mac, ident, platform, version, port):
    """Cisco Discovery Protocol as a phone sends it."""
    tlv = lambda t, v: struct.pack(">HH", t, len(v) + 4) + v
    body = tlv(1, ident.encode()) + tlv(5, version.encode()) + tlv(6, platform.encode()) + tlv(3, port.encode()) + tlv(4, struct.pack(">I", 0x490))
    body = b"\2\xb4\0\0" + body
    total = sum(struct.unpack(f">{len(body) // 2}H", body[:len(body) // 2 * 2])) + (body[-1] if len(body) % 2 else 0)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    body = body[:2] + u16(~total & 0xffff) + body[4:]
    llc = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + body
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("eth0", 0))
    for _ in range(2):
        s.send(bytes.fromhex("01000ccccccc") + bytes.fromhex(mac.replace(":", "")) + u16(len(llc)) + llc)
        time.sleep(2)


def claim(ip, mac):
    """Gratuitous ARP for an address."""
    mac = bytes.fromhex(mac.replace(":", ""))
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind(("eth0", 0))
    for _ in range(2):
        s.send(b"\xff" * 6 + mac + u16(0x0806, 1, 0x0800, 0x0604, 1) + mac + socket.inet_aton(ip) + bytes(6) + socket.inet_aton(ip))
        time.sleep(.5)


# --- serial server with a ventilator's Medibus behind it ---

def medibus(port):
    def serve(c, f):
        while b := f.read1(256):
            code = b[1:2]
            text = b"'8088'Evita 4\x27" + b"04.10" if code == b"R" else b"060 12073 04500" if code == b"$" else b""
            m = b"\x01" + code + text
            c.sendall(m + b"%02X\r" % (sum(m) % 256))
    each(port, serve)


def medibusask(host, port):
    s, f = dial(host, port)
    for code in (b"Q", b"R") + (b"$",) * 12:
        m = b"\x1b" + code
        s.sendall(m + b"%02X\r" % (sum(m) % 256))
        f.read1(256)
        time.sleep(.2)
    s.close()


# --- buildings ---

def modbus(port):
    def serve(c, f):
        while head := f.read(8):
            tid, _, n, unit, fc = struct.unpack(">HHHBB", head)
            body = f.read(n - 2)
            if fc == 0x2b:
                parts = [b"Schneider Electric", b"BMX P34 2020", b"v2.70"]
                out = bytes([fc, 14, 1, 1, 0, 0, len(parts)]) + b"".join(bytes([i, len(p)]) + p for i, p in enumerate(parts))
            elif fc == 6:
                out = bytes([fc]) + body
            else:
                count = struct.unpack(">HH", body)[1]
                out = bytes([fc, 2 * count]) + u16(*range(210, 210 + count))
            c.sendall(struct.pack(">HHHB", tid, 0, len(out) + 1, unit) + out)
    each(port, serve)


def modbusask(host):
    s, f = dial(host, 502)
    for n, pdu in enumerate([b"\x2b\x0e\x01\x00"] + [b"\x03" + u16(100, 4)] * 10 + [b"\x06" + u16(110, 21)], 1):
        s.sendall(struct.pack(">HHHB", n, 0, len(pdu) + 1, 1) + pdu)
        f.read(struct.unpack(">HHH", f.read(6))[2])
        time.sleep(.2)
    s.close()


def bacnet(device, vendor, model, maker, version):
    s, device = udp(47808, True), int(device)
    bvlc = lambda kind, b: bytes([0x81, kind]) + u16(len(b) + 4) + b
    iam = bvlc(11, b"\1\x20\xff\xff\0\xff" + b"\x10\0\xc4" + struct.pack(">I", 8 << 22 | device) + b"\x22\x05\xc4\x91\x03\x21" + bytes([int(vendor)]))
    texts = {77: "AHU-OR-3", 70: model, 121: maker, 44: version, 12: version}
    while True:
        b, a = s.recvfrom(1500)
        if b[-2:] == b"\x10\x08":
            s.sendto(iam, ("10.77.255.255", 47808))
        elif b[1] == 10 and b[9:10] == b"\x0c":  # confirmed ReadProperty
            prop, invoke = b[-1], b[8]
            head = b"\1\0\x30" + bytes([invoke]) + b"\x0c\x0c" + b[11:15] + b"\x19" + bytes([prop]) + b"\x3e"
            t = b"\0" + texts.get(prop, "21").encode()
            value = b"\x44" + struct.pack(">f", 21.5) if prop == 85 else b"\x75" + bytes([len(t)]) + t
            s.sendto(bvlc(10, head + value + b"\x3f"), a)


def bacnetask(host, device):
    s = udp(47808, True)
    s.settimeout(1)
    s.sendto(b"\x81\x0b\0\x0c\1\x20\xff\xff\0\xff\x10\x08", ("10.77.255.255", 47808))
    time.sleep(.5)
    for n, (kind, inst, prop) in enumerate([(8, int(device), p) for p in (77, 70, 121, 44)] + [(0, 1, 85)] * 8, 1):
        b = b"\1\4\2\x05" + bytes([n]) + b"\x0c\x0c" + struct.pack(">I", kind << 22 | inst) + b"\x19" + bytes([prop])
        s.sendto(b"\x81\x0a" + u16(len(b) + 4) + b, (host, 47808))
        time.sleep(.2)


# --- remote screens ---

def rdp(port):
    def serve(c, f):
        f.read(struct.unpack(">2xH", f.read(4))[0] - 4)
        c.sendall(bytes.fromhex("030000130ed000001234000200080000000000"))
        f.read1(4096)
    each(port, serve)


def rdpask(host):
    s, f = dial(host, 3389)
    cookie = b"Cookie: mstshash=" + STAFF[:9].encode() + b"\r\n" + bytes.fromhex("0100080000000000")
    x224 = bytes([6 + len(cookie)]) + b"\xe0\0\0\0\0\0" + cookie
    s.sendall(b"\3\0" + u16(4 + len(x224)) + x224)
    f.read1(64)
    s.close()


def vnc(port):
    def serve(c, f):
        c.sendall(b"RFB 003.008\n")
        f.read(12)
        c.sendall(b"\1\1")
        f.read(1)
        c.sendall(b"\0\0\0\0")
        f.read(1)
        title = b"EVIS EXERA III " + FAMILY.encode()
        c.sendall(u16(1280, 1024) + bytes([32, 24, 0, 1]) + u16(255, 255, 255) + bytes([16, 8, 0, 0, 0, 0]) + struct.pack(">I", len(title)) + title)
        f.read1(4096)
    each(port, serve)


def vncask(host):
    s, f = dial(host, 5900)
    f.read(12)
    s.sendall(b"RFB 003.008\n")
    f.read(2)
    s.sendall(b"\1")
    f.read(4)
    s.sendall(b"\1")
    f.read(24)
    s.close()


def opaque(host, port, kind):
    """A proprietary session of a pump with its server: only its port and length are true to life."""
    s, f = dial(host, port)
    for n in range(10):
        s.sendall(struct.pack(">4sHH", b"ALRS", n, 64) + bytes(range(n, n + 64)))
        f.read1(64)
        time.sleep(.3)
    s.close()


globals()[sys.argv[1]](*sys.argv[2:])
