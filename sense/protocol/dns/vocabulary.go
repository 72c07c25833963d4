package dns

import (
	"math"
	"strconv"
)

// typeName returns the name of a record type as IANA lists it.
func typeName(t uint16) string {
	switch t {
	case typeA:
		return "A"
	case typeNS:
		return "NS"
	case typeCNAME:
		return "CNAME"
	case 6:
		return "SOA"
	case 10:
		return "NULL"
	case typePTR:
		return "PTR"
	case typeHINFO:
		return "HINFO"
	case 15:
		return "MX"
	case typeTXT:
		return "TXT"
	case 24:
		return "SIG"
	case 25:
		return "KEY"
	case typeAAAA:
		return "AAAA"
	case 29:
		return "LOC"
	case typeSRV:
		return "SRV"
	case 35:
		return "NAPTR"
	case 39:
		return "DNAME"
	case typeOPT:
		return "OPT"
	case 43:
		return "DS"
	case 44:
		return "SSHFP"
	case 46:
		return "RRSIG"
	case 47:
		return "NSEC"
	case 48:
		return "DNSKEY"
	case 50:
		return "NSEC3"
	case 52:
		return "TLSA"
	case 64:
		return "SVCB"
	case 65:
		return "HTTPS"
	case 99:
		return "SPF"
	case 249:
		return "TKEY"
	case 250:
		return "TSIG"
	case 251:
		return "IXFR"
	case 252:
		return "AXFR"
	case 255:
		return "ANY"
	case 256:
		return "URI"
	case 257:
		return "CAA"
	}
	return "other type"
}

// opcodeNames are verbs; an empty one is not assigned.
var opcodeNames = [16]string{0: "query", 1: "inverse query", 2: "status", 4: "notify", 5: "update", 6: "stateful operation"}

// netbiosOpcodes are those of RFC 1002 section 4.2.1.1.
var netbiosOpcodes = [16]string{0: "query", 5: "registration", 6: "release", 7: "wait", 8: "refresh", 9: "refresh", 15: "multi-homed registration"}

// rcodeNames are those of RFC 6895 section 2.3; "ok" is NoError.
var rcodeNames = [16]string{"ok", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE", "DSOTYPENI", "rcode 12", "rcode 13", "rcode 14", "rcode 15"}

// netbiosRcodes are those of RFC 1002 section 4.2.6.
var netbiosRcodes = [16]string{0: "ok", 1: "FMT_ERR", 2: "SRV_ERR", 3: "NAM_ERR", 4: "IMP_ERR", 5: "RFS_ERR", 6: "ACT_ERR", 7: "CFT_ERR"}

var numbers = func() (t [256]string) {
	for i := range t {
		t[i] = strconv.Itoa(i)
	}
	return t
}()

// number returns n's text, without allocating where n is small.
func number(n int) string {
	if n >= 0 && n < len(numbers) {
		return numbers[n]
	}
	return strconv.Itoa(n)
}

// nLogN[n] is n·log2(n).
var nLogN = func() (t [maxName + 1]float64) {
	for i := 2; i < len(t); i++ {
		t[i] = float64(i) * math.Log2(float64(i))
	}
	return t
}()

var buckets = [...]string{"0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4", "4.5", "5", "5.5", "6", "6.5", "7", "7.5", "8"}

// entropy returns the Shannon entropy of b's characters in bits per character,
// rounded down to a half.
func entropy(b []byte) string {
	if len(b) == 0 || len(b) > maxName {
		return ""
	}
	var count [256]uint8
	for _, c := range b {
		count[c]++
	}
	sum := nLogN[len(b)]
	for _, c := range b {
		if count[c] > 0 {
			sum -= nLogN[count[c]]
			count[c] = 0
		}
	}
	return buckets[min(len(buckets)-1, int(sum/float64(len(b))*2))]
}
