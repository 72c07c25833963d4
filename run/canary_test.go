package run

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wardkeeper/run/canary"
)

// The proof of the second law: identities are planted in every string field of every
// protocol, everything that writes is run, and no byte written may show one.

// written is everything that a run wrote, by name.
type written struct {
	t      *testing.T
	finder *canary.Finder
	leaks  map[string]canary.Hit // by needle
	bytes  int
	found  func(where string)
}

func (w *written) search(where string, b []byte) {
	w.bytes += len(b)
	for _, h := range w.finder.Search(where, b) {
		if w.found != nil {
			w.found(where)
		}
		if _, ok := w.leaks[h.Needle]; !ok {
			w.leaks[h.Needle] = h
		}
	}
}

// watched looks into the folder's files (database, write-ahead log, temporary files)
// each time that something is written to it.
type watched struct {
	bytes.Buffer
	w   *written
	dir string
	n   int
}

func (o *watched) Write(b []byte) (int, error) {
	if o.n++; o.n%64 == 1 || bytes.Contains(b, []byte(`"kind":"summary"`)) {
		o.w.files("while reading, ", o.dir)
	}
	return o.Buffer.Write(b)
}

func (w *written) files(when, dir string) {
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".pcap") {
			return nil // temporary files come and go
		}
		b, err := os.ReadFile(path)
		if err == nil {
			w.search(when+filepath.Base(path), b)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// all runs everything that writes on the captures and searches what came.
func (w *written) all(captures ...string) (lines []byte) {
	t := w.t
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	temp := filepath.Join(dir, "tmp")
	if err := os.MkdirAll(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	o := ReadOptions{Inputs: captures, Key: filepath.Join(t.TempDir(), "key")}
	var text, notes bytes.Buffer
	if err := Read(t.Context(), o, &text, &notes); err != nil {
		t.Fatal(err)
	}
	o.JSON, o.HTML, o.DB = true, filepath.Join(dir, "report.html"), filepath.Join(dir, "ward.db")
	out := &watched{w: w, dir: dir}
	if err := Read(t.Context(), o, out, &notes); err != nil {
		t.Fatal(err)
	}
	w.search("summary", text.Bytes())
	w.search("JSON", out.Bytes())
	w.search("notes", notes.Bytes())
	w.files("", dir)
	w.database(o.DB)
	w.queries(o.DB)
	return out.Bytes()
}

// database searches every value of every table, compressed ones unpacked.
func (w *written) database(path string) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		w.t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			w.t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if err := rows.Err(); err != nil || len(tables) < 3 {
		w.t.Fatal("tables: ", tables, err)
	}
	for _, table := range tables {
		w.table(db, table)
	}
}

func (w *written) table(db *sql.DB, table string) {
	rows, err := db.Query(`SELECT * FROM "` + table + `"`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var all bytes.Buffer
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new([]byte)
		}
		if err := rows.Scan(values...); err != nil {
			w.t.Fatal(err)
		}
		for _, v := range values {
			b := *(v.(*[]byte))
			if bytes.HasPrefix(b, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
				w.search("table "+table, b)
				continue
			}
			all.Write(b)
			all.WriteByte(1)
		}
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	w.search("table "+table, all.Bytes())
}

func (w *written) queries(db string) {
	ctx := w.t.Context()
	ask := func(where string, f func(io.Writer) error) []byte {
		var out bytes.Buffer
		if err := f(&out); err != nil {
			w.search("error of "+where, []byte(err.Error()))
		}
		w.search(where, out.Bytes())
		return out.Bytes()
	}
	list := func(o QueryOptions) func(io.Writer) error {
		return func(out io.Writer) error { o.DB = db; return Devices(ctx, o, out) }
	}
	ask("devices", list(QueryOptions{}))
	ask("devices --csv", list(QueryOptions{CSV: true}))
	asJSON := ask("devices --json", list(QueryOptions{JSON: true}))
	const asked = 20
	for i, line := range bytes.Split(asJSON, []byte("\n")) {
		var d struct{ ID string }
		if len(line) == 0 || i%max(1, bytes.Count(asJSON, []byte("\n"))/asked) != 0 {
			continue
		}
		if err := json.Unmarshal(line, &d); err != nil {
			w.t.Fatal(err)
		}
		for _, o := range []QueryOptions{{DB: db}, {DB: db, JSON: true}, {DB: db, CSV: true}} {
			ask("device", func(out io.Writer) error { return Device(ctx, o, d.ID, out) })
		}
	}
}

// report fails the test with what leaked, once for each field.
func (w *written) report(most int) {
	w.t.Helper()
	n := 0
	for _, needle := range slices.SortedFunc(maps.Keys(w.leaks), func(a, b string) int { return strings.Compare(w.leaks[a].Planted, w.leaks[b].Planted) }) {
		if n++; n <= most {
			w.t.Error(w.leaks[needle])
		}
	}
	if n > 0 {
		w.t.Errorf("%d identities leaked", n)
	}
	w.t.Logf("%d needles looked for in %d MB", w.finder.Len(), w.bytes>>20)
}

// recognised checks that each conversation was taken for what it is.
func recognised(t *testing.T, expected map[string]string, lines []byte) {
	t.Helper()
	seen := map[string]map[string]bool{}
	note := func(address, protocol string) {
		if seen[address] == nil {
			seen[address] = map[string]bool{}
		}
		seen[address][protocol] = true
	}
	for line := range bytes.Lines(lines) {
		var o struct {
			Kind, Protocol string
			Src, Dst       struct{ IP, MAC string }
		}
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		switch o.Kind {
		case "flow", "act", "sighting", "dose", "anomaly":
			for _, a := range []string{o.Src.IP, o.Dst.IP, o.Src.MAC, o.Dst.MAC} {
				if a != "" {
					note(a, o.Protocol)
				}
			}
		}
	}
	missing, found := map[string]int{}, map[string]int{}
	for address, protocol := range expected {
		if protocol == "" {
			continue
		}
		if seen[address][protocol] {
			found[protocol]++
			continue
		}
		if missing[protocol]++; missing[protocol] == 1 {
			t.Errorf("%s: a %s conversation was taken for %v", address, protocol, slices.Sorted(maps.Keys(seen[address])))
		}
	}
	for protocol, n := range missing {
		t.Errorf("%s: %d of %d conversations were not recognised", protocol, n, n+found[protocol])
	}
	t.Log("recognised:", found)
}

// shortRounds is how many forms each field has by default; all of them, and every
// damage, with WARDKEEPER_THOROUGH (make proof).
const shortRounds = 2

func thorough() bool { return os.Getenv("WARDKEEPER_THOROUGH") != "" }

func TestCanary(t *testing.T) {
	rounds := len(canary.Forms)
	if !thorough() {
		rounds = shortRounds
	}
	for round := range rounds {
		t.Run(fmt.Sprint("round", round), func(t *testing.T) { canaryRound(t, round) })
	}
}

func canaryRound(t *testing.T, round int) {
	finder := canary.NewFinder()
	plant := canary.NewPlant(finder)
	plant.Round = round
	dir := t.TempDir()
	w := &written{t: t, finder: finder, leaks: map[string]canary.Hit{}}
	n := canary.Ether(plant)
	files := map[string]int{"ether": canary.Ethernet, "ble": canary.BLE, "hci": canary.HCI}
	frames := map[string][][]byte{"ether": n.Frames, "ble": canary.Air(plant), "hci": canary.Log(plant)}
	var captures []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name+".pcap")
		if err := canary.WritePcap(path, files[name], frames[name]); err != nil {
			t.Fatal(err)
		}
		captures = append(captures, path)
	}
	lines := w.all(captures...)
	recognised(t, n.Expected, lines)
	if !bytes.Contains(lines, []byte(`"protocol":"ble"`)) {
		t.Error("no ble")
	}
	w.report(50)
	if round == 0 {
		t.Log("fields:\n" + plant.Table())
	}
}

