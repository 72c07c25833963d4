// Command generate packs the IEEE registry files (oui.csv, mam.csv, oui36.csv,
// iab.csv, as in Debian's ieee-data) into the file that package oui embeds.
package main

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/binary"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	out := flag.String("out", "registry.bin", "file to write")
	flag.Parse()
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// sources are the registry's files, with the length of their prefixes in bits.
var sources = []struct {
	file string
	bits int
}{{"oui.csv", 24}, {"mam.csv", 28}, {"oui36.csv", 36}, {"iab.csv", 36}}

func run(dir, out string) error {
	tables := map[int]map[uint64]string{24: {}, 28: {}, 36: {}}
	for _, s := range sources {
		if err := readFile(filepath.Join(dir, s.file), s.bits, tables[s.bits]); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(encode(tables)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

func readFile(name string, bits int, into map[uint64]string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, row := range rows[1:] {
		key, err := strconv.ParseUint(row[1], 16, 64)
		if err != nil || len(row[1])*4 != bits {
			return fmt.Errorf("%s: bad assignment %q", name, row[1])
		}
		registrant := strings.Join(strings.Fields(row[2]), " ")
		if registrant == "" || strings.EqualFold(registrant, "private") || strings.EqualFold(registrant, "IEEE Registration Authority") {
			continue
		}
		// The registry holds a few assignments twice: the first name in order wins.
		if old, ok := into[key]; !ok || registrant < old {
			into[key] = registrant
		}
	}
	return nil
}

func encode(tables map[int]map[uint64]string) []byte {
	names, number := rank(tables)
	var b []byte
	b = binary.AppendUvarint(b, uint64(len(names)))
	for _, n := range names {
		b = binary.AppendUvarint(b, uint64(len(n)))
	}
	for _, n := range names {
		b = append(b, n...)
	}
	for _, bits := range []int{24, 28, 36} {
		b = appendTable(b, tables[bits], number)
	}
	return b
}

// rank sorts names so that the commonest get the shortest numbers, and names that
// occur once stand in alphabetical order, which packs well.
func rank(tables map[int]map[uint64]string) ([]string, map[string]uint64) {
	uses := map[string]int{}
	for _, t := range tables {
		for _, n := range t {
			uses[n]++
		}
	}
	names := make([]string, 0, len(uses))
	for n := range uses {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(min(uses[b], 2), min(uses[a], 2)), cmp.Compare(a, b))
	})
	number := make(map[string]uint64, len(names))
	for i, n := range names {
		number[n] = uint64(i)
	}
	return names, number
}

func appendTable(b []byte, t map[uint64]string, number map[string]uint64) []byte {
	keys := make([]uint64, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = binary.AppendUvarint(b, uint64(len(keys)))
	last := uint64(0)
	for _, k := range keys {
		b = binary.AppendUvarint(b, k-last)
		last = k
	}
	for _, k := range keys {
		b = binary.AppendUvarint(b, number[t[k]])
	}
	return b
}
