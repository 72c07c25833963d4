package sdc

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

const maxScopes = 64

// scopes is what a device's scopes say, already cleaned.
type scopes struct {
	sdc                            bool // a participant by IEEE 11073-20701
	maker, model, serial, software string
	department                     string
	code, category                 string // MDC type of the MDS
	patient                        ward.Token
}

func readScopes(c *sense.Context, list []byte) (s scopes) {
	for i, scope := range bytes.Fields(list) {
		if i == maxScopes {
			c.Limit("sdc.scopes")
			break
		}
		s.scope(c, string(scope))
	}
	return s
}

func (s *scopes) scope(c *sense.Context, scope string) {
	scheme, rest, _ := strings.Cut(scope, ":")
	switch strings.ToLower(scheme) {
	case "sdc.mds.pkp":
		s.sdc = true
	case "sdc.cdc.type":
		s.deviceType(rest)
	case "sdc.mds.prodspec":
		s.production(c, rest)
	case "sdc.ctxt.loc":
		s.location(c, rest)
	case "sdc.ctxt.pat":
		s.patientContext(c, rest)
	case "onvif":
		s.onvif(c, rest)
	}
}

// deviceType reads "//" system "/" version "/" code, or "/system/version/code".
func (s *scopes) deviceType(rest string) {
	s.sdc = true
	code := rest[strings.LastIndexByte(rest, '/')+1:]
	// Only what can be a device type of the nomenclature (partition 1) is kept: other
	// numbers there may be anything.
	n, err := strconv.ParseUint(code, 10, 32)
	if err != nil || n>>16 != 1 {
		return
	}
	s.code = strconv.FormatUint(n, 10)
	switch s.code {
	case "69985", "69986", "70049", "70050", "70053", "70101":
		s.category = "infusion pump"
	}
}

// production reads value ":" code [ "," system … ] (MDC nomenclature).
func (s *scopes) production(c *sense.Context, rest string) {
	s.sdc = true
	parts := strings.SplitN(rest, ":", 3)
	if len(parts) < 2 {
		return
	}
	value := decoded(strings.TrimLeft(parts[0], "/"))
	code, _, _ := strings.Cut(parts[1], ",")
	switch code {
	case "531969":
		s.model = c.Text(sense.ClassModel, value)
	case "531970":
		s.maker = c.Text(sense.ClassMaker, value)
	case "531972":
		s.serial = c.Text(sense.ClassSerial, value)
	case "531975", "531976":
		s.software = c.Text(sense.ClassVersion, value)
	}
}

// location keeps facility, building, floor and point of care; room and bed are the
// patient's whereabouts.
func (s *scopes) location(c *sense.Context, rest string) {
	s.sdc = true
	_, query, ok := strings.Cut(rest, "?")
	if !ok {
		return
	}
	var parts []string
	for _, name := range [...]string{"fac", "bldng", "flr", "poc"} {
		for _, pair := range strings.Split(query, "&") {
			if v, ok := strings.CutPrefix(pair, name+"="); ok && v != "" {
				if t := c.Text(sense.ClassDepartment, decoded(v)); t != "" {
					parts = append(parts, t)
				}
				break
			}
		}
	}
	s.department = strings.Join(parts, " ")
}

// patientContext reads "/" root "/" extension. The whole path is the identifier.
func (s *scopes) patientContext(c *sense.Context, rest string) {
	rest, _, _ = strings.Cut(rest, "?")
	root, extension, ok := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	if !ok || strings.Contains(root, ":") && strings.HasPrefix(extension, "/") { // an unescaped URL
		s.patient = c.Token(ward.TokenPatient, nil, decoded(strings.TrimLeft(rest, "/")))
		return
	}
	s.patient = c.Token(ward.TokenPatient, decoded(root), decoded(extension))
}

// onvif reads a camera's scopes, //www.onvif.org/hardware/….
func (s *scopes) onvif(c *sense.Context, rest string) {
	path, ok := strings.CutPrefix(rest, "//www.onvif.org/")
	if !ok {
		return
	}
	if v, ok := strings.CutPrefix(path, "hardware/"); ok {
		s.model = c.Text(sense.ClassModel, decoded(v))
	}
	if v, ok := strings.CutPrefix(path, "manufacturer/"); ok {
		s.maker = c.Text(sense.ClassMaker, decoded(v))
	}
}

func decoded(s string) []byte {
	if p, err := url.PathUnescape(s); err == nil {
		return []byte(p)
	}
	return []byte(s)
}
