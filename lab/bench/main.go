//go:build unix

// Command bench measures the throughput and peak memory of `wardkeeper read` beside
// other programs on the same captures in the same run: medians, page cache warm.
//
//	bench -wardkeeper ./wardkeeper -runs 5 dicom.pcap hl7.pcap mix.pcap
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// peer is a program to compare with; args has FILE where the capture goes.
type peer struct {
	name string
	args []string
	runs int // 0: as asked
}

type measure struct {
	seconds float64
	mib     float64
}

func main() {
	program := flag.String("wardkeeper", "./wardkeeper", "the program")
	runs := flag.Int("runs", 5, "runs of each; medians are shown")
	slow := flag.Bool("tshark", false, "tshark too (once: it takes a minute a gigabyte)")
	reasm := flag.String("reassemble", "", "be the gopacket reassembly loop over this file")
	flag.Parse()
	if *reasm != "" {
		if err := reassemble(*reasm); err != nil {
			fatal(err)
		}
		return
	}
	if flag.NArg() == 0 {
		fatal(fmt.Errorf("name captures to read"))
	}
	self, err := os.Executable()
	if err != nil {
		fatal(err)
	}
	tmp, err := os.MkdirTemp("", "wardkeeper-bench")
	if err != nil {
		fatal(err)
	}
	defer os.RemoveAll(tmp)
	peers := []peer{
		{"wardkeeper read", []string{*program, "read", "FILE"}, 0},
		{"wardkeeper --json", []string{*program, "read", "--json", "FILE"}, 0},
		{"wardkeeper --db", []string{*program, "read", "--db", filepath.Join(tmp, "bench.db"), "FILE"}, 0},
		{"ndpiReader -q", []string{"ndpiReader", "-q", "-i", "FILE"}, 0},
		{"gopacket reassembly", []string{self, "-reassemble", "FILE"}, 0},
	}
	if *slow {
		peers = append(peers, peer{"tshark -q -z io,phs", []string{"tshark", "-q", "-z", "io,phs", "-r", "FILE"}, 1})
	}
	for _, file := range flag.Args() {
		if err := compare(file, peers, *runs, tmp); err != nil {
			fatal(err)
		}
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "bench:", err)
	os.Exit(1)
}

// compare runs all peers in turn, round after round, so that what disturbs one
// disturbs all.
func compare(file string, peers []peer, runs int, tmp string) error {
	st, err := os.Stat(file)
	if err != nil {
		return err
	}
	if err := warm(file); err != nil {
		return err
	}
	all := make([][]measure, len(peers))
	for round := range runs {
		for i, p := range peers {
			if p.runs > 0 && round >= p.runs {
				continue
			}
			m, err := once(p, file)
			if err != nil {
				fmt.Fprintf(os.Stderr, "bench: %s: %v\n", p.name, err)
				continue
			}
			all[i] = append(all[i], m)
			for _, f := range []string{"bench.db", "bench.db-wal", "bench.db-shm"} {
				_ = os.Remove(filepath.Join(tmp, f)) // may not be there
			}
		}
	}
	fmt.Printf("\n%s, %.2f GB, median of %d\n%-22s %9s %8s %9s %10s\n", filepath.Base(file), float64(st.Size())/1e9, runs, "", "seconds", "GB/s", "peak MiB", "wardkeeper")
	var ours float64
	for i, p := range peers {
		if len(all[i]) == 0 {
			fmt.Printf("%-22s not measured\n", p.name)
			continue
		}
		m := median(all[i])
		if i == 0 {
			ours = m.seconds
		}
		fmt.Printf("%-22s %9.3f %8.2f %9.0f %9.2f×\n", p.name, m.seconds, float64(st.Size())/1e9/m.seconds, m.mib, m.seconds/ours)
	}
	return nil
}

func warm(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, f)
	return err
}

func once(p peer, file string) (measure, error) {
	args := slices.Clone(p.args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "FILE", file)
	}
	cmd := exec.Command(args[0], args[1:]...)
	out, err := cmd.StdoutPipe() // read and thrown away, as a pipe would be
	if err != nil {
		return measure{}, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return measure{}, err
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		return measure{}, err
	}
	if err := cmd.Wait(); err != nil {
		return measure{}, err
	}
	took := time.Since(began).Seconds()
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return measure{seconds: took}, nil
	}
	return measure{took, float64(usage.Maxrss) / 1024}, nil
}

func median(m []measure) measure {
	s, r := make([]float64, len(m)), make([]float64, len(m))
	for i := range m {
		s[i], r[i] = m[i].seconds, m[i].mib
	}
	slices.Sort(s)
	slices.Sort(r)
	return measure{s[len(s)/2], r[len(r)-1]}
}
