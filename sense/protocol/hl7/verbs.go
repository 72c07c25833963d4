package hl7

import "fmt"

// kind says what a message is for.
type kind uint8

const (
	kindOther kind = iota
	kindAck
	kindADT
	kindResult
	kindAlarm
	kindOrder    // orders of any sort; ORM's may be for drugs
	kindPharmacy // orders that are surely for drugs
	kindDispense // RDS
	kindGive     // RGV: to an infusion pump
	kindGiveReply
	kindAdmin // RAS: given to the patient
	kindVaccination
	kindQuery
	kindDocument
	kindScheduling
	kindFinance
	kindMaster
	kindReply // application replies to orders
	kinds
)

// messageTypes are the message codes of table 0076 with the trigger events of
// table 0003 that go with them, as ranges.
var messageTypes = []struct {
	code string
	kind kind
	// letter and first and last number of the trigger events
	letter      byte
	first, last int
	more        []string
}{
	{"ACK", kindAck, 0, 0, -1, nil},
	{"ADR", kindQuery, 'A', 19, 19, nil},
	{"ADT", kindADT, 'A', 1, 62, nil},
	{"BAR", kindFinance, 'P', 1, 12, nil},
	{"BPS", kindOrder, 'O', 29, 29, nil},
	{"BRP", kindReply, 'O', 30, 30, nil},
	{"BRT", kindReply, 'O', 32, 32, nil},
	{"BTS", kindOrder, 'O', 31, 31, nil},
	{"CCF", kindOther, 'I', 22, 22, nil},
	{"CCI", kindOther, 'I', 22, 22, nil},
	{"CCM", kindOther, 'I', 21, 21, nil},
	{"CCQ", kindQuery, 'I', 19, 19, nil},
	{"CCR", kindOther, 'I', 16, 18, nil},
	{"CCU", kindOther, 'I', 20, 20, nil},
	{"CQU", kindOther, 'I', 19, 19, nil},
	{"CRM", kindOther, 'C', 1, 8, nil},
	{"CSU", kindOther, 'C', 9, 12, nil},
	{"DBC", kindMaster, 'O', 41, 42, nil},
	{"DBU", kindMaster, 'O', 43, 44, nil},
	{"DEL", kindMaster, 'O', 46, 46, nil},
	{"DEO", kindMaster, 'O', 45, 45, nil},
	{"DER", kindMaster, 'O', 44, 44, nil},
	{"DFT", kindFinance, 'P', 3, 11, nil},
	{"DOC", kindDocument, 'T', 12, 12, nil},
	{"DPR", kindMaster, 'O', 48, 48, nil},
	{"DRC", kindMaster, 'O', 47, 47, nil},
	{"DRG", kindMaster, 'O', 43, 43, nil},
	{"DSR", kindReply, 'Q', 1, 5, []string{"P04", "R03"}},
	{"EAC", kindOther, 'U', 7, 7, nil},
	{"EAN", kindOther, 'U', 9, 9, nil},
	{"EAR", kindReply, 'U', 8, 8, nil},
	{"EDR", kindReply, 'R', 7, 7, nil},
	{"EHC", kindFinance, 'E', 1, 31, nil},
	{"EQQ", kindQuery, 'Q', 4, 4, nil},
	{"ERP", kindReply, 'R', 9, 9, nil},
	{"ESR", kindReply, 'U', 2, 2, nil},
	{"ESU", kindOther, 'U', 1, 1, nil},
	{"INR", kindOther, 'U', 6, 14, nil},
	{"INU", kindOther, 'U', 5, 5, nil},
	{"ITR", kindMaster, 'I', 1, 1, nil},
	{"LSR", kindOther, 'U', 13, 13, nil},
	{"LSU", kindOther, 'U', 12, 13, nil},
	{"MCF", kindAck, 0, 0, -1, nil},
	{"MDM", kindDocument, 'T', 1, 11, nil},
	{"MFD", kindMaster, 'M', 1, 15, []string{"MFA"}},
	{"MFK", kindReply, 'M', 1, 18, nil},
	{"MFN", kindMaster, 'M', 1, 18, nil},
	{"MFQ", kindQuery, 'M', 1, 18, nil},
	{"MFR", kindReply, 'M', 1, 18, nil},
	{"NMD", kindOther, 'N', 1, 2, nil},
	{"NMQ", kindQuery, 'N', 1, 1, nil},
	{"NMR", kindReply, 'N', 1, 1, nil},
	{"OMB", kindOrder, 'O', 27, 27, nil},
	{"OMD", kindOrder, 'O', 3, 3, nil},
	{"OMG", kindOrder, 'O', 19, 19, nil},
	{"OMI", kindOrder, 'O', 23, 23, nil},
	{"OML", kindOrder, 'O', 21, 39, nil},
	{"OMN", kindOrder, 'O', 7, 7, nil},
	{"OMP", kindPharmacy, 'O', 9, 9, nil},
	{"OMQ", kindOrder, 'O', 42, 57, nil},
	{"OMS", kindOrder, 'O', 5, 5, nil},
	{"OPL", kindOrder, 'O', 37, 37, nil},
	{"OPR", kindReply, 'O', 38, 38, nil},
	{"OPU", kindResult, 'R', 25, 25, nil},
	{"ORA", kindReply, 'R', 33, 43, nil},
	{"ORB", kindReply, 'O', 28, 28, nil},
	{"ORD", kindReply, 'O', 4, 4, nil},
	{"ORF", kindReply, 'R', 2, 4, []string{"W02"}},
	{"ORG", kindReply, 'O', 20, 20, nil},
	{"ORI", kindReply, 'O', 24, 24, nil},
	{"ORL", kindReply, 'O', 22, 56, nil},
	{"ORM", kindOrder, 'O', 1, 1, nil},
	{"ORN", kindReply, 'O', 8, 8, nil},
	{"ORP", kindReply, 'O', 10, 10, nil},
	{"ORR", kindReply, 'O', 2, 2, nil},
	{"ORS", kindReply, 'O', 6, 6, nil},
	{"ORU", kindResult, 'R', 1, 45, []string{"W01"}},
	{"ORX", kindReply, 'O', 43, 58, nil},
	{"OSM", kindOther, 'R', 26, 26, nil},
	{"OSQ", kindQuery, 'Q', 6, 6, nil},
	{"OSR", kindReply, 'Q', 6, 6, nil},
	{"OSU", kindOrder, 'O', 51, 52, nil},
	{"OUL", kindResult, 'R', 21, 24, nil},
	{"PEX", kindOther, 'P', 7, 8, nil},
	{"PGL", kindOther, 'P', 'C', -1, []string{"PC6", "PC7", "PC8"}},
	{"PIN", kindQuery, 'I', 7, 7, nil},
	{"PMU", kindMaster, 'B', 1, 8, nil},
	{"PPG", kindOther, 0, 0, -1, []string{"PCG", "PCH", "PCJ"}},
	{"PPP", kindOther, 0, 0, -1, []string{"PCB", "PCC", "PCD"}},
	{"PPR", kindOther, 0, 0, -1, []string{"PC1", "PC2", "PC3"}},
	{"PPT", kindReply, 0, 0, -1, []string{"PCL"}},
	{"PPV", kindReply, 0, 0, -1, []string{"PCA"}},
	{"PRR", kindReply, 0, 0, -1, []string{"PC5"}},
	{"PTR", kindReply, 0, 0, -1, []string{"PCF"}},
	{"QBP", kindQuery, 'Q', 11, 40, []string{"E03", "E22", "K11", "Z34", "Z44", "ZV1"}},
	{"QCK", kindReply, 'Q', 2, 2, nil},
	{"QCN", kindQuery, 'J', 1, 1, nil},
	{"QRF", kindReply, 'W', 2, 2, nil},
	{"QRY", kindQuery, 'Q', 1, 30, []string{"A19", "P04", "PC4", "PC9", "PCE", "PCK", "R02", "R04", "T12", "V01", "W01", "W02"}},
	{"QSB", kindQuery, 'Q', 16, 16, nil},
	{"QSX", kindQuery, 'J', 2, 2, nil},
	{"QVR", kindQuery, 'Q', 17, 17, nil},
	{"RAR", kindReply, 0, 0, -1, []string{"RAR"}},
	{"RAS", kindAdmin, 'O', 17, 17, nil},
	{"RCI", kindReply, 'I', 5, 5, nil},
	{"RCL", kindReply, 'I', 6, 6, nil},
	{"RDE", kindPharmacy, 'O', 1, 49, nil},
	{"RDO", kindPharmacy, 'O', 1, 1, nil},
	{"RDR", kindReply, 0, 0, -1, []string{"RDR"}},
	{"RDS", kindDispense, 'O', 1, 13, nil},
	{"RDY", kindReply, 'K', 15, 15, nil},
	{"REF", kindOther, 'I', 12, 15, nil},
	{"RER", kindReply, 0, 0, -1, []string{"RER"}},
	{"RGR", kindReply, 0, 0, -1, []string{"RGR"}},
	{"RGV", kindGive, 'O', 1, 15, nil},
	{"ROR", kindReply, 0, 0, -1, []string{"ROR"}},
	{"RPA", kindReply, 'I', 8, 11, nil},
	{"RPI", kindReply, 'I', 1, 4, nil},
	{"RPL", kindReply, 'I', 2, 2, nil},
	{"RPR", kindReply, 'I', 3, 3, nil},
	{"RQA", kindQuery, 'I', 8, 11, nil},
	{"RQC", kindQuery, 'I', 5, 6, nil},
	{"RQI", kindQuery, 'I', 1, 3, nil},
	{"RQP", kindQuery, 'I', 4, 4, nil},
	{"RRA", kindReply, 'O', 2, 18, nil},
	{"RRD", kindReply, 'O', 2, 14, nil},
	{"RRE", kindReply, 'O', 2, 50, nil},
	{"RRG", kindGiveReply, 'O', 2, 16, nil},
	{"RRI", kindReply, 'I', 12, 15, nil},
	{"RRO", kindReply, 'O', 2, 2, nil},
	{"RSP", kindReply, 'K', 11, 34, []string{"E03", "E22", "Z82", "Z84", "Z86", "Z88", "Z90", "ZV2"}},
	{"RTB", kindReply, 'K', 13, 13, []string{"Z74"}},
	{"SCN", kindOther, 'S', 37, 37, nil},
	{"SDN", kindOther, 'S', 36, 36, nil},
	{"SDR", kindOther, 'S', 31, 31, nil},
	{"SIU", kindScheduling, 'S', 12, 27, nil},
	{"SLN", kindOther, 'S', 34, 35, nil},
	{"SLR", kindOther, 'S', 28, 29, nil},
	{"SMD", kindOther, 'S', 32, 32, nil},
	{"SQM", kindQuery, 'S', 25, 25, nil},
	{"SQR", kindReply, 'S', 25, 25, nil},
	{"SRM", kindScheduling, 'S', 1, 11, nil},
	{"SRR", kindReply, 'S', 1, 11, nil},
	{"SSR", kindOther, 'U', 4, 4, nil},
	{"SSU", kindOther, 'U', 3, 3, nil},
	{"STC", kindOther, 'S', 33, 33, nil},
	{"SUR", kindOther, 'P', 9, 9, nil},
	{"TCR", kindOther, 'U', 11, 11, nil},
	{"TCU", kindOther, 'U', 10, 10, nil},
	{"UDM", kindOther, 'Q', 5, 5, nil},
	{"VXQ", kindQuery, 'V', 1, 1, nil},
	{"VXR", kindReply, 'V', 3, 3, nil},
	{"VXU", kindVaccination, 'V', 4, 4, nil},
	{"VXX", kindReply, 'V', 2, 2, nil},
}

