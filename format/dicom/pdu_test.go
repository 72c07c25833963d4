package dicom

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var (
	echo = []byte("\x04\x00\x00\x00\x00\x4a\x00\x00\x00\x46\x01\x03" +
		"\x00\x00\x00\x00\x04\x00\x00\x00\x38\x00\x00\x00" + "\x00\x00\x02\x00\x12\x00\x00\x00" + "1.2.840.10008.1.1\x00" +
		"\x00\x00\x00\x01\x02\x00\x00\x00\x30\x00" + "\x00\x00\x10\x01\x02\x00\x00\x00\x01\x00" + "\x00\x00\x00\x08\x02\x00\x00\x00\x01\x01")
	release = []byte("\x05\x00\x00\x00\x00\x04\x00\x00\x00\x00")
)

// frames writes down what a Framer finds; fragments that are cut are joined.
func frames(b []byte, cuts uint64) string {
	var f Framer
	var log strings.Builder
	rnd := rand.New(rand.NewPCG(cuts, 1))
	for len(b) > 0 {
		n := len(b)
		if cuts > 0 {
			n = 1 + rnd.IntN(min(n, 9))
		}
		rest := b[:n]
		b = b[n:]
		for {
			var e Event
			e, rest = f.Next(rest)
			if e.Kind == NeedMore {
				break
			}
			if e.Kind == Misfit {
				return log.String() + "misfit"
			}
			if e.Kind == PDUStart {
				fmt.Fprintf(&log, "\n%v %d", e.Type, e.Length)
				continue
			}
			if e.First {
				fmt.Fprintf(&log, " [%d %v %v ", e.Context, e.Command, e.Last)
			}
			fmt.Fprintf(&log, "%x", e.Bytes)
			if e.End {
				log.WriteByte(']')
			}
		}
	}
	return log.String()
}

