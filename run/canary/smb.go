package canary

import "fmt"

// ntlm puts values after the fixed part of an NTLMSSP message.
func ntlm(kind int, size int, fields map[int][]byte, order []int, flags int, flagsAt int) []byte {
	b := make([]byte, size)
	copy(b, "NTLMSSP\x00")
	copy(b[8:], le32(kind))
	copy(b[flagsAt:], le32(flags))
	for _, at := range order {
		copy(b[at:], join(le16(len(fields[at]), len(fields[at])), le32(len(b))))
		b = append(b, fields[at]...)
	}
	return b
}

var ntlmBuild = []byte{10, 0, 0x61, 0x4a, 0, 0, 0, 15}

func ntlmNegotiate(p *Plant) []byte {
	b := ntlm(1, 40, map[int][]byte{16: []byte(p.Word("NTLM negotiate domain")), 24: []byte(p.Word("NTLM negotiate workstation"))}, []int{16, 24}, 0xe2083297, 12)
	copy(b[32:], ntlmBuild)
	return b
}

func ntlmChallenge(p *Plant) []byte {
	var info []byte
	for id, f := range []string{1: "NetBIOS computer", 2: "NetBIOS domain", 3: "DNS computer", 4: "DNS domain", 5: "DNS tree", 9: "target"} {
		if f != "" {
			info = append(info, join(le16(id), func() []byte { v := utf16le(p.Word("NTLM " + f)); return join(le16(len(v)), v) }())...)
		}
	}
	info = append(info, 0, 0, 0, 0)
	b := ntlm(2, 56, map[int][]byte{12: utf16le(p.Word("NTLM target name")), 40: info}, []int{12, 40}, 0xe2898215-1<<32, 20)
	copy(b[48:], ntlmBuild)
	return b
}

func ntlmAuth(p *Plant) []byte {
	u := func(f string) []byte { return utf16le(p.V("NTLM " + f)) }
	b := ntlm(3, 72, map[int][]byte{12: make([]byte, 24), 20: make([]byte, 24), 28: u("domain"), 36: u("user"), 44: u("workstation"), 52: nil}, []int{12, 20, 28, 36, 44, 52}, 0xe2888215-1<<32, 60)
	copy(b[64:], ntlmBuild)
	return b
}

func netbiosSession(b []byte) []byte { return append(be32(len(b)), b...) }

// smb2 is a message; status is only of answers.
func smb2(cmd, id int, answer bool, status int, body ...[]byte) []byte {
	flags := 0
	if answer {
		flags = 1
	}
	return netbiosSession(join([]byte("\xfeSMB"), le16(64, 0), le32(status), le16(cmd, 1), le32(flags, 0), le64(id), le32(0xfeff, 5), le64(0x41), make([]byte, 16), join(body...)))
}

const moreProcessing = 0xc0000016 - 1<<32

