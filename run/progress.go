package run

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"wardkeeper/sense/wire/capture"
)

// progress shows how far reading is, on a terminal only.
type progress struct {
	stop chan struct{}
	idle chan struct{}
}

func newProgress(w io.Writer, src *capture.Source) *progress {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	_, total := src.Progress()
	if total == 0 {
		total = -1 // not known
	}
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true), progressbar.OptionSetDescription("reading"),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
	p := &progress{stop: make(chan struct{}), idle: make(chan struct{})}
	go func() {
		defer close(p.idle)
		t := time.NewTicker(200 * time.Millisecond)
		defer t.Stop()
		for {
			select {
			case <-p.stop:
				_ = bar.Finish() // only decoration
				return
			case <-t.C:
				read, _ := src.Progress()
				_ = bar.Set64(read) // only decoration
			}
		}
	}()
	return p
}

// done removes the bar.
func (p *progress) done() {
	if p.stop != nil {
		close(p.stop)
		<-p.idle
	}
}
