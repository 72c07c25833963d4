package canary

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// textual adds the protocols that are written as text.
func textual(n *Net, p *Plant) {
	hl7(n, p)
	astm(n, p)
	web(n, p)
	fhir(n, p)
	dicomweb(n, p)
	sessions(n, p)
	discovery(n, p)
	syslog(n, p)
}

func lines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// HL7: fields of each segment. Components, repetitions and subcomponents are filled
// in a second message.
var (
	hl7Fixed = map[string]string{"MSH-9": "ADT^A01^ADT_A01", "MSH-10": "{MSH-10}", "MSH-11": "P", "MSH-12": "2.5.1", "OBX-11": "F"}
	hl7Count = map[string]int{"MSH": 25, "SFT": 6, "UAC": 3, "EVN": 7, "PID": 40, "PD1": 24, "NK1": 41, "PV1": 54, "PV2": 50, "ROL": 15, "DB1": 8, "AL1": 6,
		"DG1": 26, "DRG": 33, "PR1": 25, "GT1": 57, "IN1": 55, "IN2": 72, "IN3": 28, "ACC": 14, "ORC": 38, "OBR": 55, "OBX": 33, "NTE": 9, "PRT": 25, "TQ1": 14,
		"SPM": 35, "SAC": 45, "RXO": 38, "RXR": 6, "RXC": 12, "RXE": 50, "RXA": 30, "RXG": 35, "RXD": 39, "RXV": 22, "AIS": 12, "AIP": 12, "AIL": 12, "AIG": 14, "SCH": 30, "RGS": 3,
		"FT1": 45, "TXA": 25, "DSC": 2, "DSP": 5, "QRD": 12, "QRF": 10, "QPD": 10, "RCP": 7, "QAK": 6, "STF": 40, "PRA": 12, "MFI": 6, "MFE": 7, "EQU": 14, "ISD": 3, "CTI": 3,
		"BLG": 4, "MRG": 7, "FAC": 12, "PSH": 14, "PEO": 25, "PDC": 15, "DEV": 25, "ARV": 6, "CON": 25, "ZZZ": 20, "ZPI": 10, "MSA": 8, "ERR": 12}
	hl7Types = []struct{ kind, segments string }{
		{"ADT^A01^ADT_A01", "SFT UAC EVN PID PD1 ARV ROL NK1 PV1 PV2 DB1 AL1 DG1 DRG PR1 GT1 IN1 IN2 IN3 ACC CON MRG FAC ZZZ ZPI"},
		{"ORU^R01^ORU_R01", "SFT PID PD1 NTE PV1 PV2 ORC OBR NTE PRT TQ1 CTI OBX PRT NTE SPM DEV OBX ZZZ DSC"},
		{"ORU^R40^ORU_R40", "SFT PID PV1 ORC OBR OBX PRT NTE DEV"},
		{"RDE^O11^RDE_O11", "SFT PID PV1 ORC TQ1 RXE NTE RXR RXC FT1 BLG ZZZ"},
		{"RGV^O15^RGV_O15", "PID PV1 ORC RXG RXR RXC OBX"},
		{"RAS^O17^RAS_O17", "PID PV1 ORC RXO RXA RXR RXV OBX"},
		{"ORM^O01^ORM_O01", "PID PV1 ORC OBR RXO RXD DG1 NTE"},
		{"SIU^S12^SIU_S12", "SCH TQ1 NTE PID PV1 RGS AIS AIG AIL AIP"},
		{"MDM^T02^MDM_T02", "EVN PID PV1 ORC OBR TXA OBX"},
		{"MFN^M02^MFN_M02", "MFI MFE STF PRA"},
		{"QRY^A19^QRY_A19", "QRD QRF QPD RCP DSC"},
		{"ESU^U01^ESU_U01", "EQU ISD ROL SAC"},
		{"PEX^P07^PEX_P07", "EVN PID PSH PEO PDC"},
	}
	hl7Observed = []string{"150456^MDC_PULS_OXIM_SAT_O2^MDC", "69985^MDC_DEV_PUMP_INFUS_MDS^MDC", "184504^MDC_PUMP_STAT^MDC", "720897^MDC_IDC_DEV_TYPE^MDC", "{OBX-3.1}^{OBX-3.2}^{OBX-3.3}"}
)

func hl7Segment(p *Plant, name, kind, version string, deep bool) string {
	s := name
	from := 1
	if name == "MSH" {
		s, from = `MSH|^~\&`, 3
	}
	for i := from; i <= hl7Count[name]; i++ {
		f := fmt.Sprintf("%s-%d", name, i)
		v := "{" + f + "}"
		switch {
		case f == "MSH-9":
			v = kind
		case f == "MSH-12":
			v = version
		case hl7Fixed[f] != "":
			v = hl7Fixed[f]
		case f == "OBX-2":
			v = []string{"ST", "NM", "CWE", "TX", "{OBX-2}", "ED", "PN"}[p.Round%7]
		case f == "OBX-3":
			v = hl7Observed[p.Round%len(hl7Observed)]
		case f == "OBX-4" && p.Round%2 == 0:
			v = "1.1.1.1"
		case f == "MSA-1":
			v = "AE"
		case deep:
			v = fmt.Sprintf("{%s.1}^{%[1]s.2}^{%[1]s.3.1}&{%[1]s.3.2}^{%[1]s.4}^{%[1]s.5}^{%[1]s.6}~{%[1]s[2]}", f)
		}
		s += "|" + v
	}
	return s + "\r"
}

