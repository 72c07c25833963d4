// Package canary holds the tools of the privacy proof: invented identities, a
// network that carries them in every string field of every protocol, and a search
// for them in whatever was written, in any encoding.
package canary

import (
	"fmt"
	"strings"
	"time"
)

// Identity is an invented person with everything that names one.
type Identity struct {
	Family, Given, Staff string
	Birth                time.Time
	MRN, SSN, Phone      string // digits only
	Accession            string // digits only
	Street               string
}

var (
	onsets  = []string{"b", "br", "d", "dr", "f", "g", "gr", "h", "k", "kr", "m", "n", "p", "pl", "r", "s", "schl", "st", "t", "tr", "v", "w", "z", "zw"}
	middles = []string{"bb", "ck", "dd", "gl", "lb", "lm", "ln", "lz", "mp", "nd", "rb", "rk", "rsch", "rz", "st", "tsch", "vr", "zk"}
	endings = []string{"insky", "ovic", "ulla", "omir", "ubin", "olka", "iluk", "oczny", "ulf", "okil", "uzsa", "ilodt"}
)

// word returns the i-th invented name. Each holds a letter that no token's text has
// (i, l, o, u), so that a token never looks like one.
func word(i int) string {
	a, i := i%len(onsets), i/len(onsets)
	b, i := i%len(middles), i/len(middles)
	c, i := i%len(endings), i/len(endings)
	return onsets[a] + []string{"o", "u", "i", "ou"}[i%4] + middles[b] + endings[c] + strings.Repeat("o", i/4)
}

// scatter spreads numbers that follow each other.
func scatter(n, over int) int { return (n*7919 + 104729) % over }

// New returns the n-th identity; no two share a value for many thousands.
func New(n int) Identity {
	title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	name := func(k int) string { return title(word(scatter(4*n+k, len(onsets)*len(middles)*len(endings)*4))) }
	return Identity{
		Family: name(0), Given: name(1), Staff: strings.ToLower(name(2)), Street: name(3) + "gasse",
		Birth: time.Date(1921, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, scatter(n, 32000)),
		MRN:   fmt.Sprintf("6%07d", scatter(n, 9999991)), SSN: fmt.Sprintf("5%08d", scatter(n+1, 99999989)),
		Phone: fmt.Sprintf("0176%07d", scatter(n+2, 9999991)), Accession: fmt.Sprintf("204%07d", scatter(n+3, 9999991)),
	}
}

// Form is a way in which people write an identity into a field.
type Form struct {
	Name  string
	Host  bool // may stand in a host name
	Write func(*Identity) string
}

// Forms lists them. Every field gets each.
var Forms = []Form{
	{"family", true, func(p *Identity) string { return p.Family }},
	{"Family^Given", false, func(p *Identity) string { return p.Family + "^" + p.Given }},
	{"number", true, func(p *Identity) string { return p.MRN }},
	{"birth date", true, func(p *Identity) string { return p.Birth.Format("20060102") }},
	{"FAMILY", true, func(p *Identity) string { return strings.ToUpper(p.Family) }},
	{"given family", false, func(p *Identity) string { return p.Given + " " + p.Family }},
	{"MRN number", true, func(p *Identity) string { return "MRN" + p.MRN }},
	{"day.month.year", false, func(p *Identity) string { return p.Birth.Format("02.01.2006") }},
	{"FAMILY-PC", true, func(p *Identity) string { return strings.ToUpper(p.Family) + "-PC" }},
	{"family, given", false, func(p *Identity) string { return p.Family + ", " + p.Given }},
	{"ssn", true, func(p *Identity) string { return p.SSN[:3] + "-" + p.SSN[3:5] + "-" + p.SSN[5:] }},
	{"year-month-day", true, func(p *Identity) string { return p.Birth.Format("2006-01-02") }},
	{"icu-given-family", true, func(p *Identity) string { return "icu-" + strings.ToLower(p.Given+"-"+p.Family) }},
	{"telephone", false, func(p *Identity) string { return "+49 " + p.Phone[1:4] + " " + p.Phone[4:] }},
	{"accession", true, func(p *Identity) string { return p.Accession }},
	{"street", false, func(p *Identity) string { return p.Street + " 17" }},
	{"login", true, func(p *Identity) string { return p.Staff }},
	{"month/day/year", false, func(p *Identity) string { return p.Birth.Format("01/02/2006") }},
	{"file", false, func(p *Identity) string { return p.Family + "_" + p.Given + "_" + p.Birth.Format("20060102") + ".pdf" }},
	{"mail", false, func(p *Identity) string { return p.Staff + "." + strings.ToLower(p.Family) + "@hospital.example" }},
	{"Dr", false, func(p *Identity) string { return "Dr. " + p.Family }},
	{"PACSFamily", true, func(p *Identity) string { return "PACS" + p.Family }},
}

// dates are the writings of a date that are looked for; the short ones could be
// other numbers and are looked for only when few dates are.
var (
	dates      = []string{"20060102", "02012006", "01022006", "2006-01-02", "2006/01/02", "2006.01.02", "02.01.2006", "02/01/2006", "02-01-2006", "01/02/2006", "01-02-2006", "2006 01 02", "02 01 2006", "2 Jan 2006", "2 January 2006", "January 2, 2006", "2-Jan-2006", "02-Jan-2006"}
	shortDates = []string{"060102", "020106", "010206", "02.01.06", "01/02/06", "06-01-02", "2.1.2006", "1/2/2006"}
)

// Needles lists what would betray the identity, in lower case. The places between
// groups of a number are the finder's affair.
func (p *Identity) Needles(short bool) []string {
	out := []string{p.Family, p.Given, p.Staff, p.Street, p.MRN, p.SSN, p.SSN[:3] + "-" + p.SSN[3:5] + "-" + p.SSN[5:],
		p.Phone[1:], p.Phone[1:4] + " " + p.Phone[4:], p.Phone[:4] + " " + p.Phone[4:], p.Phone[:4] + "-" + p.Phone[4:], p.Accession}
	for _, f := range dates {
		out = append(out, p.Birth.Format(f))
	}
	if short {
		for _, f := range shortDates {
			out = append(out, p.Birth.Format(f))
		}
	}
	for i := range out {
		out[i] = strings.ToLower(out[i])
	}
	return out
}
