package privacy

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"wardkeeper/ward"
)

var someone = []byte("4711-0815")

func vocabulary(t testing.TB) *Vocabulary {
	t.Helper()
	v, err := NewVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func token(t testing.TB, k *Keeper) ward.Token {
	t.Helper()
	return k.Scrubber(&Vocabulary{}).Token(ward.TokenPatient, []byte("Hospital"), someone)
}

func TestKeyFile(t *testing.T) {
	for name, passphrase := range map[string]string{"plain": "", "sealed": "correct horse"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(PassphraseEnv, passphrase)
			path := filepath.Join(t.TempDir(), "keys")
			made, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			st, err := os.Stat(path)
			if err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
				t.Fatalf("mode %v, %v", st.Mode(), err)
			}
			again, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if token(t, made) != token(t, again) || *made.current().key(forDigest) != *again.current().key(forDigest) {
				t.Error("the loaded keys are not those that were saved")
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
			old := token(t, made)
			if err := made.Rotate(time.Unix(1e9, 0)); err != nil {
				t.Fatal(err)
			}
			if !errors.Is(made.Rotate(time.Unix(1e9, 0)), ErrOverlap) {
				t.Error("a rotation within the overlap is not refused")
			}
			again, err = Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if again.Epoch() != 2 || !again.Overlap() || again.Since() != time.Unix(1e9, 0).UTC() {
				t.Errorf("epoch %d since %v, overlap %v", again.Epoch(), again.Since(), again.Overlap())
			}
			s := again.Scrubber(&Vocabulary{})
			now := s.Token(ward.TokenPatient, []byte("Hospital"), someone)
			s.Token(ward.TokenPatient, []byte("Hospital"), someone)
			pairs := s.TakePairs()
			if len(pairs) != 1 || pairs[0] != (Pair{old, now}) || now.Epoch != 2 {
				t.Errorf("pairs %v, want one of %v and %v", pairs, old, now)
			}
			if err := again.Retire(); err != nil {
				t.Fatal(err)
			}
			if again, err = Load(path); err != nil || again.Overlap() || token(t, again) != now {
				t.Errorf("after Retire: %v", err)
			}
		})
	}
}

func TestKeyFileRefused(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	if _, err := Open(good); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(PassphraseEnv, "one")
	sealed := filepath.Join(dir, "sealed")
	if _, err := Open(sealed); err != nil {
		t.Fatal(err)
	}
	s, err := os.ReadFile(sealed)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content, passphrase, want string
		mode                      fs.FileMode
	}{
		"readable":         {string(b), "", "chmod 600", 0o640},
		"other":            {"something else\n", "", "is not a Wardkeeper key file", 0o600},
		"empty":            {"", "", "is not a Wardkeeper key file", 0o600},
		"newer":            {"wardkeeper keys 9\n", "", "does not know", 0o600},
		"cut":              {string(b[:len(b)-30]), "", "damaged", 0o600},
		"flipped":          {strings.Replace(string(b), "epoch 1 ", "epoch 2 ", 1), "", "damaged", 0o600},
		"sealed":           {string(s), "", "set " + PassphraseEnv, 0o600},
		"wrong passphrase": {string(s), "two", "another passphrase", 0o600},
		"large":            {strings.Repeat("x", maxKeyFile+1), "", "too large", 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "readable" && runtime.GOOS == "windows" {
				t.Skip("modes mean nothing here")
			}
			t.Setenv(PassphraseEnv, c.passphrase)
			path := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(path, []byte(c.content), c.mode); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			if !errors.Is(err, ErrKeyFile) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if now, _ := os.ReadFile(path); string(now) != c.content {
				t.Error("the refused file was changed")
			}
		})
	}
}

func TestPurposes(t *testing.T) {
	k, err := Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	other, err := Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[keySize]byte]bool{}
	for _, k := range []*Keeper{k, other} {
		for p := range purposes {
			key := *k.current().key(p)
			if seen[key] || key == [keySize]byte{} {
				t.Errorf("the key for %s is not its own", purposeNames[p])
			}
			seen[key] = true
		}
	}
}

func TestToken(t *testing.T) {
	k, err := Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	s := k.Scrubber(vocabulary(t))
	tok := func(kind ward.TokenKind, authority, value string) ward.Token {
		return s.Token(kind, []byte(authority), []byte(value))
	}
	a := tok(ward.TokenPatient, "Hospital", "0012")
	if a != tok(ward.TokenPatient, " HOSPITAL\x00", " 0012 \r") {
		t.Error("space or the authority's case counts")
	}
	for _, b := range []ward.Token{tok(ward.TokenVisit, "hospital", "0012"), tok(ward.TokenPatient, "hospital", "12"),
		tok(ward.TokenPatient, "", "0012"), tok(ward.TokenPatient, "hospital0", "012"), tok(ward.TokenStudy, "hospital", "0012")} {
		if a.Sum == b.Sum {
			t.Errorf("%v and %v are one", a, b)
		}
	}
	if !tok(ward.TokenPatient, "x", " \x00").Zero() || !tok(ward.TokenNone, "", "x").Zero() {
		t.Error("a token for nothing")
	}
	if a.Epoch != 1 || a.Kind != ward.TokenPatient {
		t.Errorf("token %v", a)
	}
}

func TestNoCoreDumps(t *testing.T) {
	if err := NoCoreDumps(); err != nil {
		t.Error(err)
	}
}