func hl7(n *Net, p *Plant) {
	p.In("hl7")
	for i, t := range hl7Types {
		for _, deep := range []bool{false, true} {
			kind, version := t.kind, "2.5.1"
			if deep && p.Round%3 == 2 {
				kind, version = "{MSH-9.1}^{MSH-9.2}^{MSH-9.3}", "{MSH-12.1}^{MSH-12.2}"
			}
			m := hl7Segment(p, "MSH", kind, version, deep)
			for s := range strings.FieldsSeq(t.segments) {
				m += hl7Segment(p, s, kind, version, deep)
			}
			reply := hl7Segment(p, "MSH", "ACK^A01^ACK", "2.5.1", false) + hl7Segment(p, "MSA", "", "", false) + hl7Segment(p, "ERR", "", "", deep)
			frame := func(s string) []byte { return []byte("\x0b" + p.Fill(s) + "\x1c\r") }
			n.TCP("hl7", 2575+i, Up(frame(m)), Down(frame(reply)))
		}
	}
}

// ASTM: fields of each record.
var astmCount = map[byte]int{'H': 14, 'P': 35, 'O': 31, 'R': 14, 'C': 5, 'Q': 13, 'M': 12, 'S': 12, 'L': 3}

func astm(n *Net, p *Plant) {
	p.In("astm")
	turns := []Turn{Up([]byte{5}), Down([]byte{6})}
	for i, r := range []byte("HPCORCQMSL") {
		s := string(r)
		from := 2
		if r == 'H' {
			s, from = `H|\^&`, 3
		}
		for f := from; f <= astmCount[r]; f++ {
			switch {
			case r == 'H' && f == 13:
				s += "|LIS2-A2"
			case r != 'H' && f == 2:
				s += "|1"
			case f%3 == 0:
				s += fmt.Sprintf(`|{%c-%d.1}^{%[1]c-%d.2}\{%[1]c-%[2]d[2]}`, r, f, f)
			default:
				s += fmt.Sprintf("|{%c-%d}", r, f)
			}
		}
		body := fmt.Sprintf("%d%s\r\x03", (i+1)%8, p.Fill(s))
		sum := byte(0)
		for _, c := range []byte(body) {
			sum += c
		}
		turns = append(turns, Up([]byte("\x02"+body+fmt.Sprintf("%02X\r\n", sum))), Down([]byte{6}))
	}
	n.TCP("astm", 15200, append(turns, Up([]byte{4}))...)
}

// message is an HTTP message with the length of its body.
func message(head, body string) []byte {
	head = lines(strings.TrimSpace(head) + "\n")
	return []byte(head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body)
}

// path is a value as a part of a URL.
func path(p *Plant, field string) string { return url.PathEscape(p.V(field)) }

var (
	requestHeaders = strings.Fields(`Accept Accept-Charset Accept-Language Cookie From If-Match Origin Pragma Proxy-Authorization Referer TE Upgrade User-Agent Via Warning
		X-Forwarded-For X-Forwarded-Host X-Forwarded-User X-Real-IP X-Request-ID X-User X-Patient-ID SOAPAction X-Requested-With X-Custom Remote-User Forwarded X-Ms-Client-Principal-Name`)
	responseHeaders = strings.Fields(`Age Allow Cache-Control Content-Disposition Content-Language Content-Location Date ETag Expires Link Location Proxy-Authenticate Refresh Server
		Set-Cookie Vary Via Warning WWW-Authenticate X-Powered-By X-AspNet-Version X-Generator X-Backend X-Served-By X-Custom Alt-Svc`)
)

