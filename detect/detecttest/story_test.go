package detecttest

import (
	"os"
	"path/filepath"
	"testing"
)

func TestReadStory(t *testing.T) {
	dir := t.TempDir()
	read := func(text string) (*Story, error) {
		file := filepath.Join(dir, "x.story")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return ReadStory(file)
	}
	s, err := read(`# all kinds
at 2026-01-01T00:00:00Z
zone icu
device 10.0.0.1 infusion pump
any order
repeat 3 every 2s
+1m [2001:db8::{i}]:80/00:1c:59:00:00:05 > 10.0.0.1 - flow tcp state=reset to=1 from=2 bytes_to=3 bytes_from=4 ago=1s midstream onesided encrypted
+2m 10.0.0.1 > - x sighting "where from" service="tls 1.0"@50 os=Linux subject=mac:00:11:22:33:44:55 behind
+3m 10.0.0.1:1 > 10.0.0.2:2 x act GET object=o outcome=ok reply clear count=2 bytes=3 actor=anna patient=patient:p .name="a b"
+4m 10.0.0.1:1 > 10.0.0.2:2 x dose running therapy=infusion value=1.5 unit=mL/h patient=patient:p .mode=continuous
+5m 10.0.0.1:1 > 10.0.0.2:2 x anomaly x.code count=2 detail=d
+6m tick
expect X-01 low count=1 title="a b" attackers=a victims=b,c confidence=5
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Observations) != 8 || !s.AnyOrder || s.Categories["10.0.0.1"] != "infusion pump" || s.Expect[0].Title != "a b" {
		t.Errorf("%+v", s)
	}
	o := s.Observations[2]
	if o.Time.String() != "2026-01-01T00:01:04Z" || o.Src.IP.String() != "2001:db8::3" || o.Src.Port != 80 || o.Zone != "icu" || !o.Flow.Midstream || o.Flow.BytesFrom != 4 {
		t.Errorf("%+v %+v", o, o.Flow)
	}
	if a := s.Observations[4].Act; a.Attrs[0].Value != "a b" || !a.Reply || a.Actor.Zero() || a.Patient.Kind.String() != "patient" {
		t.Errorf("%+v", a)
	}
	for _, bad := range []string{"", "nonsense", "+1s", "+1s a > b c act GET", "+x 10.0.0.1 > 10.0.0.2 x act GET", "+1s 10.0.0.1 > 10.0.0.2 x wish GET\nsilent",
		"+1s 10.0.0.1 > 10.0.0.2 x act GET colour=red\nsilent", "+1s 10.0.0.1 > 10.0.0.2 x act \"GET\nsilent", "expect X", "expect X-01 low colour=red", "at noon",
		"repeat many every 1s", "+1s 10.0.0.1/zz > - x act GET\nsilent", "+1s 10.0.0.1 > - x flow tcp to=many\nsilent"} {
		if _, err := read(bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}
