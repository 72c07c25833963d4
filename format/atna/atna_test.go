package atna

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const example = `<?xml version="1.0" encoding="UTF-8"?><!-- <EventID code="1"/> -->
<AuditMessage><EventIdentification EventActionCode="E" EventDateTime="2020-03-19T14:38:04.293Z" EventOutcomeIndicator='12'>
<EventID csd-code="110112" codeSystemName="DCM" originalText="a > b"/><EventTypeCode csd-code="ITI-55"/></EventIdentification>
<ActiveParticipant UserID="DOE&amp;SON" UserIsRequestor="true" NetworkAccessPointID="10.0.0.7" NetworkAccessPointTypeCode="2"><RoleIDCode csd-code="110153"/><RoleIDCode csd-code="110152"/></ActiveParticipant>
<AuditSourceIdentification AuditSourceID="EHR"/>
<ParticipantObjectIdentification ParticipantObjectID="MRN77^^^WARD&amp;1.2.3&amp;ISO" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"><ParticipantObjectIDTypeCode csd-code="2"/><ParticipantObjectName>DOE^JANE</ParticipantObjectName></ParticipantObjectIdentification>
</AuditMessage>`

func TestParse(t *testing.T) {
	var m Message
	if err := Parse([]byte(example), &m); err != nil {
		t.Fatal(err)
	}
	if string(m.EventID) != "110112" || string(m.EventType) != "ITI-55" || string(m.Action) != "E" || string(m.Outcome) != "12" || string(m.SourceID) != "EHR" {
		t.Errorf("%+v", m)
	}
	p := m.Participants[0]
	if len(m.Participants) != 1 || string(p.UserID) != "DOE&SON" || !p.Requestor || string(p.NetworkID) != "10.0.0.7" || p.NetworkType != '2' || string(p.Role) != "110153" {
		t.Errorf("%+v", p)
	}
	authority, id, ok := m.Objects[0].Patient()
	if !ok || string(authority) != "WARD" || string(id) != "MRN77" || string(m.Objects[0].IDType) != "2" {
		t.Errorf("%q %q %v", authority, id, ok)
	}
}

func TestMisfits(t *testing.T) {
	var m Message
	for _, in := range []string{"", "<", "<>", "<a>", "<!DOCTYPE x [<!ENTITY a 'b'>]><AuditMessage/>", "<AuditMessage>", "<AuditMessage/>", "<AuditMessage><EventID", "<AuditMessage><EventID <", "text"} {
		if Parse([]byte(in), &m) == nil {
			t.Errorf("%q accepted", in)
		}
	}
	many := "<AuditMessage><EventID code='1'/>" + strings.Repeat("<ActiveParticipant/><ParticipantObjectIdentification/>", 100) + "</AuditMessage>"
	if err := Parse([]byte(many), &m); err != nil || !m.Truncated || len(m.Participants) != maxParticipants || len(m.Objects) != maxObjects {
		t.Error(err, len(m.Participants), len(m.Objects))
	}
}

func TestCorpus(t *testing.T) {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "atna/oehf+ipf/commons/audit/src/test/resources/audit/*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no audit messages in the corpus (%v)", err)
	}
	var m Message
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := Parse(b, &m); err != nil || EventName(string(m.EventID)) == "" || len(m.Participants) == 0 || OutcomeName(string(m.Outcome)) == "" {
			t.Errorf("%s: %v %s", filepath.Base(f), err, m.EventID)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte("<AuditMessage><EventID code='&#x41;&#1114112;&lt;'/>"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var m Message
		if Parse(b, &m) == nil {
			for i := range m.Objects {
				m.Objects[i].Patient()
			}
		}
	})
}