func smb(n *Net, p *Plant) {
	p.In("smb")
	u := func(f string) []byte { return utf16le(p.V(f)) }
	file := make([]byte, 16)
	for i := range file {
		file[i] = byte(i + 1)
	}
	id := 0
	var turns []Turn
	ask := func(cmd int, status int, up, down []byte) {
		turns = append(turns, Up(smb2(cmd, id, false, 0, up)), Down(smb2(cmd, id, true, status, down)))
		id++
	}
	setup := func(token []byte) []byte {
		return join(le16(25), []byte{0, 1}, le32(1, 0), le16(88, len(token)), le64(0), token)
	}
	answer := func(token []byte) []byte { return join(le16(9, 0, 72, len(token)), token) }
	ask(0, 0, join(le16(36, 3, 1, 0), le32(0x7f), make([]byte, 16), le64(0), le16(0x202, 0x210, 0x302)), join(le16(65, 1, 0x302, 0), make([]byte, 16), le32(7, 1<<20, 1<<20, 1<<20), le64(0), le64(0), le16(128, 0), le32(0)))
	ask(1, moreProcessing, setup(ntlmNegotiate(p)), answer(ntlmChallenge(p)))
	ask(1, 0, setup(ntlmAuth(p)), answer(nil))
	for _, share := range []string{`\\` + p.V("tree host") + `\` + p.V("share"), `\\srv\IPC$`, `\\` + p.Word("tree host2") + `\D$`} {
		ask(3, 0, join(le16(9, 0, 72, len(utf16le(share))), utf16le(share)), join(le16(16), []byte{1, 0}, le32(0, 0, 0x1f01ff)))
	}
	create := func(name []byte, disposition, options int) {
		ask(5, 0, join(le16(57), []byte{0, 0}, le32(2), le64(0), le64(0), le32(0x12019f, 0, 7, disposition, options), le16(120, len(name)), le32(0, 0), name), join(le16(89), []byte{0, 0}, le32(1), make([]byte, 32), le64(100), le64(100), le32(0x20, 0), file, le32(0, 0)))
	}
	closeIt := func() { ask(6, 0, join(le16(24, 0), le32(0), file), join(le16(60, 0), le32(0), make([]byte, 48))) }
	create(u("create path"), 1, 0x40)
	create(utf16le(p.V("create dir")+`\`+p.V("create file")+".dcm"), 2, 0x40)
	content := join(make([]byte, 128), []byte("DICM"), element(0x00100010, "PN", p.V("file content")))
	ask(9, 0, join(le16(49, 112), le32(len(content)), le64(0), file, le32(0, 0), le16(0, 0), le32(0), content), join(le16(17, 0), le32(len(content), 0), le16(0, 0)))
	ask(8, 0, join(le16(49), []byte{0x50, 0}, le32(4096), le64(0), file, le32(0, 0, 0), le16(0, 0), []byte{0}), join(le16(17), []byte{80, 0}, le32(len(content), 0, 0), content))
	rename := u("rename target")
	info := join([]byte{0, 0, 0, 0, 0, 0, 0, 0}, le64(0), le32(len(rename)), rename)
	ask(0x11, 0, join(le16(33), []byte{1, 10}, le32(len(info)), le16(96, 0), le32(0), file, info), le16(2))
	ask(0x11, 0, join(le16(33), []byte{1, 13}, le32(1), le16(96, 0), le32(0), file, []byte{1}), le16(2))
	pattern := u("search pattern")
	entry := utf16le(p.V("listed file"))
	listing := join(le32(0, 0), make([]byte, 32), le64(1), le64(1), le32(0x20, len(entry), 0), []byte{0, 0}, make([]byte, 24), make([]byte, 2), le64(0), entry)
	ask(0x0e, 0, join(le16(33), []byte{37, 0}, le32(0), file, le16(96, len(pattern)), le32(65536), pattern), join(le16(9, 72), le32(len(listing)), listing))
	all := u("file info name")
	ask(0x10, 0, join(le16(41), []byte{1, 18}, le32(4096), le16(0, 0), le32(0, 0, 0), file), join(le16(9, 72), le32(len(all)+100), make([]byte, 96), le32(len(all)), all))
	volume := u("volume label")
	ask(0x10, 0, join(le16(41), []byte{2, 1}, le32(4096), le16(0, 0), le32(0, 0, 0), file), join(le16(9, 72), le32(len(volume)+18), make([]byte, 12), le32(len(volume)), le16(0), volume))
	ask(0x0b, 0, join(le16(57, 0), le32(0x0011c017), file, le32(120, 20, 0, 0, 0, 4096, 1, 0), []byte(p.Short("ioctl", 20) + "                    ")[:20]), join(le16(49, 0), le32(0x0011c017), file, le32(112, 0, 112, 20, 0, 0), []byte(p.Short("ioctl answer", 20) + "                    ")[:20]))
	why := []byte(p.V("error data"))
	ask(5, 0xc0000034-1<<32, join(le16(57), []byte{0, 0}, le32(2), le64(0), le64(0), le32(0x12019f, 0, 7, 1, 0), le16(120, len(why)), le32(0, 0), utf16le(string(why))[:len(why)&^1]), join(le16(9, 0), le32(len(why)), why))
	closeIt()
	ask(4, 0, le16(4, 0), le16(4, 0))
	n.TCP("smb", 445, turns...)

	// SMB1, in Unicode and in the OEM character set, first over a NetBIOS session.
	for _, wide := range []bool{true, false} {
		flags2 := 0x0001
		text := func(f string) []byte { return []byte(p.V("smb1 "+f) + "\x00") }
		pad := []byte(nil)
		if wide {
			flags2 = 0x8001
			text = func(f string) []byte { return append(utf16le(p.V("smb1 "+f)), 0, 0) }
			pad = []byte{0}
		}
		mid := 0
		smb1 := func(cmd byte, answer bool, status int, words, data []byte) []byte {
			flags := byte(0x18)
			if answer {
				flags = 0x98
			}
			return netbiosSession(join([]byte("\xffSMB"), []byte{cmd}, le32(status), []byte{flags}, le16(flags2|0x4000, 0), make([]byte, 8), le16(0, 3, 77, 4, mid), []byte{byte(len(words) / 2)}, words, le16(len(data)), data))
		}
		var turns []Turn
		ask := func(cmd byte, upWords, upData, downWords, downData []byte) {
			mid++
			turns = append(turns, Up(smb1(cmd, false, 0, upWords, upData)), Down(smb1(cmd, true, 0, downWords, downData)))
		}
		session := join([]byte{0x81, 0, 0, 68}, netbios(p.Short("session called", 15), 0x20), netbios(p.Short("session calling", 15), 0))
		turns = append(turns, Up(session), Down([]byte{0x82, 0, 0, 0}))
		ask(0x72, nil, []byte("\x02NT LM 0.12\x00\x02"+p.V("smb1 dialect")+"\x00"), join([]byte{0, 0, 3, 50, 0, 1, 0}, le32(0x10000, 0x10000, 0, 0x80f3fd), le64(0), le16(0), []byte{8}), join(make([]byte, 8), text("negotiate domain"), text("negotiate server")))
		ask(0x73, join([]byte{0xff, 0}, le16(0, 0xffff, 2, 1), le32(0), le16(24, 24), le32(0, 0xd4)), join(make([]byte, 48), pad, text("user"), text("domain"), text("native OS"), text("native LAN manager")), join([]byte{0xff, 0}, le16(0, 0)), join(pad, text("server OS"), text("server LAN manager"), text("server domain")))
		blob := ntlmAuth(p)
		if (len(blob)+3)%2 != 0 && wide {
			blob = append(blob, 0)
		}
		ask(0x73, join([]byte{0xff, 0}, le16(0, 0xffff, 2, 1), le32(0), le16(len(blob)), le32(0, 0x800000d4-1<<32)), join(blob, text("ext OS"), text("ext LAN manager")), join([]byte{0xff, 0}, le16(0, 0, 0)), join(text("ext server OS"), text("ext server manager")))
		ask(0x75, join([]byte{0xff, 0}, le16(0, 8, 1)), join([]byte{0}, text("tree"), []byte("?????\x00")), join([]byte{0xff, 0}, le16(0, 1)), join([]byte("A:\x00"), text("file system")))
		name := text("create")
		ask(0xa2, join([]byte{0xff, 0}, le16(0), []byte{0}, le16(len(name)), le32(0x16, 0, 0x12019f), le64(0), le32(0x80, 7, 1, 0x40, 2), []byte{3}), join(pad, name), join([]byte{0xff, 0}, le16(0), []byte{0}, le16(9), le32(1), make([]byte, 32), le32(0x80), le64(0), le64(0), le16(0, 0), []byte{0}), nil)
		ask(0x2d, join([]byte{0xff, 0}, le16(0, 0, 2, 6, 0x80), le32(0), le16(1), le32(0, 0, 0)), join(pad, text("open")), join([]byte{0xff, 0}, le16(0, 9, 0), le32(0, 0), le16(0, 0, 0, 1), le32(0), le16(0)), nil)
		ask(0x07, le16(6), join([]byte{4}, text("rename old"), []byte{4}, pad, text("rename new")), nil, nil)
		ask(0x06, le16(6), join([]byte{4}, text("delete")), nil, nil)
		ask(0x00, nil, join([]byte{4}, text("mkdir")), nil, nil)
		ask(0x01, nil, join([]byte{4}, text("rmdir")), nil, nil)
		ask(0x08, nil, join([]byte{4}, text("query info")), make([]byte, 20), nil)
		ask(0x32, join(le16(18, 0, 10, 0xffff), []byte{0, 0}, le16(0), le32(0), le16(0, 18, 66, 0, 0), []byte{1, 0}, le16(1)), join([]byte{0, 0, 0}, le16(0x16, 512, 6, 0x104), le32(0), text("find first")), make([]byte, 20), nil)
		ask(0x25, join(le16(0, 20, 0, 0xffff), []byte{0, 0}, le16(0), le32(0), le16(0, 0, 0, 20, 90), []byte{2, 0}, le16(0x26, 9)), join(pad, text("pipe"), []byte(fmt.Sprintf("%-20.20s", p.Short("pipe data", 20)))), make([]byte, 20), nil)
		ask(0x74, join([]byte{0xff, 0}, le16(0)), nil, join([]byte{0xff, 0}, le16(0)), nil)
		n.TCP("smb", 139, turns...)
	}
}
