package run

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
}

func (w *written) search(where string, b []byte) {
	w.bytes += len(b)
	for _, h := range w.finder.Search(where, b) {
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
	if o.n++; o.n%8 == 1 || bytes.Contains(b, []byte(`"kind":"summary"`)) {
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

// rounds is how many forms each field has in a short test.
const shortRounds = 2

func TestCanary(t *testing.T) {
	rounds := len(canary.Forms)
	if testing.Short() {
		rounds = shortRounds
	}
	finder := canary.NewFinder()
	plant := canary.NewPlant(finder)
	dir := t.TempDir()
	w := &written{t: t, finder: finder, leaks: map[string]canary.Hit{}}
	for round := range rounds {
		plant.Round = round
		n := canary.NewNet()
		canary.AddTo(n, plant)
		files := map[string]int{"ether": canary.Ethernet, "ble": canary.BLE, "hci": canary.HCI}
		frames := map[string][][]byte{"ether": n.Frames, "ble": canary.Air(plant), "hci": canary.Log(plant)}
		var captures []string
		for _, name := range slices.Sorted(maps.Keys(files)) {
			path := filepath.Join(dir, fmt.Sprintf("%s%d.pcap", name, round))
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
	}
	w.report(200)
	t.Log("fields:\n" + plant.Table())
}
