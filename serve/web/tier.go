package web

import (
	"wardkeeper/know/device/category"
)

// tier is a column of the map: how near to the patient a device is.
type tier int

const (
	atPatient tier = iota
	clinical
	technical
	unknown
	tiers
)

var tierNames = [tiers]string{"Medical devices", "Clinical systems", "IT and building", "Not identified, outside"}

// tierOf returns where a category belongs; what is neither named below nor empty is technical.
func tierOf(c string) tier {
	if c == "" {
		return unknown
	}
	if t, ok := tierByCategory[c]; ok {
		return t
	}
	return technical
}

var tierByCategory = map[string]tier{
	category.InfusionPump: atPatient, category.InsulinPump: atPatient, category.GlucoseSensor: atPatient, category.PatientMonitor: atPatient,
	category.Ventilator: atPatient, category.Anaesthesia: atPatient, category.Dialysis: atPatient, category.Defibrillator: atPatient,
	category.HeartLung: atPatient, category.Electrocardiograph: atPatient, category.Neurophysiology: atPatient, category.CT: atPatient,
	category.MR: atPatient, category.Ultrasound: atPatient, category.XRay: atPatient,
	category.NuclearMedicine: atPatient, category.Radiotherapy: atPatient, category.Endoscopy: atPatient, category.Ophthalmology: atPatient,
	category.SurgicalSystem: atPatient, category.Analyser: atPatient, category.ImplantProgrammer: atPatient, category.ImplantMonitor: atPatient,
	category.Implant: atPatient, category.Pharmacy: atPatient, category.NurseCall: atPatient, category.HospitalBed: atPatient,
	category.Incubator: atPatient, category.Sterilizer: atPatient,
	category.CentralStation: clinical, category.PACS: clinical, category.RIS: clinical, category.ImagingWorkstation: clinical, category.LIS: clinical,
	category.EHR: clinical, category.InterfaceEngine: clinical, category.DeviceGateway: clinical, category.ClinicalServer: clinical,
}
