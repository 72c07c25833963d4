package privacy

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// The key file is text, mode 0600:
//
//	wardkeeper keys 1
//	epoch 7 2026-11-23T16:00:00Z <master key, base64>
//	epoch 8 2027-11-23T16:00:00Z <master key, base64>
//	end <first 16 hex digits of the SHA-256 of the lines above>
//
// The last epoch is the current one. With a passphrase the same text is sealed,
// see seal.go.
const (
	fileHeader   = "wardkeeper keys 1\n"
	sealedHeader = "wardkeeper keys 1 sealed\n"
	maxKeyFile   = 64 << 10
)

// PassphraseEnv names the environment variable whose value seals the key file.
const PassphraseEnv = "WARDKEEPER_KEY_PASSPHRASE"

// ErrKeyFile is wrapped by every error about a key file's content or mode.
var ErrKeyFile = errors.New("key file")

// Open loads the key file at path, or creates it with a new key if there is none.
func Open(path string) (*Keeper, error) {
	k, err := Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return create(path)
	}
	return k, err
}

// Load loads the key file at path.
func Load(path string) (*Keeper, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%w %s: is not a regular file", ErrKeyFile, path)
	}
	if m := st.Mode().Perm(); runtime.GOOS != "windows" && m&0o077 != 0 {
		return nil, fmt.Errorf("%w %s: others may read it (mode %04o); run: chmod 600 %s", ErrKeyFile, path, m, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer clear(b)
	epochs, err := decode(b, os.Getenv(PassphraseEnv))
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrKeyFile, path, err)
	}
	return &Keeper{path: path, epochs: epochs}, nil
}

func create(path string) (*Keeper, error) {
	e, err := randomEpoch(1, time.Now())
	if err != nil {
		return nil, err
	}
	k := &Keeper{path: path, epochs: []epoch{e}}
	b, err := encode(k.epochs, os.Getenv(PassphraseEnv))
	if err != nil {
		return nil, err
	}
	defer clear(b)
	temp, err := writeTemp(path, b)
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp)
	// A link, unlike a rename, does not replace the key of who was first.
	if err := os.Link(temp, path); errors.Is(err, fs.ErrExist) {
		return Load(path)
	} else if err != nil {
		if err := os.Rename(temp, path); err != nil { // file systems without links
			return nil, fmt.Errorf("key file: %w", err)
		}
	}
	return k, syncDir(path)
}

// save replaces the key file in one step.
func (k *Keeper) save(epochs []epoch) error {
	if k.path == "" {
		return nil
	}
	b, err := encode(epochs, os.Getenv(PassphraseEnv))
	if err != nil {
		return err
	}
	defer clear(b)
	temp, err := writeTemp(k.path, b)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, k.path); err != nil {
		os.Remove(temp)
		return fmt.Errorf("key file: %w", err)
	}
	return syncDir(k.path)
}

// writeTemp writes b to a new file beside path; os.CreateTemp makes it 0600.
func writeTemp(path string, b []byte) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return "", fmt.Errorf("key file: %w", err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("key file: %w", err)
	}
	return f.Name(), nil
}

func syncDir(path string) error {
	if runtime.GOOS == "windows" { // has no such thing
		return nil
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

func encode(epochs []epoch, passphrase string) ([]byte, error) {
	b := []byte(fileHeader)
	for i := range epochs {
		e := &epochs[i]
		b = fmt.Appendf(b, "epoch %d %s ", e.number, e.since.Format(time.RFC3339))
		b = base64.StdEncoding.AppendEncode(b, e.master())
		b = append(b, '\n')
	}
	b = append(b, "end "+checksum(b)+"\n"...)
	if passphrase == "" {
		return b, nil
	}
	defer clear(b)
	return seal(b, passphrase)
}

func checksum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:8])
}

// decode reads what encode wrote. Its errors never show the file's bytes.
func decode(b []byte, passphrase string) ([]epoch, error) {
	if len(b) > maxKeyFile {
		return nil, errors.New("is too large to be a key file")
	}
	switch {
	case bytes.HasPrefix(b, []byte(sealedHeader)):
		if passphrase == "" {
			return nil, errors.New("is sealed: set " + PassphraseEnv)
		}
		plain, err := unseal(b, passphrase)
		if err != nil {
			return nil, err
		}
		defer clear(plain)
		b = plain
	case bytes.HasPrefix(b, []byte("wardkeeper keys ")) && !bytes.HasPrefix(b, []byte(fileHeader)):
		return nil, errors.New("has a format that this version does not know")
	}
	if !bytes.HasPrefix(b, []byte(fileHeader)) {
		return nil, errors.New("is not a Wardkeeper key file")
	}
	end := bytes.LastIndex(b, []byte("\nend "))
	if end < 0 || strings.TrimSpace(string(b[end+5:])) != checksum(b[:end+1]) {
		return nil, errors.New("is damaged: restore it from where the site keeps its keys")
	}
	var epochs []epoch
	for line := range strings.Lines(string(b[len(fileHeader) : end+1])) {
		e, err := parseEpoch(line)
		if err != nil {
			return nil, err
		}
		if n := len(epochs); n > 0 && epochs[n-1].number >= e.number || n >= maxEpochs {
			return nil, errors.New("has epochs out of order")
		}
		epochs = append(epochs, e)
	}
	if len(epochs) == 0 {
		return nil, errors.New("holds no key")
	}
	return epochs, nil
}

func parseEpoch(line string) (epoch, error) {
	f := strings.Fields(line)
	if len(f) != 4 || f[0] != "epoch" {
		return epoch{}, errors.New("has a line that is not an epoch")
	}
	number, err := strconv.ParseUint(f[1], 10, 16)
	if err != nil || number == 0 {
		return epoch{}, errors.New("has an epoch without a number")
	}
	since, err := time.Parse(time.RFC3339, f[2])
	if err != nil {
		return epoch{}, errors.New("has an epoch without a time")
	}
	master, err := base64.StdEncoding.DecodeString(f[3])
	if err != nil || len(master) != keySize {
		return epoch{}, errors.New("has an epoch without a key")
	}
	defer clear(master)
	return newEpoch(uint16(number), since, master)
}
