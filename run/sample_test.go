package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"wardkeeper/ward"
)

// What the sample's devices must at least be known as; in per cent.
const (
	wantCategory = 90 // mean over the categories
	wantMaker    = 85
	wantModel    = 70 // where the traffic states it
	wantMistaken = 1  // at most: wrong and sure of it
	sure         = 70 // from this confidence on
)

// truth is testdata/ward.labels.json, made along with the capture.
type truth struct {
	Private []string
	Devices []labelled
}

// labelled is a device of the sample and what it is.
type labelled struct {
	Name, IP, Maker, Model string
	Key, Value             string   // find it by this field where it has no address
	Category               []string // the first is what it mostly is; any is right
}

func readTruth(t *testing.T) (l truth) {
	t.Helper()
	b, err := os.ReadFile("../testdata/ward.labels.json")
	if err == nil {
		err = json.Unmarshal(b, &l)
	}
	if err != nil || len(l.Devices) == 0 || len(l.Private) == 0 {
		t.Fatal("no labels: ", err)
	}
	return l
}

// readSample reads the bundled capture as `wardkeeper read` does.
func readSample(t *testing.T, o ReadOptions) []byte {
	t.Helper()
	o.Inputs, o.Key = []string{"../testdata/ward.pcapng"}, filepath.Join(t.TempDir(), "key")
	var out bytes.Buffer
	if err := Read(t.Context(), o, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (l *labelled) is(d *ward.Device) bool {
	switch l.Key {
	case "serial":
		return d.Serial == l.Value
	case "model":
		return d.Model == l.Value
	case "category":
		return d.Category == l.Value
	}
	return slices.Contains(d.IPs, l.IP)
}

// share counts right answers.
type share struct{ right, all int }

func (s *share) count(right bool) {
	s.all++
	if right {
		s.right++
	}
}

func (s share) percent() float64 { return 100 * float64(s.right) / float64(max(s.all, 1)) }

// sameName: the label says what must be in the name of the model.
func sameName(got, want string) bool {
	return strings.Contains(strings.ToLower(got), strings.ToLower(want))
}

// score is how well the labelled devices were known.
type score struct {
	categories             map[string]*share
	maker, model, mistaken share
	table                  strings.Builder
}

func (s *score) device(out io.Writer, l *labelled, d *ward.Device) {
	wrong := d.Category != "" && !slices.Contains(l.Category, d.Category)
	if s.categories[l.Category[0]] == nil {
		s.categories[l.Category[0]] = &share{}
	}
	s.categories[l.Category[0]].count(slices.Contains(l.Category, d.Category))
	if l.Maker != "" {
		s.maker.count(d.Maker == l.Maker)
		wrong = wrong || d.Maker != "" && d.Maker != l.Maker
	}
	if l.Model != "" {
		s.model.count(sameName(d.Model, l.Model))
		wrong = wrong || d.Model != "" && !sameName(d.Model, l.Model)
	}
	s.mistaken.count(wrong && d.Confidence >= sure)
	mark := ""
	if wrong {
		mark = "wrong"
	}
	fmt.Fprintf(out, "%s\t%s\t%s\t%s\t|\t%s\t%s\t%s\t%d %%\t%s\n", l.Name, l.Category[0], l.Maker, l.Model, d.Category, d.Maker, d.Model, d.Confidence, mark)
}

// categoryMean is the mean of the categories' shares: rare kinds count as much as common ones.
func (s *score) categoryMean() float64 {
	sum := 0.0
	for _, c := range s.categories {
		sum += c.percent()
	}
	return sum / float64(len(s.categories))
}

func scoreDevices(l truth, devices []ward.Device) *score {
	s := &score{categories: map[string]*share{}}
	out := tabwriter.NewWriter(&s.table, 0, 0, 1, ' ', 0)
	for i := range l.Devices {
		found := ward.Device{}
		for j := range devices {
			if l.Devices[i].is(&devices[j]) {
				found = devices[j]
				break
			}
		}
		s.device(out, &l.Devices[i], &found)
	}
	out.Flush()
	return s
}

// TestSampleIdentity holds what is found in the bundled capture against the truth.
func TestSampleIdentity(t *testing.T) {
	var devices []ward.Device
	for line := range bytes.Lines(readSample(t, ReadOptions{JSON: true})) {
		if d := (ward.Device{}); bytes.HasPrefix(line, []byte(`{"kind":"device"`)) {
			if err := json.Unmarshal(line, &d); err != nil {
				t.Fatal(err)
			}
			devices = append(devices, d)
		}
	}
	l := readTruth(t)
	s := scoreDevices(l, devices)
	summary := fmt.Sprintf("%d labelled devices of %d kinds: category %.1f %%, maker %.1f %%, model %.1f %%, mistaken %.1f %%",
		len(l.Devices), len(s.categories), s.categoryMean(), s.maker.percent(), s.model.percent(), s.mistaken.percent())
	t.Logf("%s\n%s", summary, s.table.String())
	if s.categoryMean() < wantCategory || s.maker.percent() < wantMaker || s.model.percent() < wantModel || s.mistaken.percent() > wantMistaken {
		t.Error(summary)
	}
	if extra := len(devices) - len(l.Devices); extra > len(l.Devices)/20+2 {
		t.Errorf("%d devices for %d labels: some fell apart", len(devices), len(l.Devices))
	}
}

// TestSamplePrivacy searches everything that is written for the sample's invented people.
func TestSamplePrivacy(t *testing.T) {
	dir := t.TempDir()
	html, db := filepath.Join(dir, "report.html"), filepath.Join(dir, "ward.db")
	written := map[string][]byte{"json": readSample(t, ReadOptions{JSON: true}), "text": readSample(t, ReadOptions{HTML: html, DB: db})}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatal("no report or database was written: ", files, err)
	}
	for _, f := range files {
		if written[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	capture, err := os.ReadFile("../testdata/ward.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	capture = bytes.ToLower(capture)
	for _, secret := range readTruth(t).Private {
		secret := bytes.ToLower([]byte(secret))
		if !bytes.Contains(capture, secret) {
			t.Errorf("%s is not in the capture: the test would prove nothing", secret)
		}
		for where, b := range written {
			if i := bytes.Index(bytes.ToLower(b), secret); i >= 0 {
				t.Errorf("%s is in the %s output: …%.120s…", secret, where, b[max(0, i-60):])
			}
		}
	}
}
