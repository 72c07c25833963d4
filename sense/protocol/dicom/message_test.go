package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// seen is what tests look at of an observation.
type seen struct {
	Kind, Verb, Object, Outcome, Target, Code, From, Value, Unit, Channel string
	Reply, Clear                                                          bool
	Patient, Study, Instance, Actor                                       string
	Count, Bytes                                                          uint64
	Header                                                                string            `json:"header_digest"`
	Pixels                                                                string            `json:"pixel_digest"`
	Src                                                                   string            `json:"src_app"`
	Attributes                                                            map[string]string `json:"attributes"`
	Subject                                                               struct {
		Key    string
		Behind bool
	}
	Facts []struct{ Field, Value string }
}

func play(t testing.TB, p sensetest.Player, tr *sensetest.Trace) []seen {
	t.Helper()
	p.Analyzers = analyzers()
	var out []seen
	for _, l := range p.Play(tr) {
		if !strings.HasPrefix(l, "{") {
			continue
		}
		var s seen
		if err := json.Unmarshal([]byte(l), &s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// one returns the only observation that is of a kind with a verb or code.
func one(t testing.TB, all []seen, verb string) seen {
	t.Helper()
	var out []seen
	for _, s := range all {
		if s.Verb == verb && !s.Reply { // an anomaly's code is a verb too
			out = append(out, s)
		}
	}
	if len(out) != 1 {
		t.Fatalf("%d of %s in %+v", len(out), verb, all)
	}
	return out[0]
}

// send is an association whose requestor sends one message.
func send(sop, syntax string, cmd, dataSet []byte, size int) *sensetest.Trace {
	return sensetest.TCP(104,
		sensetest.Up(associate(dicom.AssociateRQ, "PACS", "CT1", nil, offer{sop, syntax})),
		sensetest.Down(associate(dicom.AssociateAC, "PACS", "CT1", nil, offer{sop, syntax})),
		sensetest.Up(pdata(1, size, cmd, dataSet)))
}

func storeCommand(instance string) []byte {
	return command(dicom.CStore, true, uidElement(2, ctStorage), uidElement(0x1000, instance))
}

var ramp = func() []byte {
	b := make([]byte, 5000)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}()

// TestDigestFragments: the digests of an instance do not depend on PDU sizes.
func TestDigestFragments(t *testing.T) {
	var want seen
	for i, size := range []int{1 << 20, 16372, 1000, 97, 10} {
		got := one(t, play(t, sensetest.Player{}, send(ctStorage, explicit, storeCommand("1.2.9"), ctInstance(dicom.ExplicitLE, "1.2.9", ramp), size)), "C-STORE")
		if i == 0 {
			want = got
		}
		if got.Header == "" || got.Pixels == "" || got.Header != want.Header || got.Pixels != want.Pixels || got.Bytes != want.Bytes {
			t.Errorf("%d bytes a fragment: %+v, want %+v", size, got, want)
		}
	}
}

// TestDigestFlips: every flipped byte changes one of the digests.
func TestDigestFlips(t *testing.T) {
	data := ctInstance(dicom.ImplicitLE, "1.2.9", ramp[:300])
	digest := func(d []byte) string {
		s := one(t, play(t, sensetest.Player{}, send(ctStorage, implicit, storeCommand("1.2.9"), d, 200)), "C-STORE")
		return s.Header + s.Pixels
	}
	had := map[string]int{digest(data): -1}
	for i := range data {
		d := bytes.Clone(data)
		d[i] ^= 0x55
		s := digest(d)
		if j, ok := had[s]; ok {
			t.Fatalf("flips at %d and %d have the same digests", i, j)
		}
		had[s] = i
	}
}

func TestEncodings(t *testing.T) {
	var squeezed bytes.Buffer
	w, _ := flate.NewWriter(&squeezed, 9)
	w.Write(ctInstance(dicom.ExplicitLE, "1.2.9", ramp))
	w.Close()
	encapsulated := ctInstance(dicom.ExplicitLE, "1.2.9", nil)
	encapsulated = encapsulated[:len(encapsulated)-12]
	encapsulated = append(encapsulated, 0xe0, 0x7f, 0x10, 0, 'O', 'B', 0, 0, 0xff, 0xff, 0xff, 0xff,
		0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0, 0xe0, 4, 0, 0, 0, 1, 2, 3, 4, 0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)
	for name, tt := range map[string]struct {
		syntax string
		data   []byte
		pixels bool
	}{
		"implicit":     {implicit, ctInstance(dicom.ImplicitLE, "1.2.9", ramp), true},
		"explicit":     {explicit, ctInstance(dicom.ExplicitLE, "1.2.9", ramp), true},
		"big endian":   {bigEnd, ctInstance(dicom.ExplicitBE, "1.2.9", ramp), true},
		"deflated":     {deflated, squeezed.Bytes(), false},
		"encapsulated": {jpeg, encapsulated, true},
		"private":      {"1.2.3.4.5", ctInstance(dicom.ImplicitLE, "1.2.9", ramp), true},
	} {
		t.Run(name, func(t *testing.T) {
			tr := send(ctStorage, tt.syntax, storeCommand("1.2.9"), tt.data, 700)
			got := play(t, sensetest.Player{}, tr)
			s := one(t, got, "C-STORE")
			if s.Patient == "" || s.Study == "" || !s.Clear || s.Header == "" || (s.Pixels != "") != tt.pixels || s.Attributes["modality"] != "CT" || s.Attributes["dataset"] == "malformed" {
				t.Errorf("%+v", s)
			}
			sensetest.Splits(t, tr, Analyzer())
		})
	}
}

func TestInstanceMismatch(t *testing.T) {
	got := play(t, sensetest.Player{}, send(ctStorage, explicit, storeCommand("1.2.9"), ctInstance(dicom.ExplicitLE, "1.2.8", ramp), 700))
	one(t, got, "dicom.instance-mismatch")
}

func TestContextMisuse(t *testing.T) {
	tr := send(ctStorage, explicit, storeCommand("1.2.9"), ctInstance(dicom.ExplicitLE, "1.2.9", ramp), 700)
	tr.Conversations[0].Pieces[2].B = pdata(5, 700, storeCommand("1.2.9"), ctInstance(dicom.ExplicitLE, "1.2.9", ramp))
	one(t, play(t, sensetest.Player{}, tr), "dicom.context")
}

// TestForwards: what a mover or a sender of several devices' instances sends does
// not say who it is.
func TestForwards(t *testing.T) {
	cmd := command(dicom.CStore, true, uidElement(2, ctStorage), uidElement(0x1000, "1.2.9"), element(dicom.ImplicitLE, 0x1030, "", "WS1 "))
	got := play(t, sensetest.Player{}, send(ctStorage, explicit, cmd, ctInstance(dicom.ExplicitLE, "1.2.9", ramp), 700))
	for _, s := range got {
		if s.From == "dicom general equipment" && !s.Subject.Behind {
			t.Errorf("%+v", s)
		}
	}
	if s := one(t, got, "C-STORE"); s.Attributes["move_originator"] != "ae(WS1)" {
		t.Errorf("%+v", s)
	}
}

func TestProcedureStep(t *testing.T) {
	e := dicom.ExplicitLE
	data := element(e, dicom.Modality, "CS", "MR")
	data = append(data, element(e, dicom.PatientName, "PN", "DOE^JANE")...)
	data = append(data, element(e, dicom.PatientID, "LO", "MRN1")...)
	data = append(data, element(e, dicom.PerformedStationAETitle, "AE", "MR1")...)
	data = append(data, element(e, dicom.PerformedStepStatus, "CS", "IN PROGRESS")...)
	study := element(e, dicom.StudyInstanceUID, "UI", "1.2.3.4")
	item := append([]byte{0xfe, 0xff, 0, 0xe0, byte(len(study)), 0, 0, 0}, study...)
	data = append(data, element(e, dicom.ScheduledStepAttributes, "SQ", string(item))...)
	tr := send(mpps, explicit, command(dicom.NCreate, true, uidElement(2, mpps), uidElement(0x1000, "1.2.7")), data, 700)
	s := one(t, play(t, sensetest.Player{}, tr), "N-CREATE")
	if s.Object != "Modality Performed Procedure Step" || s.Attributes["status"] != "IN PROGRESS" || s.Study == "" || s.Patient == "" || !s.Clear {
		t.Errorf("%+v", s)
	}
	sensetest.Splits(t, tr, Analyzer())
}

func TestQuery(t *testing.T) {
	e := dicom.ExplicitLE
	for name, tt := range map[string]struct {
		patient, id     string
		sweep, wildcard string
		token           bool
	}{
		"one patient": {"", "MRN1", "", "", true},
		"wildcard":    {"DO*", "", "", "1", false},
		"sweep":       {"*", "", "true", "1", false},
		"all":         {"", "", "true", "", false},
	} {
		data := element(e, dicom.QueryRetrieveLevel, "CS", "STUDY ")
		data = append(data, element(e, dicom.PatientName, "PN", tt.patient)...)
		data = append(data, element(e, dicom.PatientID, "LO", tt.id)...)
		data = append(data, element(e, dicom.StudyInstanceUID, "UI", "")...)
		s := one(t, play(t, sensetest.Player{}, send(studyFind, explicit, command(dicom.CFind, true, uidElement(2, studyFind)), data, 700)), "C-FIND")
		if s.Attributes["sweep"] != tt.sweep || s.Attributes["wildcard"] != tt.wildcard || (s.Patient != "") != tt.token || s.Attributes["level"] != "STUDY" ||
			s.Attributes["keys"] != "PatientName PatientID StudyInstanceUID" {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestDose(t *testing.T) {
	got := play(t, sensetest.Player{}, capture(t, "store"))
	want := []string{
		"(300A,0023) 79.2 Gy ", "(300A,0026) 78 Gy ", "(300A,0027) 80 Gy ", "(300A,0078) 39  ", "(300A,0080) 2  ",
		"(300A,0084) 1.05 Gy 1", "(300A,0086) 121.5 MU 1", "(300A,0084) 0.95 Gy 2", "(300A,0086) 110.25 MU 2",
		"(300A,010E) 1  1", "(300A,0114) 6 MV 1", "(300A,0115) 600 MU/min 1",
		"(300A,010E) 1  2", "(300A,0114) 6 MV 2", "(300A,0115) 600 MU/min 2",
		"(3008,0032) 121.5 MU 1", "(3008,0036) 121.4 MU 1",
	}
	var have []string
	for _, s := range got {
		if s.Kind == "dose" {
			have = append(have, strings.Join([]string{s.Code, s.Value, s.Unit, s.Channel}, " "))
		}
	}
	if !slices.Equal(have, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
}

// TestOneSided: a direction alone gives what it says.
func TestOneSided(t *testing.T) {
	tr := store(2, 9000)
	all := counts(t, (&sensetest.Player{Analyzers: analyzers()}).Play(tr))
	got := map[string]int{}
	for d := range sense.Dir(2) {
		half := *tr.Conversations[0]
		half.Pieces = nil
		for _, p := range tr.Conversations[0].Pieces {
			if p.Dir == d {
				half.Pieces = append(half.Pieces, p)
			}
		}
		for k, n := range counts(t, (&sensetest.Player{Analyzers: analyzers()}).Play(&sensetest.Trace{Conversations: []*sensetest.Conversation{&half}})) {
			got[k] += n
		}
	}
	for k, n := range all {
		if got[k] != n {
			t.Errorf("%s: %d, want %d", k, got[k], n)
		}
	}
}

// TestMidstream picks up in the middle of pixel data: everything from the next
// message on is read, though no negotiation was seen.
func TestMidstream(t *testing.T) {
	for _, e := range []dicom.Encoding{dicom.ImplicitLE, dicom.ExplicitLE, dicom.ExplicitBE} {
		r := rand.New(rand.NewPCG(1, 2))
		noise := make([]byte, 40000)
		for i := range noise {
			noise[i] = byte(r.UintN(256))
		}
		up := append(noise, pdata(3, 4000, storeCommand("1.2.9"), ctInstance(e, "1.2.9", ramp))...)
		up = append(up, pdata(3, 4000, storeCommand("1.2.8"), ctInstance(e, "1.2.8", ramp))...)
		down := pdata(3, 4000, command(dicom.CStore.Reply(), false, element(dicom.ImplicitLE, 0x900, "", le16(0))), nil)
		tr := sensetest.TCP(104, sensetest.Down(down), sensetest.Up(up))
		p := sensetest.Player{Midstream: true}
		var stores, ok int
		for _, s := range play(t, p, tr) {
			if s.Verb == "C-STORE" && !s.Reply {
				stores++
				if s.Attributes["contexts"] == "unknown" && s.Attributes["dataset"] == "guessed" && s.Patient != "" && s.Pixels != "" {
					ok++
				}
			}
		}
		if stores != 2 || ok != 2 {
			t.Errorf("encoding %d: %d of 2 stores, %d whole: %+v", e, stores, ok, play(t, p, tr))
		}
		p = sensetest.Player{Midstream: true, Analyzers: analyzers()}
		want := p.Play(tr)
		for seed := range uint64(20) {
			p.Cut = sensetest.Random(seed)
			if seed == 0 {
				p.Cut = sensetest.EveryByte
			}
			if got := p.Play(tr); !slices.Equal(got, want) {
				t.Fatalf("cut %d: %q, want %q", seed, got, want)
			}
		}
	}
}

// TestGap: a loss costs the message it falls into and no other.
func TestGap(t *testing.T) {
	tr := store(3, 60000)
	c := tr.Conversations[0]
	var pieces []sensetest.Piece
	for _, p := range c.Pieces {
		for rest := p.B; len(rest) > 0; {
			n := min(segment, len(rest))
			pieces = append(pieces, sensetest.Piece{Dir: p.Dir, B: rest[:n], Time: p.Time})
			rest = rest[n:]
		}
	}
	c.Pieces = pieces
	// lost is the piece lost first; the second store begins near piece 45.
	for lost := 50; lost < 80; lost++ {
		for long := 1; long <= 2; long++ {
			var whole, incomplete, responses int
			p := sensetest.Player{Lose: func(i int) bool { return i >= lost && i < lost+long }}
			for _, s := range play(t, p, tr) {
				switch {
				case s.Verb == "C-STORE" && s.Reply:
					responses++
				case s.Verb == "C-STORE" && s.Pixels != "" && s.Attributes["dataset"] == "":
					whole++
				case s.Verb == "C-STORE":
					incomplete++
				case s.Kind == "anomaly":
					t.Errorf("lost %d: %+v", lost, s)
				}
			}
			if whole != 2 || incomplete != 1 || responses != 3 {
				t.Errorf("lost %d+%d: %d whole, %d incomplete, %d responses", lost, long, whole, incomplete, responses)
			}
		}
	}
}

func TestProbe(t *testing.T) {
	a := Analyzer()
	rq := associate(dicom.AssociateRQ, "PACS", "CT1", nil, offer{ctStorage, explicit})
	echo := pdata(1, 1000, command(dicom.CEcho, false, uidElement(2, "1.2.840.10008.1.1")), nil)
	for name, tt := range map[string]struct {
		b    []byte
		port uint16
		want sense.Verdict
	}{
		"request":            {rq, 9999, sense.Yes},
		"part of a request":  {rq[:40], 9999, sense.More},
		"nothing":            {nil, 9999, sense.More},
		"command":            {echo, 9999, sense.Yes},
		"part of a command":  {echo[:15], 9999, sense.More},
		"behind a cut PDU":   {append(bytes.Repeat([]byte{7}, 100), echo...), 104, sense.Yes},
		"the same elsewhere": {append(bytes.Repeat([]byte{7, 9}, 100), echo...), 9999, sense.No},
		"rejection":          {pdu(dicom.AssociateRJ, []byte{0, 1, 1, 7}), 9999, sense.Yes},
		"http":               {[]byte("GET / HTTP/1.1\r\n"), 9999, sense.No},
		"tls":                {[]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, 9999, sense.No},
		"rdp":                {[]byte{3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0}, 9999, sense.No},
		"full of others":     {bytes.Repeat([]byte{9}, sense.ProbeCap), 104, sense.No},
	} {
		if got := a.Probe(sense.ToServer, tt.b, tt.port); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// TestForeign: another protocol on DICOM's port.
func TestForeign(t *testing.T) {
	tr := sensetest.TCP(104, sensetest.Up([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), sensetest.Down(bytes.Repeat([]byte("HTTP/1.1 200 OK\r\n"), 300)))
	if got := (&sensetest.Player{Analyzers: analyzers()}).Play(tr); len(got) > 0 {
		t.Errorf("%q", got)
	}
}
