package ftp

import (
	"bytes"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// command returns the command that a line starts with, in upper case; "" for none.
func command(line []byte) string {
	i := bytes.IndexAny(line, " \r")
	if i < 0 {
		i = len(line)
	}
	var up [4]byte
	if i < 3 || i > len(up) {
		return ""
	}
	for j, v := range line[:i] {
		if v >= 'a' && v <= 'z' {
			v -= 'a' - 'A'
		}
		up[j] = v
	}
	switch string(up[:i]) {
	case "USER":
		return "USER"
	case "PASS":
		return "PASS"
	case "ACCT":
		return "ACCT"
	case "RETR":
		return "RETR"
	case "STOR":
		return "STOR"
	case "STOU":
		return "STOU"
	case "APPE":
		return "APPE"
	case "DELE":
		return "DELE"
	case "RNFR":
		return "RNFR"
	case "RNTO":
		return "RNTO"
	case "MKD", "XMKD":
		return "MKD"
	case "RMD", "XRMD":
		return "RMD"
	case "LIST":
		return "LIST"
	case "NLST":
		return "NLST"
	case "MLSD":
		return "MLSD"
	case "SITE":
		return "SITE"
	case "PORT":
		return "PORT"
	case "EPRT":
		return "EPRT"
	case "PASV":
		return "PASV"
	case "EPSV":
		return "EPSV"
	case "AUTH":
		return "AUTH"
	case "SYST":
		return "SYST"
	case "FEAT":
		return "FEAT"
	case "QUIT":
		return "QUIT"
	case "CWD", "CDUP", "XCWD", "TYPE", "MODE", "STRU", "REST", "ABOR", "PWD", "XPWD", "NOOP", "HELP", "STAT", "SIZE",
		"MDTM", "MLST", "OPTS", "PBSZ", "PROT", "CCC", "ADAT", "CLNT", "LANG", "ALLO", "REIN", "SMNT", "MFMT", "HASH", "HOST":
		return "other"
	}
	return ""
}

// command takes a client's line; it reports whether it is FTP.
func (s *stream) command(c *sense.Context, line []byte) bool {
	name := command(line)
	if name == "" {
		return len(line) == 0
	}
	c.Message()
	_, arg, _ := bytes.Cut(line, []byte{' '})
	arg = bytes.TrimSpace(arg)
	switch name {
	case "USER":
		s.flush(c, "")
		s.user, s.loggedIn = c.Token(ward.TokenStaff, nil, arg), false
		s.anonymous = bytes.EqualFold(arg, []byte("anonymous")) || bytes.EqualFold(arg, []byte("ftp"))
	case "PASS":
		s.expect(c, "login", "")
		if s.anonymous {
			s.wait.add("user", "anonymous")
		} else {
			s.wait.secret = c.Token(ward.TokenSecret, nil, arg)
		}
	case "RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD":
		s.expect(c, name, c.Text(sense.ClassPath, arg))
		s.endpoint()
	case "DELE", "MKD", "RMD":
		s.expect(c, name, c.Text(sense.ClassPath, arg))
	case "RNFR":
		s.flush(c, "")
		s.renaming = c.Text(sense.ClassPath, arg)
	case "RNTO":
		s.expect(c, "RENAME", s.renaming)
		s.wait.add("to", c.Text(sense.ClassPath, arg))
		s.renaming = ""
	case "SITE":
		s.expect(c, "SITE", siteCommand(arg))
	case "AUTH":
		s.expect(c, "AUTH", "tls")
		s.tls = true
	case "PORT", "EPRT":
		s.port(c, name, arg)
	default:
		s.flush(c, "")
	}
	return true
}

// expect makes a command wait for its reply.
func (s *stream) expect(c *sense.Context, verb, object string) {
	s.flush(c, "")
	s.wait = pending{verb: verb, object: object}
}

// siteCommand returns the server's own commands that change or run something.
func siteCommand(arg []byte) string {
	word, _, _ := bytes.Cut(arg, []byte{' '})
	for _, known := range [...]string{"EXEC", "CHMOD", "CPFR", "CPTO", "SYMLINK", "UTIME", "UMASK", "HELP", "IDLE"} {
		if bytes.EqualFold(word, []byte(known)) {
			return known
		}
	}
	return "other"
}

// endpoint adds where the data connection goes, so that it can be joined later.
func (s *stream) endpoint() {
	if s.data.IsValid() {
		s.wait.add("data", s.data.String())
		s.wait.add("mode", s.mode)
		s.data = netip.AddrPort{}
	}
}

// port takes PORT and EPRT: the client says where it listens.
func (s *stream) port(c *sense.Context, name string, arg []byte) {
	s.flush(c, "")
	var ok bool
	if name == "PORT" {
		s.data, ok = sixNumbers(arg)
	} else {
		s.data, ok = extended(arg)
	}
	if !ok {
		c.Anomaly(sense.ToServer, "ftp.bad-port", "an endpoint that cannot be read")
		return
	}
	s.mode = "active"
	if client, _ := c.Ends(); s.data.Addr() != client.IP.Unmap() {
		c.Anomaly(sense.ToServer, "ftp.port-bounce", "data endpoint is not the client's address")
	}
}

// sixNumbers reads h1,h2,h3,h4,p1,p2 wherever it starts in b.
func sixNumbers(b []byte) (netip.AddrPort, bool) {
	for len(b) > 0 && (b[0] < '0' || b[0] > '9') {
		b = b[1:]
	}
	var v [6]byte
	for i := range v {
		n, digits := 0, 0
		for digits < 3 && len(b) > 0 && b[0] >= '0' && b[0] <= '9' {
			n = n*10 + int(b[0]-'0')
			b = b[1:]
			digits++
		}
		if digits == 0 || n > 255 {
			return netip.AddrPort{}, false
		}
		v[i] = byte(n)
		if i < 5 {
			if len(b) == 0 || b[0] != ',' {
				return netip.AddrPort{}, false
			}
			b = b[1:]
		}
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(v[:4])), uint16(v[4])<<8|uint16(v[5])), true
}

// extended reads RFC 2428's |family|address|port|.
func extended(b []byte) (netip.AddrPort, bool) {
	if len(b) == 0 {
		return netip.AddrPort{}, false
	}
	f := bytes.Split(b, b[:1])
	if len(f) < 4 || len(f[2]) > 64 {
		return netip.AddrPort{}, false
	}
	ip, err := netip.ParseAddr(string(f[2]))
	p, ok := number(f[3])
	return netip.AddrPortFrom(ip.Unmap().WithZone(""), p), err == nil && ok
}

func number(b []byte) (uint16, bool) {
	n := 0
	for _, v := range b {
		if v < '0' || v > '9' || n > 0xffff {
			return 0, false
		}
		n = n*10 + int(v-'0')
	}
	return uint16(n), len(b) > 0 && n <= 0xffff
}
