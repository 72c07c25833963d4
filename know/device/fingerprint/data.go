package fingerprint

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"

	"wardkeeper/know/device/category"
)

//go:embed data
var embedded embed.FS

// Caps of what is loaded.
const (
	maxFile  = 4 << 20
	maxFiles = 256
)

// The files' shape, see docs/fingerprints.md.
type file struct {
	Maker  []makerEntry  `toml:"maker"`
	Device []deviceEntry `toml:"device"`
	Rule   []ruleEntry   `toml:"rule"`
}

type makerEntry struct {
	Name      string   `toml:"name"`
	Spellings []string `toml:"spellings"`
	Clinical  []string `toml:"clinical"`  // whole names that mean this maker in medical protocols, another elsewhere
	Component bool     `toml:"component"` // makes network chips and boards: says nothing of the device around them
	Software  bool     `toml:"software"`  // makes software that runs on others' machines
	Category  string   `toml:"category"`  // what a device of this maker most likely is
}

type deviceEntry struct {
	Maker    string   `toml:"maker"`
	Category string   `toml:"category"`
	Models   []string `toml:"models"`
	Examples []string `toml:"examples"`
	Never    []string `toml:"never"`
}

type ruleEntry struct {
	ID         string              `toml:"id"`
	When       map[string][]string `toml:"when"`
	Says       map[string]string   `toml:"says"`
	Confidence int                 `toml:"confidence"`
	Examples   []string            `toml:"examples"`
	Never      []string            `toml:"never"`
}

// Embedded loads the built-in fingerprints on first use.
var Embedded = sync.OnceValues(func() (*Set, error) { return Load() })

// Load reads the built-in fingerprints and then those of more folders, whose
// entries come first where both match equally well and whose examples must hold.
func Load(more ...fs.FS) (*Set, error) {
	s := newSet()
	data, err := fs.Sub(embedded, "data")
	if err != nil {
		return nil, err
	}
	for i := range more {
		if err := s.addFolder(more[len(more)-1-i]); err != nil {
			return nil, err
		}
	}
	own := len(s.rules)
	if err := s.addFolder(data); err != nil {
		return nil, err
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	return s, errors.Join(s.check(s.rules[:own])...)
}

func (s *Set) addFolder(dir fs.FS) error {
	names, err := fs.Glob(dir, "*.toml")
	if err != nil {
		return err
	}
	if len(names) > maxFiles {
		return fmt.Errorf("fingerprint: more than %d files", maxFiles)
	}
	files, errs := make([]file, len(names)), make([]error, len(names))
	var reading sync.WaitGroup // reading is most of the work of starting
	for i, name := range names {
		reading.Go(func() { errs[i] = readFile(dir, name, &files[i]) })
	}
	reading.Wait()
	for i, name := range names {
		if err := errs[i]; err != nil {
			return fmt.Errorf("fingerprint: %s: %w", name, err)
		}
		if err := s.add(&files[i], strings.TrimSuffix(path.Base(name), ".toml")); err != nil {
			return fmt.Errorf("fingerprint: %s: %w", name, err)
		}
	}
	return s.addWordFiles(dir)
}

func readFile(dir fs.FS, name string, in *file) error {
	f, err := dir.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return err
	}
	if len(b) > maxFile {
		return fmt.Errorf("larger than %d bytes", maxFile)
	}
	if err := toml.NewDecoder(bytes.NewReader(b)).DisallowUnknownFields().Decode(in); err != nil {
		return explain(err)
	}
	return nil
}

// explain names the line in TOML errors.
func explain(err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Errorf("line %d: unknown key %s", row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, _ := bad.Position()
		return fmt.Errorf("line %d: %w", row, err)
	}
	return err
}

func (s *Set) add(in *file, name string) error {
	for i := range in.Maker {
		if err := s.addMaker(&in.Maker[i]); err != nil {
			return fmt.Errorf("maker %q: %w", in.Maker[i].Name, err)
		}
	}
	for i := range in.Device {
		d := &in.Device[i]
		if err := s.addDevice(d, fmt.Sprintf("%s/%s", name, slug(d.Maker+" "+d.Category))); err != nil {
			return fmt.Errorf("device %s, %s: %w", d.Maker, d.Category, err)
		}
	}
	for i := range in.Rule {
		if err := s.addRule(&in.Rule[i], name); err != nil {
			return fmt.Errorf("rule %q: %w", in.Rule[i].ID, err)
		}
	}
	return nil
}

func slug(s string) string {
	var b strings.Builder
	for i, w := range split(nil, s) {
		if i > 0 {
			b.WriteByte('-')
		}
		b.WriteString(w.text)
	}
	return b.String()
}

func checkCategory(c string) error {
	if c != "" && !category.Known(c) {
		return fmt.Errorf("category %q is not of the vocabulary", c)
	}
	return nil
}