// verb is a message type as it is called in observations.
type verb struct {
	name string
	kind kind
}

// verbs maps a message code, with or without its trigger event, to its verb. It is
// filled once and never changed.
var verbs = func() map[[6]byte]verb {
	m := map[[6]byte]verb{}
	for _, t := range messageTypes {
		m[verbKey(t.code, "")] = verb{t.code, t.kind}
		if t.kind == kindAck {
			continue
		}
		for n := t.first; n <= t.last; n++ {
			trigger := fmt.Sprintf("%c%02d", t.letter, n)
			m[verbKey(t.code, trigger)] = verb{t.code + "^" + trigger, t.kind}
		}
		for _, trigger := range t.more {
			m[verbKey(t.code, trigger)] = verb{t.code + "^" + trigger, t.kind}
		}
	}
	for _, trigger := range []string{"R40", "R41"} {
		m[verbKey("ORU", trigger)] = verb{"ORU^" + trigger, kindAlarm}
	}
	return m
}()

func verbKey[T string | []byte](code, trigger T) (k [6]byte) {
	if len(code) == 3 && (len(trigger) == 0 || len(trigger) == 3) {
		copy(k[:3], code)
		copy(k[3:], trigger)
	}
	return k
}

// verbOf names a message type. A type that is not in the tables is "other": a
// name from the wire is never shown.
func verbOf(code, trigger, structure []byte) (string, kind) {
	if len(trigger) == 0 && len(structure) == 7 && structure[3] == '_' {
		trigger = structure[4:]
	}
	if v, ok := verbs[verbKey(code, trigger)]; ok {
		return v.name, v.kind
	}
	if v, ok := verbs[verbKey(code, nil)]; ok {
		return v.name, v.kind
	}
	if len(code) == 0 {
		return "untyped", kindOther
	}
	return "other", kindOther
}
