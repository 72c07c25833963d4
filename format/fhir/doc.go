// Package fhir reads HL7 FHIR (DSTU2 to R5; R4 sections 2.6 XML and JSON formats,
// 2.3 references, 3.1 RESTful API) as it streams by, in bounded memory: what a
// resource is, whose it is, which devices it names and which doses it states.
//
// It is not a validator and keeps no resource: names, narrative and free text are
// never collected. What a Resource holds is raw; its user decides what may stay.
package fhir
