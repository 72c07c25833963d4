// Package web renders what Wardkeeper knows as HTML: the self-contained report of
// `wardkeeper read --html`, made of components that the live pages share.
//
// A page asks for nothing from anywhere and runs no script: its style is inline and
// named by digest in its own content security policy.
package web

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"io"

	"wardkeeper/know/device"
	"wardkeeper/ward"
)

//go:generate go tool templ generate -path .

// Report is what a report shows. Nothing in it depends on the clock, so that the
// same input gives the same file.
type Report struct {
	Inputs      []string
	Version     string // of the program
	Summary     ward.Summary
	First, Last ward.Time
	Devices     []ward.Device // in the order shown
	Links       []device.Link
	Findings    []ward.Finding // most severe first
	Gaps        []Gap
	Anomalies   []Anomaly
	Notes       []string
	Clocks      []string // how far the captures' clocks disagree
	Copies      uint64   // mirror copies that were counted once
	Medical     []string // protocols that carry patients' care, in the order shown
}

// Gap is something that the capture cannot show.
type Gap struct {
	Count  uint64
	What   string // in plain words
	Remedy string // what would make it visible, "" for nothing known
}

// Anomaly is a way in which a protocol was misused.
type Anomaly struct {
	Code, Detail string
	Count        uint64
	From         string // sender of the first
	Capture      string
	Packet       uint64
}

//go:embed style.css
var style string

// policy lets the page use its own inline style and nothing else.
func policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

// Render writes the report as one HTML document.
func (r *Report) Render(ctx context.Context, w io.Writer) error {
	return document(newPage(r)).Render(ctx, w)
}
