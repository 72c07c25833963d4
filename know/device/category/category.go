// Package category is the vocabulary for what a device is.
package category

import "slices"

// What a device is. A device that is several things at once (a CT console that
// also stores) is what it is for the patient.
const (
	InfusionPump       = "infusion pump"         // volumetric, syringe and ambulatory pumps, pump racks and their gateways' pumps
	InsulinPump        = "insulin pump"          // worn by a patient, with its controller
	GlucoseSensor      = "glucose sensor"        // continuous glucose monitors and point-of-care glucose meters worn or held by patients
	PatientMonitor     = "patient monitor"       // bedside, transport, telemetry and fetal monitors, pulse oximeters
	CentralStation     = "central station"       // shows many monitors, sounds their alarms
	Ventilator         = "ventilator"            // intensive care, transport and sleep ventilation
	Anaesthesia        = "anaesthesia machine"   // anaesthesia workstation with vaporiser
	Dialysis           = "dialysis machine"      // haemodialysis, peritoneal dialysis, CRRT
	Defibrillator      = "defibrillator"         // with or without monitor
	HeartLung          = "heart-lung machine"    // perfusion, ECMO, balloon pumps
	Electrocardiograph = "electrocardiograph"    // resting, stress, Holter
	Neurophysiology    = "neurophysiology"       // EEG, EMG, evoked potentials
	CT                 = "CT"                    // computed tomography
	MR                 = "MR"                    // magnetic resonance
	Ultrasound         = "US"                    // ultrasound
	XRay               = "X-ray"                 // radiography, fluoroscopy, C-arm, angiography, mammography, dental, bone density
	NuclearMedicine    = "nuclear medicine"      // gamma camera, SPECT, PET
	Radiotherapy       = "RT"                    // linear accelerators, brachytherapy, treatment planning and record-and-verify
	Endoscopy          = "endoscopy"             // video endoscopes and their processors
	Ophthalmology      = "ophthalmology"         // OCT, fundus camera, refraction
	SurgicalSystem     = "surgical system"       // robots, navigation, electrosurgery, operating tables
	PACS               = "PACS"                  // image archive or its gateway, also vendor-neutral archives
	RIS                = "RIS"                   // radiology information system, worklist provider
	ImagingWorkstation = "imaging workstation"   // diagnostic viewer, post-processing
	Analyser           = "analyser"              // laboratory and point-of-care analysers, sequencers
	LIS                = "LIS"                   // laboratory information system, laboratory middleware
	EHR                = "EHR"                   // electronic health record, hospital information system
	InterfaceEngine    = "interface engine"      // routes HL7, FHIR, DICOM between systems
	DeviceGateway      = "device gateway"        // speaks for medical devices behind it
	ClinicalServer     = "clinical server"       // pump server, monitoring server, device management, cardiology information system
	ImplantProgrammer  = "implant programmer"    // programs pacemakers, defibrillators, neurostimulators
	ImplantMonitor     = "implant monitor"       // bedside monitor of an implant, for remote follow-up
	Implant            = "implant"               // the implant itself
	Pharmacy           = "pharmacy automation"   // dispensing cabinets, robots, compounders
	NurseCall          = "nurse call"            //
	HospitalBed        = "hospital bed"          //
	Incubator          = "incubator"             // infant warmers and incubators
	Sterilizer         = "steriliser"            // sterilisers, washer-disinfectors
	SerialServer       = "serial server"         // puts serial devices on the network
	Locating           = "locating system"       // real-time location, badges, asset tags
	Workstation        = "workstation"           // PC or laptop
	ThinClient         = "thin client"           //
	Tablet             = "tablet"                //
	Smartphone         = "smartphone"            //
	Phone              = "phone"                 // desk and cordless IP phones
	Server             = "server"                //
	Hypervisor         = "hypervisor"            // host of virtual machines, also its management controller
	Storage            = "storage"               // NAS, SAN, backup appliances
	Printer            = "printer"               // also label printers and multifunction devices
	Camera             = "camera"                // surveillance cameras and recorders
	NetworkGear        = "network gear"          // switches, routers, access points, controllers, load balancers
	Firewall           = "firewall"              // firewalls, VPN gateways
	BuildingAutomation = "building automation"   // BACnet, HVAC, access control, lifts
	PLC                = "industrial controller" // PLCs, drives, SCADA
	UPS                = "power supply"          // UPS, power distribution
	AudioVideo         = "audio-video"           // conference systems, displays, projectors, players
	Appliance          = "appliance"             // smart home and other things that none of these names fits
)

var all = []string{
	InfusionPump, InsulinPump, GlucoseSensor, PatientMonitor, CentralStation, Ventilator, Anaesthesia, Dialysis, Defibrillator,
	HeartLung, Electrocardiograph, Neurophysiology, CT, MR, Ultrasound, XRay, NuclearMedicine, Radiotherapy, Endoscopy,
	Ophthalmology, SurgicalSystem, PACS, RIS, ImagingWorkstation, Analyser, LIS, EHR, InterfaceEngine, DeviceGateway, ClinicalServer,
	ImplantProgrammer, ImplantMonitor, Implant, Pharmacy, NurseCall, HospitalBed, Incubator, Sterilizer, SerialServer, Locating,
	Workstation, ThinClient, Tablet, Smartphone, Phone, Server, Hypervisor, Storage, Printer, Camera, NetworkGear, Firewall,
	BuildingAutomation, PLC, UPS, AudioVideo, Appliance,
}

// All returns the vocabulary.
func All() []string { return slices.Clone(all) }

// Known reports whether c is of the vocabulary.
func Known(c string) bool { return slices.Contains(all, c) }

// general categories say what a box is, not what it does: whatever names its use
// (a PACS on a server) agrees with them.
var general = map[string][]string{
	Server:         {PACS, RIS, LIS, EHR, InterfaceEngine, DeviceGateway, ClinicalServer, CentralStation, Hypervisor, Storage, Radiotherapy, Pharmacy, NurseCall, Locating, ImagingWorkstation, BuildingAutomation},
	NetworkGear:    {Firewall, SerialServer},
	DeviceGateway:  {SerialServer, ClinicalServer, InterfaceEngine},
	ClinicalServer: {DeviceGateway, PACS, LIS, RIS},
}

// systems run on servers: a workstation that shows signs of one is its client.
var systems = []string{PACS, RIS, LIS, EHR, InterfaceEngine, DeviceGateway, ClinicalServer}

// Refines reports whether being specific is a case of being generic: the two do
// not contradict each other and specific says more.
func Refines(specific, generic string) bool {
	if specific == generic {
		return false
	}
	switch generic {
	case Workstation: // a PC is inside
		return Medical(specific) && !slices.Contains(systems, specific) || specific == ThinClient || specific == ImagingWorkstation || specific == CentralStation
	case Server:
		return Medical(specific) || slices.Contains(general[Server], specific)
	}
	return slices.Contains(general[generic], specific)
}

// Medical reports whether a device of category c takes part in care.
func Medical(c string) bool {
	i := slices.Index(all, c)
	return i >= 0 && i <= slices.Index(all, Sterilizer)
}
