package ssh

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func play(pieces ...sensetest.Piece) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(sensetest.TCP(22, pieces...)), "\n")
}

func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
}

// packet builds an unencrypted packet.
func packet(payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload)+5))
	b = append(append(b, 4), payload...)
	return append(b, 0, 0, 0, 0)
}

func kexinit(lists ...string) []byte {
	b := append([]byte{msgKexInit}, make([]byte, 16)...)
	for _, l := range lists {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(l))), l...)
	}
	return packet(append(b, 0, 0, 0, 0, 0))
}

const banner = "SSH-2.0-OpenSSH_5.3\r\n"

// The vector is the method's authors' for OpenSSH 5.3.
func TestHASSHPublished(t *testing.T) {
	const (
		kex = "diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1"
		enc = "aes128-ctr,aes192-ctr,aes256-ctr,arcfour256,arcfour128,aes128-cbc,3des-cbc,blowfish-cbc,cast128-cbc,aes192-cbc,aes256-cbc,arcfour,rijndael-cbc@lysator.liu.se"
		mac = "hmac-md5,hmac-sha1,umac-64@openssh.com,hmac-ripemd160,hmac-ripemd160@openssh.com,hmac-sha1-96,hmac-md5-96"
		zip = "none,zlib@openssh.com"
	)
	const want = "b1c6c0d56317555b85c7005a3de29325"
	server := kexinit(kex, "ssh-rsa", "x", enc, "x", mac, "x", zip, "", "")
	expect(t, play(sensetest.Down(append([]byte(banner), server...))), "hasshserver "+want, `"value":"ssh weak cipher"`)
	client := kexinit(kex, "ssh-rsa", enc, "x", mac, "x", zip, "x", "", "")
	expect(t, play(sensetest.Up(append([]byte(banner), client...))), "hassh "+want)
}

func TestBanners(t *testing.T) {
	for in, want := range map[string]string{
		banner:                             `"value":"software(OpenSSH_5.3)"`,
		"SSH-1.99-Cisco-1.25\n":            `"value":"ssh 1"`,
		"SSH-1.5-OldThing\n":               `"value":"ssh 1"`,
		"Authorised use only\r\n" + banner: `"value":"software(OpenSSH_5.3)"`,
	} {
		expect(t, play(sensetest.Down([]byte(in))), want)
	}
	expect(t, play(sensetest.Up([]byte(banner)), sensetest.Up([]byte{0xff, 0xff, 0xff, 0xff, 0, 0})), "ssh.bad-packet")
	if got := play(sensetest.Down([]byte("SSH-1.99-x\n")), sensetest.Down([]byte{0xff, 0xff, 0xff, 0xff, 0, 0})); strings.Contains(got, "anomaly") {
		t.Error("SSH-1 packets are no misuse: ", got)
	}
}

// A name that is in no registry is text like any other.
func TestUnknownAlgorithm(t *testing.T) {
	list := make([]string, 10)
	for i := range list {
		list[i] = fmt.Sprintf("kowalczyk%d@example", i)
	}
	up, down := append([]byte(banner), kexinit(list...)...), append([]byte(banner), kexinit(list...)...)
	expect(t, play(sensetest.Up(up), sensetest.Down(down)), `"kex":"code(kowalczyk0@example)"`)
	sensetest.Hidden(t, sensetest.TCP(22, sensetest.Up(up), sensetest.Down(down)), []string{"kowalczyk"}, Analyzer())
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		in   string
		at   uint16
		want sense.Verdict
	}{
		{"", 2200, sense.More}, {"SSH", 2200, sense.More}, {"SSH-2.0", 2200, sense.Yes}, {"SSH-x.0", 2200, sense.No},
		{"HTTP", 2200, sense.No}, {"Welcome\r\n", 22, sense.More}, {"Welcome\r\nSSH-2.0-x\r\n", 22, sense.Yes},
		{"Welcome\r\n", 2200, sense.No}, {"\x00\x01\x02\x03\x04", 22, sense.No},
	} {
		if got := probe(sense.ToClient, []byte(c.in), c.at); got != c.want {
			t.Errorf("%q on %d: %d", c.in, c.at, got)
		}
	}
}