func web(n *Net, p *Plant) {
	p.In("http")
	many := func(names []string) string {
		var b strings.Builder
		for _, h := range names {
			b.WriteString(p.Fill(h + ": {" + h + "}\n"))
		}
		return b.String()
	}
	get := "GET /patients/" + path(p, "path") + "/" + path(p, "path2") + ".html?name=" + url.QueryEscape(p.V("query")) + "&" + url.QueryEscape(p.V("query key")) + "=1#" + path(p, "fragment") + " HTTP/1.1\nHost: " + p.Word("Host") + ".hospital.example\n"
	title := p.Fill("<html><head><title>{title}</title><meta name=\"generator\" content=\"{generator}\"></head><body><h1>{h1}</h1>{body}</body></html>")
	auth := func(f string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(p.V(f+" user")+":"+p.V(f+" password"))) + "\n"
	}
	n.TCP("http", 80, Up(message(get+auth("basic")+many(requestHeaders), "")), Down(message("HTTP/1.1 200 OK\nContent-Type: text/html\n"+many(responseHeaders), title)))
	n.TCP("http", 8080,
		Up(message("POST http://"+p.Word("absolute host")+"/"+path(p, "absolute path")+" HTTP/1.1\nHost: a\nContent-Type: application/x-www-form-urlencoded\n", p.Fill("user={form user}&password={form password}&patient="+url.QueryEscape(p.V("form patient"))))),
		Down(message(p.Fill("HTTP/1.1 401 {reason}\nWWW-Authenticate: Basic realm=\"{realm}\"\nServer: {=Server}/1.2 ({Server comment})\nContent-Type: text/html; charset={charset}\n"), p.Fill("<title>{401 title}</title>"))),
		Up(message(p.Fill("PUT /a HTTP/1.1\nHost: {=Host2}:8080\nAuthorization: Digest username=\"{digest user}\", realm=\"{digest realm}\", uri=\"/{=digest uri}\", cnonce=\"{cnonce}\"\nContent-Type: application/json\nContent-Encoding: {Content-Encoding}\n"), p.Fill(`{"name":"{json name}","nested":{"{json key}":["{json list}"]}}`))),
		Down(message(p.Fill("HTTP/1.0 302 Found\nLocation: http://{=Location host}/{=Location path}\nSet-Cookie: {=cookie name}={cookie value}; Domain={=cookie domain}; Path=/{=cookie path}\nContent-Type: {=Content-Type}\n"), p.Fill("{text body}"))),
		Up(message(p.Fill("POST /upload HTTP/1.1\nHost: b\nAuthorization: Bearer {bearer}\nContent-Type: multipart/form-data; boundary=XX\n"), lines(p.Fill("--XX\nContent-Disposition: form-data; name=\"{part name}\"; filename=\"{part filename}\"\nContent-Type: {=part type}\n\n{part body}\n--XX--\n")))),
		Down(message(p.Fill("HTTP/1.1 500 Error\nServer: nginx/1.22.1 {=Server suffix}\nContent-Type: application/xml\n"), p.Fill("<a><{=xml element}>{xml text}</{=xml element2}></a>"))),
		Up(message(p.Fill("GET /b HTTP/1.1\nHost: c\nAuthorization: NTLM ")+base64.StdEncoding.EncodeToString(ntlmAuth(p))+"\n", "")),
		Down(message("HTTP/1.1 401 Unauthorized\nWWW-Authenticate: NTLM "+base64.StdEncoding.EncodeToString(ntlmChallenge(p))+"\n", "")))
	n.TCP("http", 8081, Up([]byte(p.Fill("GET /{=odd path} HTTP/1.1\r\nHost: x\r\n{=header name}: {header value}\r\n folded {folded}\r\n\r\n"))), Down([]byte(p.Fill("HTTP/1.1 999 {odd reason}\r\nTransfer-Encoding: {=Transfer-Encoding}\r\n\r\n{odd body}"))))
	n.TCP("http", 3128, Up([]byte(p.Fill("CONNECT {=connect host}:443 HTTP/1.1\r\nHost: {=connect Host}\r\nProxy-Authorization: Basic "))), Down([]byte(p.Fill("HTTP/1.1 200 {connect reason}\r\n\r\n"))))
	n.TCP("http", 80, Up([]byte(p.Fill("PROPFIND /{=dav path} HTTP/1.1\r\nHost: {=dav host}\r\nDestination: http://{=Destination}/{=Destination path}\r\nContent-Length: 0\r\n\r\n"))),
		Down(message("HTTP/1.1 207 Multi-Status\nContent-Type: text/xml\n", p.Fill("<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/{=dav href}</D:href><D:displayname>{dav name}</D:displayname></D:response></D:multistatus>"))))
}

