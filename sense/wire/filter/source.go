package filter

import (
	"fmt"

	"wardkeeper/sense/wire"
)

// Source passes on the records of another that match; they keep their numbers.
type Source struct {
	wire.Source
	filter   *Filter
	matchers map[int]*Matcher // by link type
}

// Wrap puts f before src.
func Wrap(src wire.Source, f *Filter) *Source {
	return &Source{Source: src, filter: f, matchers: map[int]*Matcher{}}
}

// Interface returns the name of an interface where the wrapped source knows it.
func (s *Source) Interface(i int) string {
	if named, ok := s.Source.(interface{ Interface(int) string }); ok {
		return named.Interface(i)
	}
	return ""
}

// Fill implements wire.Source.
func (s *Source) Fill(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	begin := len(recs)
	recs, err := s.Source.Fill(buf, recs)
	kept := begin
	for i := begin; i < len(recs); i++ {
		r := &recs[i]
		if r.Data != nil || r.Orig != 0 {
			m, merr := s.matcher(r.Link)
			if merr != nil {
				return recs[:kept], fmt.Errorf("%s: packet %d: %w", s.Name(r.Source), r.Number, merr)
			}
			if !m.Match(r.Data, r.Orig) {
				continue
			}
		}
		recs[kept] = *r
		kept++
	}
	return recs[:kept], err
}

func (s *Source) matcher(link int) (*Matcher, error) {
	m := s.matchers[link]
	if m != nil {
		return m, nil
	}
	m, err := s.filter.Matcher(link)
	if err == nil {
		s.matchers[link] = m
	}
	return m, err
}
