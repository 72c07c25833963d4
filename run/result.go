package run

import (
	"wardkeeper/know/device"
	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// Result is everything that reading captures came to.
type Result struct {
	Inputs    []string
	Summary   ward.Summary
	Devices   []ward.Device
	Links     []device.Link
	Findings  []ward.Finding
	Anomalies []AnomalyCount
	Coverage  []Coverage
	Stats     wire.Stats
	Elapsed   float64 // seconds that the analysis took
}

// Coverage is something that cannot be seen, and what would make it visible.
type Coverage struct {
	What   string // in plain words
	Count  uint64 // packets, flows or bytes, as What says
	Remedy string
}

// medical lists the protocols that carry patients' care, in the order shown.
var medical = []string{"dicom", "dicomweb", "hl7", "fhir", "astm", "sdc", "intellivue", "unity", "ble"}