var fhirResources = []string{
	`{"resourceType":"Patient","id":"{=id}","meta":{"versionId":"{versionId}","source":"{source}","profile":["{profile}"],"tag":[{"system":"{tag system}","code":"{tag code}","display":"{tag display}"}]},"text":{"status":"generated","div":"<div>{div}</div>"},"identifier":[{"use":"{use}","system":"{identifier system}","value":"{identifier value}","assigner":{"display":"{assigner}"}}],"name":[{"text":"{name text}","family":"{family}","given":["{given}","{given2}"],"prefix":["{prefix}"]}],"telecom":[{"system":"phone","value":"{telecom}"}],"gender":"{gender}","birthDate":"{birthDate}","address":[{"line":["{line}"],"city":"{city}","postalCode":"{postalCode}","country":"{country}"}],"contact":[{"name":{"family":"{contact}"}}],"generalPractitioner":[{"reference":"Practitioner/{=gp reference}","display":"{gp display}"}],"managingOrganization":{"display":"{organization}"},"extension":[{"url":"{extension url}","valueString":"{extension value}"}],"link":[{"other":{"reference":"{link}"}}]}`,
	`{"resourceType":"Device","id":"{=Device.id}","identifier":[{"system":"{Device.identifier.system}","value":"{Device.identifier}"}],"definition":{"display":"{definition}"},"udiCarrier":[{"deviceIdentifier":"{udi di}","carrierHRF":"{udi hrf}","issuer":"{issuer}"}],"status":"active","statusReason":[{"text":"{statusReason}"}],"distinctIdentifier":"{distinctIdentifier}","manufacturer":"{manufacturer}","lotNumber":"{lot}","serialNumber":"{serialNumber}","deviceName":[{"name":"{deviceName}","type":"user-friendly-name"}],"modelNumber":"{modelNumber}","partNumber":"{partNumber}","type":{"coding":[{"system":"{type system}","code":"{type code}","display":"{type display}"}],"text":"{type text}"},"version":[{"type":{"text":"{version type}"},"value":"{version}"}],"property":[{"type":{"text":"{property}"}}],"patient":{"reference":"Patient/{=Device.patient}"},"owner":{"display":"{owner}"},"contact":[{"value":"{Device.contact}"}],"location":{"reference":"{Device.location}","display":"{Device.location.display}"},"url":"{Device.url}","note":[{"text":"{Device.note}"}]}`,
	`{"resourceType":"Observation","status":"{status}","category":[{"text":"{category}"}],"code":{"coding":[{"system":"http://loinc.org","code":"{code}","display":"{display}"}],"text":"{code text}"},"subject":{"reference":"Patient/{=subject}","display":"{subject display}","identifier":{"value":"{subject identifier}"}},"encounter":{"reference":"{encounter}"},"effectiveDateTime":"{effective}","performer":[{"display":"{performer}"}],"valueString":"{valueString}","valueQuantity":{"value":7,"unit":"{unit}","system":"{unit system}","code":"{unit code}"},"note":[{"text":"{note}"}],"device":{"reference":"Device/{=device}","display":"{device display}"},"component":[{"code":{"text":"{component}"},"valueString":"{component value}"}]}`,
	`{"resourceType":"MedicationRequest","identifier":[{"value":"{rx id}"}],"status":"{rx status}","intent":"{intent}","medicationCodeableConcept":{"coding":[{"system":"{drug system}","code":"{drug code}","display":"{drug display}"}],"text":"{drug}"},"subject":{"reference":"Patient/{=rx subject}"},"requester":{"reference":"Practitioner/{=requester}","display":"{requester display}"},"dosageInstruction":[{"text":"{sig}","route":{"text":"{route}"},"doseAndRate":[{"doseQuantity":{"value":5,"unit":"{dose unit}"},"rateQuantity":{"value":3,"unit":"{rate unit}"}}]}],"note":[{"text":"{rx note}"}]}`,
	`{"resourceType":"MedicationAdministration","identifier":[{"value":"{ma id}"}],"status":"completed","medicationReference":{"reference":"Medication/{=ma ref}","display":"{ma drug}"},"subject":{"reference":"Patient/{=ma subject}"},"performer":[{"actor":{"display":"{ma performer}"}}],"device":[{"reference":"Device/{=ma device}"}],"dosage":{"text":"{ma text}","dose":{"value":1,"unit":"{ma unit}"}}}`,
	`{"resourceType":"Bundle","type":"transaction","id":"{=bundle}","link":[{"relation":"self","url":"http://{=bundle link}/fhir"}],"entry":[{"fullUrl":"http://{=fullUrl}/Patient/1","resource":{"resourceType":"Patient","name":[{"family":"{bundle family}"}],"birthDate":"{bundle birth}"},"request":{"method":"PUT","url":"Patient?identifier={bundle request}"}}]}`,
	`{"resourceType":"AuditEvent","agent":[{"name":"{agent}","altId":"{altId}","who":{"display":"{who}","identifier":{"value":"{who id}"}},"network":{"address":"{network}"}}],"source":{"site":"{site}","observer":{"display":"{observer}"}},"entity":[{"name":"{entity}","query":"{entity query}","what":{"reference":"Patient/{=what}"}}]}`,
	`{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"processing","diagnostics":"{diagnostics}","details":{"text":"{details}"},"expression":["{expression}"]}]}`,
	`{"resourceType":"CapabilityStatement","publisher":"{publisher}","contact":[{"name":"{cs contact}"}],"software":{"name":"{software name}","version":"{software version}"},"implementation":{"description":"{implementation}","url":"http://{=implementation url}"},"fhirVersion":"{fhirVersion}","rest":[{"mode":"server"}]}`,
	`{"resourceType":"DeviceMetric","type":{"text":"{metric type}"},"identifier":[{"value":"{metric id}"}],"source":{"reference":"Device/{=metric source}"}}`,
	`{"resourceType":"{resourceType}","name":"{any name}","{any key}":"{any value}"}`,
	`{"resourceType":"Parameters","parameter":[{"name":"{parameter}","valueString":"{parameter value}","resource":{"resourceType":"Patient","name":[{"family":"{parameter family}"}]}}]}`,
}

func fhir(n *Net, p *Plant) {
	p.In("fhir")
	for i, r := range fhirResources {
		kind, _, _ := strings.Cut(strings.TrimPrefix(r, `{"resourceType":"`), `"`)
		if strings.HasPrefix(kind, "{") {
			kind = "Basic"
		}
		head := "Host: ehr\nContent-Type: application/fhir+json\nAccept: application/fhir+json\nAuthorization: Bearer " + base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." +
			base64.RawURLEncoding.EncodeToString([]byte(p.Fill(`{"sub":"{jwt sub}","name":"{jwt name}","iss":"{jwt iss}","patient":"{jwt patient}","aud":"{jwt aud}","fhirUser":"{jwt fhirUser}"}`))) + ".x\n"
		n.TCP("fhir", 8080, Up(message("POST /fhir/"+kind+" HTTP/1.1\n"+head+p.Fill("If-None-Exist: identifier={If-None-Exist}\n"), p.Fill(r))),
			Down(message(p.Fill("HTTP/1.1 201 Created\nContent-Type: application/fhir+json\nLocation: http://ehr/fhir/"+kind+"/{=Location}/_history/1\nETag: W/\"{ETag}\"\n"), p.Fill(fhirResources[(i+1)%len(fhirResources)]))),
			Up(message("GET /fhir/"+kind+"/"+p.Word("read id")+" HTTP/1.1\nHost: ehr\nAccept: application/fhir+json\n", "")), Down(message("HTTP/1.1 200 OK\nContent-Type: application/fhir+json\n", p.Fill(r))),
			Up(message("GET /fhir/"+kind+"?family="+url.QueryEscape(p.V("search family"))+"&identifier="+url.QueryEscape(p.V("search identifier"))+"&birthdate="+p.Word("search birthdate")+"&"+p.Word("search key")+"=1 HTTP/1.1\nHost: ehr\nAccept: application/fhir+json\n", "")),
			Down(message("HTTP/1.1 200 OK\nContent-Type: application/fhir+json\n", p.Fill(fhirResources[5]))))
	}
	xml := `<{kind} xmlns="http://hl7.org/fhir"><id value="{=xml id}"/><identifier><system value="{xml system}"/><value value="{xml value}"/></identifier><name><family value="{xml family}"/><given value="{xml given}"/></name><birthDate value="{xml birthDate}"/><text><div xmlns="http://www.w3.org/1999/xhtml">{xml div}</div></text>` +
		`<manufacturer value="{xml manufacturer}"/><serialNumber value="{xml serial}"/><modelNumber value="{xml model}"/><deviceName><name value="{xml deviceName}"/></deviceName><version><value value="{xml version}"/></version><note><text value="{xml note}"/></note><subject><reference value="Patient/{=xml subject}"/></subject></{kind}>`
	for _, kind := range []string{"Patient", "Device", "Observation", "MedicationRequest"} {
		n.TCP("fhir", 80, Up(message("PUT /fhir/"+kind+"/1 HTTP/1.1\nHost: ehr\nContent-Type: application/fhir+xml; charset=utf-8\n", p.Fill(strings.ReplaceAll(xml, "{kind}", kind)))),
			Down(message("HTTP/1.1 200 OK\nContent-Type: application/fhir+xml\n", p.Fill(strings.ReplaceAll(xml, "{kind}", kind)))))
	}
}

