package run

import (
	"bufio"
	"encoding/json"
	"io"

	"wardkeeper/ward"
)

// jsonLines writes JSON Lines. The first error sticks.
type jsonLines struct {
	w   *bufio.Writer
	buf []byte
	err error
}

func newJSONLines(w io.Writer) *jsonLines { return &jsonLines{w: bufio.NewWriterSize(w, 256<<10)} }

func (j *jsonLines) observe(batch []ward.Observation) error {
	for i := range batch {
		if batch[i].Kind == ward.KindTick {
			continue
		}
		j.buf = batch[i].AppendJSON(j.buf[:0])
		j.buf = append(j.buf, '\n')
		if _, err := j.w.Write(j.buf); err != nil && j.err == nil {
			j.err = err
		}
	}
	return j.err
}

// object writes v as one line.
func (j *jsonLines) object(v any) {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = j.w.Write(append(b, '\n'))
	}
	if err != nil && j.err == nil {
		j.err = err
	}
}

func (j *jsonLines) flush() error {
	if err := j.w.Flush(); err != nil && j.err == nil {
		j.err = err
	}
	return j.err
}
