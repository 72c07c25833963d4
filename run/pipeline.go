package run

import (
	"cmp"
	"slices"

	"wardkeeper/detect"
	"wardkeeper/detect/disruption"
	"wardkeeper/detect/hostage"
	"wardkeeper/detect/intrusion"
	"wardkeeper/detect/privacy"
	"wardkeeper/know/device"
	"wardkeeper/ward"
)

// pipeline is what observations go through, in their final order, in one process.
type pipeline struct {
	inventory *device.Inventory
	runner    *detect.Runner
	counts    *collector
	also      []func([]ward.Observation) error // output that is pointless to go on without
	keep      func([]ward.Observation) error   // database; nil for none, or once it failed
	keepErr   error
}

// detectors lists every rule.
func detectors() []detect.Detector {
	return []detect.Detector{
		privacy.CleartextInside(), privacy.CleartextOutside(),
		hostage.Worm(), hostage.ImageAndProgram(),
		disruption.Impersonation(),
		intrusion.Reconnaissance(), intrusion.PasswordGuessing(), intrusion.SharedSecret(), intrusion.WeakService(),
		intrusion.LateralMovement(), intrusion.MemoryRead(),
	}
}

func newPipeline(o device.Options) *pipeline {
	inv := device.New(o)
	return &pipeline{inventory: inv, runner: detect.NewRunner(view{inv}, detectors()), counts: newCollector()}
}

// Observe implements ward.Sink.
func (p *pipeline) Observe(batch []ward.Observation) error {
	p.inventory.Observe(batch)
	p.runner.Observe(batch)
	p.counts.observe(batch)
	if p.keep != nil {
		if p.keepErr = p.keep(batch); p.keepErr != nil {
			p.keep = nil // a full disk ends the database, not the analysis
		}
	}
	for _, f := range p.also {
		if err := f(batch); err != nil {
			return err
		}
	}
	return nil
}

// view shows detectors what the inventory knows.
type view struct{ inv *device.Inventory }

// Device implements detect.View.
func (v view) Device(zone string, e ward.Endpoint) string {
	id, _ := v.inv.Lookup("", zone, e)
	return id
}

// Category implements detect.View.
func (v view) Category(id string) string {
	all := v.inv.Devices()
	if i, ok := slices.BinarySearchFunc(all, id, func(d ward.Device, id string) int { return cmp.Compare(d.ID, id) }); ok {
		return all[i].Category
	}
	return ""
}