func dicomweb(n *Net, p *Plant) {
	p.In("dicomweb")
	var b strings.Builder
	b.WriteString(`[{"0020000D":{"vr":"UI","Value":["1.2.3"]}`)
	for _, t := range tags() {
		if t.vr == "UI" || t.group() > 0x60 {
			continue
		}
		v := fmt.Sprintf("%q", p.V(t.String()))
		if t.vr == "PN" {
			v = fmt.Sprintf(`{"Alphabetic":%s,"Ideographic":%q}`, v, p.V(t.String()+" ideographic"))
		}
		fmt.Fprintf(&b, `,"%08X":{"vr":"%s","Value":[%s]}`, t.tag, t.vr, v)
	}
	b.WriteString("}]")
	for _, root := range []string{"/dicom-web", "/wado-rs", "/" + p.Word("service")} {
		n.TCP("dicomweb", 8042, Up(message("GET "+root+"/studies?PatientName="+url.QueryEscape(p.V("QIDO PatientName"))+"&PatientID="+p.Word("QIDO PatientID")+"&00100030="+p.Word("QIDO birth")+"&AccessionNumber="+p.Word("QIDO accession")+" HTTP/1.1\nHost: pacs\nAccept: application/dicom+json\n", "")),
			Down(message("HTTP/1.1 200 OK\nContent-Type: application/dicom+json\n", b.String())),
			Up(message(p.Fill("GET "+root+"/studies/{=study}/series/{=series}/instances/{=instance}/metadata HTTP/1.1\nHost: {=Host}\nAccept: application/dicom+json\n"), "")),
			Down(message("HTTP/1.1 200 OK\nContent-Type: application/dicom+json\n", p.Fill(`[{"00100010":{"vr":"PN","Value":[{"Alphabetic":"{metadata}"}]}}]`))))
	}
	file := append(make([]byte, 128), "DICM"...)
	meta := element(0x00020010, "UI", "1.2.840.10008.1.2.1")
	for _, t := range []uint32{0x00020013, 0x00020016, 0x00020017, 0x00020018} {
		vr := "AE"
		if t == 0x00020013 {
			vr = "SH"
		}
		meta = append(meta, element(t, vr, p.Short(fmt.Sprintf("meta %08X", t), 16))...)
	}
	file = join(file, element(0x00020000, "UL", string(le32(len(meta)))), meta, dataset(p, 3))
	part := func(head string) string { return "--BB\r\n" + head + "\r\n\r\n" + string(file) + "\r\n--BB--\r\n" }
	n.TCP("dicomweb", 8042, Up(message("POST /dicom-web/studies/"+p.Word("stow study")+" HTTP/1.1\nHost: pacs\nContent-Type: multipart/related; type=\"application/dicom\"; boundary=BB\n", part("Content-Type: application/dicom\r\nContent-Location: "+p.V("part location")))),
		Down(message("HTTP/1.1 200 OK\nContent-Type: application/dicom+json\n", p.Fill(`{"00081190":{"vr":"UR","Value":["http://x/{=retrieve}"]},"00081198":{"vr":"SQ","Value":[{"00081155":{"vr":"UI","Value":["{=failed}"]}}]}}`))))
	n.TCP("dicomweb", 8042, Up(message(p.Fill("GET /wado?requestType=WADO&studyUID={=wado study}&seriesUID={=wado series}&objectUID={=wado object}&contentType=application/dicom HTTP/1.1\nHost: pacs\n"), "")),
		Down(message("HTTP/1.1 200 OK\nContent-Type: application/dicom\n", string(file))))
}

func say(s string) []byte { return []byte(s + "\r\n") }

