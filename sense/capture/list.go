package capture

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
)

// maxFiles is the most files that a directory may hold.
const maxFiles = 100_000

// List replaces directories among names by the captures in and below them, sorted
// by path. notes says, a line each, what in them was passed over. Other names are
// taken as they are.
func List(names []string) (files, notes []string, err error) {
	for _, name := range names {
		st, err := os.Stat(name)
		if name == "-" || err != nil || !st.IsDir() { // Open will say what is wrong
			files = append(files, name)
			continue
		}
		in, skipped, err := listDir(name)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, in...)
		notes = append(notes, skipped...)
	}
	return files, notes, nil
}

func listDir(dir string) (files, notes []string, err error) {
	seen := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == dir:
			return openError(dir, err)
		case err != nil:
			notes = append(notes, openError(path, err).Error())
			return nil
		case d.IsDir():
			return nil
		}
		if seen++; seen > maxFiles {
			return fmt.Errorf("%s: holds more than %d files", dir, maxFiles)
		}
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() { // follows links; opening a pipe would wait
			notes = append(notes, path+": is not a regular file")
			return nil
		}
		r, err := Open(path)
		if err != nil {
			notes = append(notes, err.Error())
			return nil
		}
		files = append(files, path)
		return r.Close()
	})
	if err != nil {
		return nil, nil, err
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: holds no capture", dir)
	}
	sort.Strings(files)
	return files, notes, nil
}
