package dcerpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func corpus(t *testing.T) string {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	switch {
	case dir != "":
		return dir
	case os.Getenv("CI") == "":
		t.Skip("WARDKEEPER_CORPUS is not set")
	default:
		t.Fatal("WARDKEEPER_CORPUS is not set in CI")
	}
	return ""
}

func play(tr *sensetest.Trace) []string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return p.Play(tr)
}

func TestGolden(t *testing.T) {
	for _, f := range []string{"rpc"} {
		tr := sensetest.Load(t, "testdata/"+f+".pcap")
		sensetest.Golden(t, tr, "testdata/"+f+".golden", Analyzer())
		sensetest.Splits(t, tr, Analyzer())
		sensetest.Robust(t, tr, Analyzer())
	}
}

var (
	verbs = regexp.MustCompile(`"verb":"([^"]*)"`)
	reply = regexp.MustCompile(`"reply":true`)
)

// TestCorpus compares the number of requests and binds with tshark's on real
// attacks (tshark 4.0: dcerpc.pkt_type 0, and 11 or 14, over TCP).
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	for _, x := range []struct {
		file     string
		requests int
		want     []string
	}{
		{"attack-pcap/corelight+zerologon/testing/Traces/CVE-2020-1472_exploit_win2016.pcap", 859, []string{"dcerpc.zerologon", "dcerpc.zerologon-success", "NetrServerPasswordSet2", "NetrServerReqChallenge"}},
		{"robust/suricata-verify/tests/dcerpc/dcerpc-dce-iface-many/input.pcap", 0, nil},
		{"robust/suricata-verify/tests/dcerpc/dce-gap-handling/input.pcap", 0, nil},
		{"robust/suricata-verify/tests/dcerpc/dcerpc-dce-stub-data-03/input.pcap", 0, nil},
	} {
		tr := sensetest.Load(t, filepath.Join(dir, x.file))
		n := 0
		lines := play(tr)
		for _, l := range lines {
			m := verbs.FindStringSubmatch(l)
			if strings.Contains(l, `"kind":"act"`) && m[1] != "bind" && !reply.MatchString(l) {
				n++
			}
		}
		if x.requests > 0 && n != x.requests {
			t.Errorf("%s: %d requests, tshark has %d", x.file, n, x.requests)
		}
		out := strings.Join(lines, "\n")
		for _, w := range x.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %s", x.file, w)
			}
		}
		sensetest.Splits(t, tr, Analyzer())
		sensetest.Robust(t, tr, Analyzer())
	}
}

// TestPipe feeds a pipe's two directions as SMB does.
func TestPipe(t *testing.T) {
	// bind to svcctl, then OpenSCManagerW; written by hand after C706 12.6.4.
	bind := append([]byte{5, 0, 11, 3, 0x10, 0, 0, 0, 72, 0, 0, 0, 1, 0, 0, 0, 0xb8, 0x10, 0xb8, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0},
		0x81, 0xbb, 0x7a, 0x36, 0x44, 0x98, 0xf1, 0x35, 0xad, 0x32, 0x98, 0xf0, 0x38, 0x00, 0x10, 0x03, 2, 0, 0, 0)
	bind = append(bind, make([]byte, 20)...)
	call := []byte{5, 0, 0, 3, 0x10, 0, 0, 0, 28, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 15, 0, 1, 2, 3, 4}
	a := Analyzer()
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	var out sense.Output
	c.SetOutput(&out)
	e := sense.Envelope{Parent: "smb-pipe", Target: []byte("svcctl")}
	if !a.WantsChild(&e) {
		t.Fatal("pipe not wanted")
	}
	k := a.NewChild(c, &e)
	for _, b := range bytes.Split(append(bind, call...), nil) {
		k.Data(c, b)
	}
	k.Close(c)
	if len(out.Obs) != 2 || out.Obs[1].Act.Verb != "ROpenSCManagerW" || out.Obs[1].Act.Object != "svcctl" || out.Obs[1].Protocol != "dcerpc" {
		for i := range out.Obs {
			t.Error(string(out.Obs[i].AppendJSON(nil)))
		}
	}
}

func TestForeign(t *testing.T) {
	for name, b := range map[string]string{"http": "GET / HTTP/1.1\r\n\r\n", "socks": "\x05\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "zero": strings.Repeat("\x00", 64), "smb": "\x00\x00\x00\x45\xffSMBr\x00\x00\x00\x00\x18\x01\x48"} {
		if v := probe(sense.ToServer, []byte(b+strings.Repeat("x", 64)), 135); v != sense.No {
			t.Errorf("%s: %v", name, v)
		}
	}
}

func TestTable(t *testing.T) {
	if netlogon == nil || netlogon.ops[opAuthenticate3] != "NetrServerAuthenticate3" {
		t.Fatal("netlogon is not in the table")
	}
	u := parseUUID("12345678-1234-abcd-ef00-01234567cffb")
	if got := string(uuidText(u)); got != "12345678-1234-abcd-ef00-01234567cffb" {
		t.Error(got)
	}
	for _, x := range interfaceTable {
		if n := len(strings.Fields(x.ops)); n%2 != 0 || n == 0 {
			t.Error(fmt.Sprint(x.name, ": odd list of operations"))
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, c := range sensetest.Load(f, "testdata/rpc.pcap").Conversations {
		for _, p := range c.Pieces {
			f.Add(p.B, uint64(0))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint64) {
		for _, l := range sensetest.Stream(Analyzer(), b, how) {
			if !strings.HasPrefix(l, "limit ") && !json.Valid([]byte(l)) {
				t.Error("not JSON:", l)
			}
		}
	})
}
