package run

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"wardkeeper/sense/privacy"
)

// openKey opens the site's key, made on first use. Without a place to keep one it
// makes a key for this run alone and says so: tokens of two runs then differ.
func openKey(path string, notes io.Writer) (*privacy.Keeper, error) {
	if path != "" {
		return privacy.Open(path)
	}
	dir, err := os.UserConfigDir()
	if err == nil {
		dir = filepath.Join(dir, "wardkeeper")
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		var k *privacy.Keeper
		if k, err = privacy.Open(filepath.Join(dir, "key")); err == nil {
			return k, nil
		}
		if _, there := os.Stat(filepath.Join(dir, "key")); there == nil {
			return nil, err // a key that cannot be used must not be passed over
		}
	}
	if _, werr := fmt.Fprintf(notes, "wardkeeper: no place for a key (%v): tokens are of this run only; name a file with --key\n", err); werr != nil {
		return nil, werr
	}
	return privacy.Ephemeral()
}