// TestCanaryOnePerson: the same person everywhere, and the short writings of dates.
// Names of the stop-list are searched for too.
func TestCanaryOnePerson(t *testing.T) {
	finder := canary.NewFinder()
	plant := canary.NewPlant(finder)
	one := canary.New(424242)
	plant.One = &one
	finder.Add("the one person", one.Needles(true)...)
	w := &written{t: t, finder: finder, leaks: map[string]canary.Hit{}}
	for round := range 2 {
		if !thorough() && round > 0 {
			break
		}
		plant.Round = round * 11
		n := canary.Ether(plant)
		path := filepath.Join(t.TempDir(), "one.pcap")
		if err := canary.WritePcap(path, canary.Ethernet, n.Frames); err != nil {
			t.Fatal(err)
		}
		w.all(path)
	}
	w.report(50)
}

// TestCanaryDamaged: what is said about damaged traffic and captures shows nobody.
func TestCanaryDamaged(t *testing.T) {
	finder := canary.NewFinder()
	plant := canary.NewPlant(finder)
	n := canary.Ether(plant)
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	w := &written{t: t, finder: finder, leaks: map[string]canary.Hit{}}
	damage := map[string]func([]byte) []byte{
		"flipped": func(b []byte) []byte {
			b = bytes.Clone(b)
			const payload = 42
			for range 1 + r.IntN(2) {
				if len(b) > payload && r.IntN(3) == 0 {
					b[payload+r.IntN(len(b)-payload)] ^= 1 << r.IntN(8)
				}
			}
			return b
		},
		"shortened": func(b []byte) []byte {
			if r.IntN(4) == 0 {
				return b[:14+r.IntN(max(1, len(b)-14))]
			}
			return b
		},
		"lost": func(b []byte) []byte {
			if r.IntN(10) == 0 {
				return nil
			}
			return b
		},
	}
	for _, name := range slices.Sorted(maps.Keys(damage)) {
		var frames [][]byte
		for _, f := range n.Frames {
			if f = damage[name](f); f != nil {
				frames = append(frames, f)
			}
		}
		if !thorough() && name != "flipped" {
			continue
		}
		path := filepath.Join(dir, name+".pcap")
		if err := canary.WritePcap(path, canary.Ethernet, frames); err != nil {
			t.Fatal(err)
		}
		w.all(path)
	}
	w.broken(dir, n)
	w.report(50)
}