// sessions adds what people type: FTP, Telnet, SMTP and the like.
func sessions(n *Net, p *Plant) {
	p.In("ftp")
	turns := []Turn{Down(say(p.Fill("220 {=banner host} FTP server ({banner}) ready.")))}
	for _, c := range []string{"USER {USER}", "PASS {PASS}", "ACCT {ACCT}", "SYST", "CWD /{CWD}", "MKD {MKD}", "RMD {RMD}", "DELE {DELE}", "RNFR {RNFR}", "RNTO {RNTO}", "SIZE {SIZE}", "MDTM 20200101000000 {MDTM}", "LIST {LIST}", "NLST {NLST}", "SITE {SITE}", "STAT {STAT}", "HOST {=HOST}", "CLNT {CLNT}", "{=verb} {argument}", "PASV", "STOR {STOR}", "RETR {RETR}", "APPE {APPE}", "QUIT"} {
		reply := map[byte]string{'U': "331 Password required for {331}.", 'P': "230-Welcome {230}\r\n230 {230 end}", 'S': "215 UNIX Type: {215}", 'C': "250 {250}", 'M': "257 \"/{257}\" created"}[c[0]]
		if reply == "" {
			reply = "550 {550}: No such file"
		}
		turns = append(turns, Up(say(p.Fill(c))), Down(say(p.Fill(reply))))
	}
	n.TCP("ftp", 21, turns...)

	p.In("tftp")
	n.UDP("tftp", 0, 69, Up([]byte("\x00\x01"+p.V("RRQ file")+"\x00octet\x00"+p.Word("option")+"\x00"+p.Word("option value")+"\x00")), Down([]byte("\x00\x05\x00\x01"+p.V("error")+"\x00")))
	n.UDP("tftp", 0, 69, Up([]byte("\x00\x02"+p.V("WRQ file")+"\x00netascii\x00")))

	p.In("telnet")
	n.TCP("telnet", 23, Down([]byte("\xff\xfd\x18\xff\xfd\x20\xff\xfb\x01")), Up([]byte("\xff\xfb\x18\xff\xfa\x18\x00"+p.V("terminal type")+"\xff\xf0\xff\xfa\x27\x00\x00USER\x01"+p.V("environment")+"\xff\xf0")),
		Down([]byte(p.Fill("\r\n{banner}\r\nWelcome to {=banner host}\r\n\r\n{=prompt host} login: "))), Up(say(p.V("login"))), Down([]byte("Password: ")), Up(say(p.V("password"))), Down(say(p.Fill("\r\nLast login: {last login} from {=last host}\r\n{=shell}@{=shell host}:~$ "))), Up(say(p.V("command"))))

	p.In("smtp")
	n.TCP("smtp", 25, Down(say(p.Fill("220 {=banner host} ESMTP {banner}"))), Up(say(p.Fill("EHLO {=EHLO}"))), Down(say(p.Fill("250-{=250 host} Hello {250}\r\n250-AUTH LOGIN {=auth}\r\n250 HELP"))),
		Up(say("AUTH LOGIN "+base64.StdEncoding.EncodeToString([]byte(p.V("AUTH user"))))), Down(say("334 UGFzc3dvcmQ6")), Up(say(base64.StdEncoding.EncodeToString([]byte(p.V("AUTH password"))))), Down(say(p.Fill("235 {235}"))),
		Up(say(p.Fill("MAIL FROM:<{=MAIL}@{=MAIL domain}.example> AUTH=<{=MAIL AUTH}>"))), Down(say(p.Fill("250 {MAIL reply}"))), Up(say(p.Fill("RCPT TO:<{=RCPT}@{=RCPT domain}.example>"))), Down(say(p.Fill("550 {RCPT reply}"))),
		Up(say(p.Fill("RCPT TO:<{=RCPT2}@x.example>"))), Down(say("250 ok")), Up(say("VRFY "+p.V("VRFY"))), Down(say(p.Fill("252 {VRFY reply}"))), Up(say("DATA")), Down(say("354 go")),
		Up(say(lines(p.Fill("From: {From}\nTo: {To}\nCc: {Cc}\nReply-To: {Reply-To}\nSubject: {Subject}\nMessage-ID: <{=Message-ID}@{=Message-ID host}>\nX-Mailer: {X-Mailer}\nUser-Agent: {User-Agent}\nReceived: from {=Received} by {=Received by}\nContent-Type: multipart/mixed; boundary=\"{=boundary}\"\nX-Any: {X-Any}\n\n--b\nContent-Disposition: attachment; filename=\"{attachment}\"\n\n{body}\n.")))), Down(say(p.Fill("250 queued as {queue}"))), Up(say("QUIT")), Down(say(p.Fill("221 {=221} closing"))))

	p.In("ssh")
	n.TCP("ssh", 22, Down(say(p.Fill("SSH-2.0-OpenSSH_9.2p1 {comment}"))), Up(say(p.Fill("SSH-2.0-{=client software} {client comment}"))))
	n.TCP("ssh", 22, Down([]byte(p.Fill("{pre-banner}\r\nSSH-1.99-{=software}\r\n"))), Up(say("SSH-2.0-PuTTY_Release_0.78")))

	p.In("vnc")
	name := []byte(p.V("desktop name"))
	n.TCP("vnc", 5900, Down([]byte("RFB 003.008\n")), Up([]byte("RFB 003.008\n")), Down([]byte{1, 1}), Up([]byte{1}), Down([]byte{0, 0, 0, 0}), Up([]byte{1}), Down(be16(1024, 768), []byte{32, 24, 0, 1}, be16(255, 255, 255), []byte{16, 8, 0, 0, 0, 0}, be32(len(name)), name),
		Up(be16(0x0600, 0), be32(len(name)), []byte(p.V("clipboard"))))
	why := []byte(p.V("failure"))
	n.TCP("vnc", 5900, Down([]byte("RFB 003.008\n")), Up([]byte("RFB 003.008\n")), Down([]byte{0}, be32(len(why)), why))
}