func TestFramer(t *testing.T) {
	two := []byte("\x04\x00\x00\x00\x00\x13\x00\x00\x00\x05\x01\x00abc\x00\x00\x00\x02\x01\x02\x00\x00\x00\x00")
	b := bytes.Join([][]byte{two, release, echo[:12]}, nil)
	want := "\nP-DATA-TF 19 [1 false false 616263] [1 false true ] [0 false false 00000000]\nA-RELEASE-RQ 4 [0 false false 00000000]\nP-DATA-TF 74"
	for cuts := range uint64(20) {
		if got := frames(b, cuts); got != want {
			t.Fatalf("cut %d: %q, want %q", cuts, got, want)
		}
	}
	for name, bad := range map[string]string{
		"type": "\x09\x00\x00\x00\x00\x04", "no fragment": "\x04\x00\x00\x00\x00\x02\x00\x00", "fragment longer than PDU": "\x04\x00\x00\x00\x00\x0a\x00\x00\x00\x09\x01\x00",
		"release too long": "\x05\x00\x00\x00\x00\x05", "association too short": "\x01\x00\x00\x00\x00\x10",
	} {
		if got := frames([]byte(bad), 0); !strings.HasSuffix(got, "misfit") {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestFind(t *testing.T) {
	for name, tt := range map[string]struct {
		b     string
		at    int
		found bool
	}{
		"command":       {"\x04\x04\x00" + string(echo), 3, true},
		"data":          {"xx\x04\x00\x00\x00\x00\x09\x00\x00\x00\x05\x03\x02abc", 2, true},
		"even context":  {"\x04\x00\x00\x00\x00\x09\x00\x00\x00\x05\x02\x02abc", 15, false},
		"part":          {"xxxx" + string(echo[:13]), 4, false},
		"nothing":       {strings.Repeat("\x04\x00\x00\x00", 20), 69, false},
		"other command": {"\x04\x00\x00\x00\x00\x12\x00\x00\x00\x0e\x01\x03abcdefgh----", 24, false},
	} {
		if at, found := Find([]byte(tt.b)); found != tt.found || found && at != tt.at || !found && at < tt.at-findBytes {
			t.Errorf("%s: %d %v", name, at, found)
		}
	}
}

func TestSkip(t *testing.T) {
	var f Framer
	_, rest := f.Next(echo[:20])
	e, _ := f.Next(rest)
	if e.Kind != PDVBody || !f.Skip(60) || f.Skip(60) {
		t.Error("60 of 68 bytes are within the fragment")
	}
}

func TestParseCommand(t *testing.T) {
	c, ok := ParseCommand(echo[12:])
	if !ok || c.Field != CEcho || c.MessageID != 1 || c.DataSet || string(c.SOPClass) != "1.2.840.10008.1.1" {
		t.Errorf("%+v %v", c, ok)
	}
	for n := range len(echo) - 12 {
		if _, ok := ParseCommand(echo[12 : 12+n]); ok && n < 48 {
			t.Errorf("accepted at %d bytes", n)
		}
	}
}

func TestNames(t *testing.T) {
	for uid, want := range map[string]string{"1.2.840.10008.5.1.4.1.1.2": "CT Image Storage", "1.2.840.10008.1.1\x00": "Verification",
		"1.2.840.10008.5.1.4.31": "Modality Worklist Information Model - FIND", "1.2.840.10008.5.1.4.1.1.2.9": "", "1.2.3": "", "": ""} {
		if got, _, _ := SOPClass([]byte(uid)); got != want {
			t.Errorf("%s: %q", uid, got)
		}
	}
	for i := range sopClasses {
		if name, _, ok := SOPClass([]byte(uidRoot + sopClasses[i].suffix)); !ok || name != sopClasses[i].name {
			t.Errorf("%s is out of order", sopClasses[i].suffix)
		}
	}
	for i := range transferSyntaxes {
		if name, _, ok := TransferSyntax([]byte(uidRoot + transferSyntaxes[i].suffix)); !ok || name != transferSyntaxes[i].name {
			t.Errorf("%s is out of order", transferSyntaxes[i].suffix)
		}
	}
	for uid, want := range map[string]bool{"1.2.276.0.7230010.3.0.3.6.7": true, "1.2.840.113619.6.408": true,
		"1.2.840.113619.12345678": false, "1.2.840.1136190.1": false, "1.3.12.2.1107.5.1.2.3.4.5.6.7.8": false, "1.2.3.4": false} {
		if m, plain := Implementation([]byte(uid)); plain != want || plain && m.Name == "" {
			t.Errorf("%s: %+v %v", uid, m, plain)
		}
	}
}

// TestCorpus reads single PDUs, items and commands that another project tests with.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "dicom-pdu", "*", "*.bin"))
	if len(files) == 0 {
		t.Fatal("no PDUs")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch base := filepath.Base(file); {
		case strings.Contains(base, "__a_") || strings.Contains(base, "p_data"):
			whole := frames(b, 0)
			// One states less than it holds.
			if !strings.Contains(whole, "]") || frames(b, 3) != whole {
				t.Errorf("%s: %s", base, whole)
			}
		case strings.HasPrefix(base, "dimse") && strings.Contains(base, "cmd"):
			// The first octet is the message control header.
			if c, ok := ParseCommand(b[1:]); !ok || c.Field.String() == "" {
				t.Errorf("%s: %+v", base, c)
			}
		}
	}
}

func FuzzFramer(f *testing.F) {
	f.Add(echo, uint64(1))
	f.Add(append(bytes.Clone(release), echo...), uint64(2))
	f.Fuzz(func(t *testing.T, b []byte, cuts uint64) {
		if whole, got := frames(b, 0), frames(b, cuts|1); whole != got {
			t.Errorf("cut differently: %q, whole: %q", got, whole)
		}
		if at, _ := Find(b); at > len(b) {
			t.Error("found beyond the end")
		}
		ParseCommand(b)
		if a, ok := ParseAssociate(b); ok {
			for items := a.Items(); ; {
				_, v, ok := items.Next()
				if !ok {
					break
				}
				ParseContext(v)
				ParseRole(v)
				ParseUserIdentity(v)
			}
		}
		MetaElement(b)
		Guess(b)
		Implementation(b)
	})
}