// broken reads captures whose framing is damaged and searches what is said of them.
func (w *written) broken(dir string, n *canary.Net) {
	t := w.t
	path := filepath.Join(dir, "whole.pcap")
	if err := canary.WritePcap(path, canary.Ethernet, n.Frames); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	spoken := 0
	for i := range 40 {
		b := bytes.Clone(whole)
		switch i % 4 {
		case 0:
			b = b[:len(b)*(i+1)/41]
		case 1: // an impossible length somewhere
			at := 24
			for k := i * 50; k > 0 && at+16 < len(b); k-- {
				at += 16 + int(b[at+8]) + int(b[at+9])<<8
			}
			copy(b[at+8:], []byte{0xff, 0xff, 0xff, 0x7f})
		case 2: // no capture at all, but full of names
			b = b[24+16*i+i:]
		case 3:
			b[20] = byte(100 + i) // link type
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		var out, notes bytes.Buffer
		err := Read(t.Context(), ReadOptions{Inputs: []string{path}, Key: filepath.Join(dir, "key")}, &out, &notes)
		if err != nil {
			notes.WriteString(err.Error())
		}
		if notes.Len() > 0 {
			spoken++
		}
		w.search("notes of a broken capture", notes.Bytes())
		w.search("summary of a broken capture", out.Bytes())
	}
	if spoken < 20 {
		t.Errorf("only %d of 40 broken captures were spoken of", spoken)
	}
}

// TestCanaryFinds: the search finds what is there, in each encoding.
func TestCanaryFinds(t *testing.T) {
	id := canary.New(7)
	number := id.MRN
	digits := func(s, between string) string { return s[:3] + between + s[3:5] + between + s[5:] }
	utf16 := func(s string, first bool) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			if first {
				b.WriteString("\x00" + string(c))
			} else {
				b.WriteString(string(c) + "\x00")
			}
		}
		return b.String()
	}
	each := func(s, format string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
	pack := func(s string, open func(io.Writer) io.WriteCloser) string {
		var b bytes.Buffer
		z := open(&b)
		if _, err := io.WriteString(z, s); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	writings := map[string]func(string) string{
		"plain": func(s string) string { return s }, "upper": strings.ToUpper, "lower": strings.ToLower, "inside": func(s string) string { return "pacs-" + s + "-pc" },
		"base64":  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base641": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("a" + s + " z")) },
		"base642": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("ab" + s + "??>")) },
		"hex":     func(s string) string { return hex.EncodeToString([]byte(s)) }, "HEX": func(s string) string { return "0X" + strings.ToUpper(hex.EncodeToString([]byte(s))) },
		"odd hex":  func(s string) string { return "a" + hex.EncodeToString([]byte(s)) },
		"utf-16le": func(s string) string { return utf16(s, false) }, "utf-16be": func(s string) string { return utf16(s, true) }, "odd utf-16": func(s string) string { return "x" + utf16(s, false) },
		"url": func(s string) string { return each(s, "%%%02x") }, "some url": func(s string) string { return s[:2] + url.PathEscape("") + fmt.Sprintf("%%%02X", s[2]) + s[3:] },
		`\u`: func(s string) string { return each(s, `\u%04x`) }, `\x`: func(s string) string { return each(s, `\x%02x`) }, "html": func(s string) string { return each(s, "&#%d;") }, "html hex": func(s string) string { return each(s, "&#x%X;") },
		"quoted-printable": func(s string) string { return each(s, "=%02X") }, "soft break": func(s string) string { return s[:3] + "=\r\n" + s[3:] },
		"gzip": func(s string) string { return pack(s, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }) },
		"zlib": func(s string) string { return pack(s, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }) },
		"base64 gzip": func(s string) string {
			return base64.StdEncoding.EncodeToString([]byte(pack(s, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })))
		},
		"zstd": func(s string) string {
			return pack(s, func(w io.Writer) io.WriteCloser {
				z, err := zstd.NewWriter(w)
				if err != nil {
					t.Fatal(err)
				}
				return z
			})
		},
	}
	values := []string{id.Family, id.Given, id.Family + "^" + id.Given, id.Given + " " + id.Family, id.Staff, id.Street, number, "MRN" + number, id.SSN, digits(id.SSN, "-"), id.Accession,
		id.Birth.Format("20060102"), id.Birth.Format("02.01.2006"), id.Birth.Format("01/02/2006"), id.Birth.Format("2006-01-02"), id.Birth.Format("02012006")}
	for _, v := range values {
		for name, write := range writings {
			f := canary.NewFinder()
			f.Add("here", id.Needles(false)...)
			if hits := f.Search("a file", []byte(`{"x":"`+write(v)+`","y":1}`)); len(hits) == 0 {
				t.Errorf("%s of %q was not found", name, v)
			}
			if hits := f.Search("a file", []byte(`{"x":"~k3f0000000","y":"patient.1.7zk3m9qv2h5t8w1x4b6n0c3d5f"}`)); len(hits) > 0 {
				t.Errorf("%v", hits)
			}
		}
	}
}

// TestCanaryIsHeard: an analysis that let one identity through would be found, in all
// that is written.
func TestCanaryIsHeard(t *testing.T) {
	// A capture's file name is shown as it is: put a person's there.
	finder := canary.NewFinder()
	id := canary.New(99)
	finder.Add("the file's name", strings.ToLower(id.Family))
	plant := canary.NewPlant(canary.NewFinder())
	path := filepath.Join(t.TempDir(), id.Family+".pcap")
	if err := canary.WritePcap(path, canary.Ethernet, canary.Ether(plant).Frames[:500]); err != nil {
		t.Fatal(err)
	}
	places := map[string]bool{}
	w := &written{t: t, finder: finder, leaks: map[string]canary.Hit{}}
	w.found = func(where string) { places[where] = true }
	w.all(path)
	for _, where := range []string{"summary", "JSON", "report.html", "while reading, ward.db-wal", "table runs", "table frames", "device", "devices --json"} {
		if !places[where] {
			t.Errorf("not heard in %s, only in %v", where, slices.Sorted(maps.Keys(places)))
		}
	}
}