func discovery(n *Net, p *Plant) {
	p.In("ssdp")
	n.UDP("ssdp", 0, 1900, Up([]byte(lines(p.Fill("NOTIFY * HTTP/1.1\nHOST: 239.255.255.250:1900\nCACHE-CONTROL: max-age={max-age}\nLOCATION: http://{=LOCATION}/{=LOCATION path}.xml\nNT: {NT}\nNTS: ssdp:alive\nSERVER: {=SERVER}/1.0 UPnP/1.1 {SERVER}\nUSN: uuid:{=USN}::{=USN2}\nX-USER: {X-USER}\nOPT: {OPT}\n\n")))),
		Up([]byte(lines(p.Fill("M-SEARCH * HTTP/1.1\nHOST: {=HOST}\nMAN: \"ssdp:discover\"\nST: {ST}\nUSER-AGENT: {USER-AGENT}\nCPFN.UPNP.ORG: {CPFN}\n\n")))),
		Down([]byte(lines(p.Fill("HTTP/1.1 200 OK\nST: {answer ST}\nUSN: {answer USN}\nSERVER: {answer SERVER}\nLOCATION: http://{=answer LOCATION}/\nEXT: {EXT}\n\n")))))

	p.In("sdc")
	envelope := func(body string) []byte {
		return []byte(p.Fill(`<?xml version="1.0" encoding="UTF-8"?><s12:Envelope xmlns:s12="http://www.w3.org/2003/05/soap-envelope" xmlns:wsd="http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:dpws="http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01" xmlns:mdpws="http://standards.ieee.org/downloads/11073/11073-20702-2016">` +
			`<s12:Header><wsa:Action>{Action}</wsa:Action><wsa:MessageID>urn:uuid:{=MessageID}</wsa:MessageID><wsa:To>{To}</wsa:To></s12:Header><s12:Body>` + body + `</s12:Body></s12:Envelope>`))
	}
	thing := func(k string) string {
		return `<wsa:EndpointReference><wsa:Address>urn:uuid:{=` + k + ` Address}</wsa:Address></wsa:EndpointReference><wsd:Types>dpws:Device mdpws:MedicalDevice x:{=` + k + ` Types}</wsd:Types><wsd:Scopes>sdc.mds.pkp:{=pkp} sdc.cdc.type:///69985 sdc.cdc.type://{=type authority}/{=type} sdc.ctxt.loc:/sdc.ctxt.loc.detail/{=loc}%2F{=loc2}?fac={=fac}&amp;bldng={=bldng}&amp;poc={=poc}&amp;flr={=flr}&amp;rm={=rm}&amp;bed={=bed} ` +
			`sdc.mds.prodspec:{=maker}:531970 sdc.mds.prodspec:{=model}:531969,urn:oid:1.2 sdc.mds.prodspec:{=serial}:531972 sdc.mds.prodspec:{=version}:531975 sdc.mds.prodspec:{=other spec}:1,{=spec authority} sdc.ctxt.pat:/{=patient root}/{=patient} sdc.ctxt.opr:/{=operator root}/{=operator} sdc.ctxt.wfl:/{=workflow}/{=workflow2} sdc.ctxt.ens:/{=ensemble}/x onvif://www.onvif.org/name/{=onvif name} onvif://www.onvif.org/hardware/{=onvif hardware} onvif://www.onvif.org/location/{=onvif location} {=free scope}</wsd:Scopes><wsd:XAddrs>https://{=XAddrs}:6464/{=XAddrs path}</wsd:XAddrs>`
	}
	n.UDP("sdc", 0, 3702, Up(envelope("<wsd:Hello>"+thing("Hello")+"</wsd:Hello>")))
	n.UDP("sdc", 0, 3702, Up(envelope("<wsd:Probe><wsd:Types>mdpws:MedicalDevice x:{=Probe Types}</wsd:Types><wsd:Scopes>{Probe Scopes}</wsd:Scopes></wsd:Probe>")), Down(envelope("<wsd:ProbeMatches><wsd:ProbeMatch>"+thing("ProbeMatch")+"</wsd:ProbeMatch></wsd:ProbeMatches>")))
	soap := func(body string) []byte {
		return message("HTTP/1.1 200 OK\nContent-Type: application/soap+xml; charset=utf-8\n", string(envelope(body)))
	}
	n.TCP("sdc", 6464, Up(message(p.Fill("POST /{=soap path} HTTP/1.1\nHost: {=soap Host}\nContent-Type: application/soap+xml\n"), string(envelope("<m:GetMdib xmlns:m=\"m\"/>")))),
		Down(soap(`<x:Metadata><x:MetadataSection><dpws:ThisModel><dpws:Manufacturer xml:lang="en">{Manufacturer}</dpws:Manufacturer><dpws:ManufacturerUrl>{ManufacturerUrl}</dpws:ManufacturerUrl><dpws:ModelName>{ModelName}</dpws:ModelName><dpws:ModelNumber>{ModelNumber}</dpws:ModelNumber><dpws:PresentationUrl>{PresentationUrl}</dpws:PresentationUrl></dpws:ThisModel></x:MetadataSection><x:MetadataSection><dpws:ThisDevice><dpws:FriendlyName>{FriendlyName}</dpws:FriendlyName><dpws:FirmwareVersion>{FirmwareVersion}</dpws:FirmwareVersion><dpws:SerialNumber>{SerialNumber}</dpws:SerialNumber></dpws:ThisDevice></x:MetadataSection></x:Metadata>`)),
		Down(soap(`<m:GetMdibResponse MdibVersion="1"><pm:Mds Handle="{Handle}"><pm:Type Code="69985"><pm:ConceptDescription>{ConceptDescription}</pm:ConceptDescription></pm:Type><pm:MetaData><pm:Manufacturer>{mdib Manufacturer}</pm:Manufacturer><pm:ModelName>{mdib ModelName}</pm:ModelName><pm:SerialNumber>{mdib SerialNumber}</pm:SerialNumber><pm:Udi><pm:DeviceIdentifier>{udi}</pm:DeviceIdentifier></pm:Udi></pm:MetaData></pm:Mds>`+
			`<pm:ContextState xsi:type="pm:LocationContextState" DescriptorHandle="{DescriptorHandle}"><pm:Identification Root="{loc Root}" Extension="{loc Extension}"/><pm:LocationDetail PoC="{PoC}" Room="{Room}" Bed="{Bed}" Facility="{Facility}" Building="{Building}" Floor="{Floor}"/></pm:ContextState><pm:ContextState xsi:type="pm:PatientContextState"><pm:Identification Root="{pat Root}" Extension="{pat Extension}"/><pm:CoreData><pm:Givenname>{Givenname}</pm:Givenname><pm:Middlename>{Middlename}</pm:Middlename><pm:Familyname>{Familyname}</pm:Familyname><pm:DateOfBirth>{DateOfBirth}</pm:DateOfBirth><pm:Sex>{Sex}</pm:Sex></pm:CoreData></pm:ContextState><pm:State StateVersion="1" DescriptorHandle="{state}"><pm:Value>{state value}</pm:Value></pm:State></m:GetMdibResponse>`)),
		Down(soap(`<s12:Fault><s12:Code><s12:Value>{fault code}</s12:Value></s12:Code><s12:Reason><s12:Text>{fault}</s12:Text></s12:Reason></s12:Fault>`)))
}

func syslog(n *Net, p *Plant) {
	p.In("syslog")
	audit := `<AuditMessage><EventIdentification EventActionCode="{EventActionCode}" EventDateTime="{EventDateTime}" EventOutcomeIndicator="0"><EventID csd-code="110112" codeSystemName="DCM" originalText="{EventID}"/><EventTypeCode csd-code="{EventTypeCode}" codeSystemName="{codeSystemName}" originalText="{EventTypeCode text}"/><EventOutcomeDescription>{EventOutcomeDescription}</EventOutcomeDescription></EventIdentification>` +
		`<ActiveParticipant UserID="{UserID}" AlternativeUserID="{AlternativeUserID}" UserName="{UserName}" UserIsRequestor="true" NetworkAccessPointID="{NetworkAccessPointID}" NetworkAccessPointTypeCode="2"><RoleIDCode csd-code="{RoleIDCode}" originalText="{RoleIDCode text}"/></ActiveParticipant><AuditSourceIdentification code="4" AuditSourceID="{AuditSourceID}" AuditEnterpriseSiteID="{AuditEnterpriseSiteID}"/>` +
		`<ParticipantObjectIdentification ParticipantObjectID="{ParticipantObjectID}" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1" ParticipantObjectSensitivity="{ParticipantObjectSensitivity}"><ParticipantObjectIDTypeCode csd-code="2" originalText="{ParticipantObjectIDTypeCode}"/><ParticipantObjectName>{ParticipantObjectName}</ParticipantObjectName><ParticipantObjectQuery>{ParticipantObjectQuery}</ParticipantObjectQuery><ParticipantObjectDetail type="{detail type}" value="{detail value}"/><ParticipantObjectDescription>{ParticipantObjectDescription}</ParticipantObjectDescription></ParticipantObjectIdentification></AuditMessage>`
	m := []string{
		"<85>1 2031-05-17T06:00:00Z {=5424 host} {=5424 app} {=5424 procid} IHE+RFC-3881 - " + audit,
		`<34>1 2031-05-17T06:00:00Z {=host} {=app} {=procid} {=msgid} [exampleSDID@32473 iut="{sd value}" {=sd name}="1"][{=sd id}] {message}`,
		"<86>May 17 06:00:00 {=3164 host} sshd[123]: Failed password for {sshd user} from 10.0.0.9 port 22 ssh2",
		"<86>May 17 06:00:00 {=3164 host2} sshd[123]: Accepted publickey for {sshd user2} from {=sshd from} port 22 ssh2: RSA SHA256:{=key}",
		"<13>May 17 06:00:00 {=3164 host3} {=3164 tag}: {3164 message}",
		"<134>{free message}",
		"<189>29: *May 17 06:00:00.123: %SYS-5-CONFIG_I: Configured from console by {cisco user} on vty0 ({=cisco host})",
		"<110>May 17 06:00:00 {=cef host} CEF:0|{cef vendor}|{cef product}|{cef version}|{cef id}|{cef name}|5|suser={cef suser} dhost={=cef dhost} msg={cef msg}",
		"<110>May 17 06:00:00 fw date=2031-05-17 devname=\"{devname}\" user=\"{fw user}\" srcname=\"{srcname}\"",
	}
	for _, s := range m {
		n.UDP("syslog", 0, 514, Up([]byte(p.Fill(s))))
	}
	var stream []byte
	for _, s := range m {
		s = p.Fill(s)
		stream = append(stream, fmt.Sprintf("%d %s", len(s), s)...)
	}
	n.TCP("syslog", 601, Up(stream))
}
