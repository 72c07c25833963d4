package hl7

import (
	"bytes"
	"strconv"

	"wardkeeper/format/hl7"
	"wardkeeper/ward"
)

// use says what an observation code is good for here.
type use uint8

const (
	useQuantity use = iota + 1 // a number to be told as a Dose
	useChoice                  // a setting with a coded value, told as a Dose
	useDrug                    // names the drug of a channel
	useMode                    // names the delivery mode of a channel
	useStatus                  // tells whether a channel delivers
	useModel                   // identity of the device …
	useMaker                   //
	useSerial                  //
	useSoftware                //
	useFirmware                //
	useSystemID                //
	useDevice                  // the row of a device, VMD or channel
	useAlarm                   // a facet of an alarm or event, told as an attribute
	useEvent                   // an event's condition
	useValue                   // stands in OBX-5 only
)

// term is a code of ISO/IEEE 11073-10101 or 11073-10103.
type term struct {
	code  uint32
	name  string // reference identifier, by which senders with a wrong code are read
	use   use
	what  string // Dose.Quantity, or the attribute's name
	state ward.DoseState
	heal  string // Dose.Therapy
	label string // "MDC <code>"
}

var termList = []term{
	// Infusion: rates, volumes, doses (11073-10101, partition 2).
	{157784, "MDC_FLOW_FLUID_PUMP", useQuantity, "rate", ward.DoseRunning, "infusion", ""},
	{158014, "MDC_FLOW_FLUID_PUMP_CURRENT", useQuantity, "rate-current", ward.DoseRunning, "infusion", ""},
	{157924, "MDC_RATE_DOSE", useQuantity, "dose-rate", ward.DoseRunning, "infusion", ""},
	{157884, "MDC_VOL_FLUID_TBI", useQuantity, "volume-to-be-infused", ward.DoseSet, "infusion", ""},
	{157872, "MDC_VOL_FLUID_TBI_REMAIN", useQuantity, "volume-remaining", ward.DoseRunning, "infusion", ""},
	{157864, "MDC_VOL_FLUID_DELIV", useQuantity, "volume-delivered", ward.DoseDelivered, "infusion", ""},
	{157993, "MDC_VOL_FLUID_DELIV_TOTAL", useQuantity, "volume-delivered-total", ward.DoseDelivered, "infusion", ""},
	{157992, "MDC_VOL_FLUID_DELIV_SEGMENT", useQuantity, "volume-delivered-segment", ward.DoseDelivered, "infusion", ""},
	{157916, "MDC_TIME_PD_REMAIN", useQuantity, "time-remaining", ward.DoseRunning, "infusion", ""},
	{157996, "MDC_TIME_PD_PROG", useQuantity, "time", ward.DoseSet, "infusion", ""},
	{157760, "MDC_CONC_DRUG", useQuantity, "concentration", ward.DoseSet, "infusion", ""},
	{157999, "MDC_DOSE_DRUG_TBI", useQuantity, "dose-to-be-infused", ward.DoseSet, "infusion", ""},
	{158000, "MDC_DOSE_DRUG_REMAIN", useQuantity, "dose-remaining", ward.DoseRunning, "infusion", ""},
	{158001, "MDC_DOSE_DRUG_DELIV", useQuantity, "dose-delivered", ward.DoseDelivered, "infusion", ""},
	{68063, "MDC_ATTR_PT_WEIGHT", useQuantity, "patient-weight", ward.DoseSet, "infusion", ""},
	{184330, "MDC_DRUG_NAME_TYPE", useDrug, "", "", "", ""},
	{184514, "MDC_DRUG_NAME_LABEL", useDrug, "", "", "", ""},
	{184519, "MDC_PUMP_INFUSING_STATUS", useStatus, "", "", "", ""},
	{184508, "MDC_PUMP_STAT", useStatus, "", "", "", ""},
	{158005, "MDC_PUMP_CURRENT_DELIVERY_STATUS", useStatus, "", "", "", ""},
	{184504, "MDC_PUMP_MODE", useMode, "", "", "", ""},
	{158008, "MDC_PUMP_PROGRAM_DELIVERY_MODE", useMode, "", "", "", ""},
	// Devices and their identity.
	{69985, "MDC_DEV_PUMP_INFUS_MDS", useDevice, "", "", "", ""},
	{69986, "MDC_DEV_PUMP_INFUS_VMD", useDevice, "", "", "", ""},
	{70049, "MDC_DEV_PUMP_INFUS_LVP_MDS", useDevice, "", "", "", ""},
	{70050, "MDC_DEV_PUMP_INFUS_LVP_VMD", useDevice, "", "", "", ""},
	{70053, "MDC_DEV_PUMP_INFUS_SYRINGE_MDS", useDevice, "", "", "", ""},
	{70101, "MDC_DEV_PUMP_RACK_MDS", useDevice, "", "", "", ""},
	{531969, "MDC_ID_MODEL_NUMBER", useModel, "", "", "", ""},
	{67880, "MDC_ATTR_ID_MODEL", useModel, "", "", "", ""},
	{531970, "MDC_ID_MODEL_MANUFACTURER", useMaker, "", "", "", ""},
	{531972, "MDC_ID_PROD_SPEC_SERIAL", useSerial, "", "", "", ""},
	{531975, "MDC_ID_PROD_SPEC_SW", useSoftware, "", "", "", ""},
	{531976, "MDC_ID_PROD_SPEC_FW", useFirmware, "", "", "", ""},
	{67972, "MDC_ATTR_SYS_ID", useSystemID, "", "", "", ""},
	// Alarms and events.
	{196616, "MDC_EVT_ALARM", useAlarm, "alarm", "", "", ""},
	{68480, "MDC_ATTR_ALERT_SOURCE", useAlarm, "source", "", "", ""},
	{68481, "MDC_ATTR_EVENT_PHASE", useAlarm, "phase", "", "", ""},
	{68482, "MDC_ATTR_ALARM_STATE", useAlarm, "state", "", "", ""},
	{68483, "MDC_ATTR_ALARM_INACTIVATION_STATE", useAlarm, "inactivation", "", "", ""},
	{68484, "MDC_ATTR_ALARM_PRIORITY", useAlarm, "priority", "", "", ""},
	{68485, "MDC_ATTR_ALERT_TYPE", useAlarm, "type", "", "", ""},
	{68487, "MDC_ATTR_EVENT_COND", useEvent, "event", "", "", ""},
	{197288, "MDC_EVT_PUMP_DELIV_START", useValue, "", "", "", ""},
	{197290, "MDC_EVT_PUMP_DELIV_STOP", useValue, "", "", "", ""},
	{197292, "MDC_EVT_PUMP_DELIV_COMP", useValue, "", "", "", ""},
	{197334, "MDC_EVT_VOL_INFUS_NEAR_COMP", useValue, "", "", "", ""},
	{196940, "MDC_EVT_FLUID_LINE_OCCL", useValue, "", "", "", ""},
	{197218, "MDC_EVT_SYRINGE_BARREL", useValue, "", "", "", ""},
	// Implants (11073-10103, partition 11).
	{720898, "MDC_IDC_DEV_MODEL", useModel, "", "", "", ""},
	{720899, "MDC_IDC_DEV_SERIAL_NUMBER", useSerial, "", "", "", ""},
	{720900, "MDC_IDC_DEV_MFG", useMaker, "", "", "", ""},
	{720897, "MDC_IDC_DEV_TYPE", useDevice, "", "", "", ""},
	{721280, "MDC_IDC_MSMT_BATTERY_STATUS", useChoice, "battery-status", ward.DoseRunning, "pacing", ""},
	{721344, "MDC_IDC_MSMT_BATTERY_VOLTAGE", useQuantity, "battery-voltage", ward.DoseRunning, "pacing", ""},
	{721472, "MDC_IDC_MSMT_BATTERY_REMAINING_LONGEVITY", useQuantity, "battery-longevity", ward.DoseRunning, "pacing", ""},
	{721536, "MDC_IDC_MSMT_BATTERY_REMAINING_PERCENTAGE", useQuantity, "battery-percentage", ward.DoseRunning, "pacing", ""},
	{721600, "MDC_IDC_MSMT_BATTERY_RRT_TRIGGER", useQuantity, "battery-replacement-trigger", ward.DoseSet, "pacing", ""},
	{730752, "MDC_IDC_SET_BRADY_MODE", useChoice, "mode", ward.DoseSet, "pacing", ""},
	{730880, "MDC_IDC_SET_BRADY_LOWRATE", useQuantity, "lower-rate", ward.DoseSet, "pacing", ""},
	{731136, "MDC_IDC_SET_BRADY_MAX_TRACKING_RATE", useQuantity, "max-tracking-rate", ward.DoseSet, "pacing", ""},
	{731200, "MDC_IDC_SET_BRADY_MAX_SENSOR_RATE", useQuantity, "max-sensor-rate", ward.DoseSet, "pacing", ""},
	{729984, "MDC_IDC_SET_LEADCHNL_RA_PACING_AMPLITUDE", useQuantity, "amplitude-ra", ward.DoseSet, "pacing", ""},
	{729985, "MDC_IDC_SET_LEADCHNL_RV_PACING_AMPLITUDE", useQuantity, "amplitude-rv", ward.DoseSet, "pacing", ""},
	{729987, "MDC_IDC_SET_LEADCHNL_LV_PACING_AMPLITUDE", useQuantity, "amplitude-lv", ward.DoseSet, "pacing", ""},
	{731520, "MDC_IDC_SET_TACHYTHERAPY_VSTAT", useChoice, "ventricular-therapy", ward.DoseSet, "defibrillation", ""},
	{731648, "MDC_IDC_SET_ZONE_TYPE", useChoice, "zone-type", ward.DoseSet, "defibrillation", ""},
	{731776, "MDC_IDC_SET_ZONE_STATUS", useChoice, "zone-status", ward.DoseSet, "defibrillation", ""},
	{731840, "MDC_IDC_SET_ZONE_DETECTION_INTERVAL", useQuantity, "zone-detection-interval", ward.DoseSet, "defibrillation", ""},
}

// series are settings that repeat with consecutive codes (11073-10103: first,
// second … anti-tachycardia pacing or shock of a zone).
var series = []term{
	{732097, "", useChoice, "atp-type", ward.DoseSet, "defibrillation", ""},
	{732161, "", useQuantity, "atp-sequences", ward.DoseSet, "defibrillation", ""},
	{732225, "", useQuantity, "shock-energy", ward.DoseSet, "defibrillation", ""},
	{732289, "", useQuantity, "shock-count", ward.DoseSet, "defibrillation", ""},
}

const seriesLength = 16

// terms by code and by name; filled once and never changed.
var termsByCode, termsByName = func() (map[uint32]*term, map[string]*term) {
	codes, names := map[uint32]*term{}, map[string]*term{}
	for _, t := range termList {
		t.label = "MDC " + strconv.Itoa(int(t.code))
		codes[t.code], names[t.name] = &t, &t
	}
	for _, t := range series {
		for i := range uint32(seriesLength) {
			one := t
			one.code += i
			one.label = "MDC " + strconv.Itoa(int(one.code))
			codes[one.code] = &one
		}
	}
	return codes, names
}()

// mdcPrefix starts every reference identifier of 11073, vendors' too (MDCX_).
var mdcPrefix = []byte("MDC")

// mdc reads an observation identifier (OBX-3) of the MDC coding system: code and
// name in either order, as senders mix them up.
func mdc(d *hl7.Delims, f []byte) (code uint32, name []byte, ok bool) {
	if len(f) < 4 {
		return 0, nil, false
	}
	if c := f[0]; c >= '0' && c <= '9' {
		first, rest := cut(f, d.Comp)
		code, ok = hl7.Number(first)
		if !ok {
			return 0, nil, false
		}
		name, rest = cut(rest, d.Comp)
		system, _ := cut(rest, d.Comp)
		if bytes.Equal(system, mdcPrefix) || bytes.HasPrefix(name, mdcPrefix) {
			return code, name, true
		}
		return 0, nil, false
	}
	if !bytes.HasPrefix(f, mdcPrefix) {
		return 0, nil, false
	}
	name, rest := cut(f, d.Comp)
	second, _ := cut(rest, d.Comp)
	code, _ = hl7.Number(second)
	return code, name, true
}

// lookup finds the term for a code, or for the name where the code is unknown.
func lookup(code uint32, name []byte) *term {
	if t := termsByCode[code]; t != nil {
		return t
	}
	return termsByName[string(name)]
}

// Device kinds by a part of the reference identifier; the first that fits counts.
var deviceNames = [...]struct{ mark, category string }{
	{"PUMP_INSULIN", "insulin pump"}, {"INSULIN", "insulin pump"}, {"PUMP_RACK", "device gateway"}, {"PUMP_INFUS", "infusion pump"}, {"SYRINGE", "infusion pump"},
	{"HDIALY", "dialysis machine"}, {"DIALYSIS", "dialysis machine"}, {"ANESTH", "anaesthesia machine"}, {"VENT", "ventilator"}, {"DEFIB", "defibrillator"},
	{"INCUBATOR", "incubator"}, {"INFANT_WARM", "incubator"}, {"GLUCOSE", "glucose sensor"}, {"SPEC_PROFILE_CGM", "glucose sensor"},
	{"MON_PHYSIO", "patient monitor"}, {"SPEC_PROFILE_BP", "patient monitor"}, {"SPEC_PROFILE_PULS", "patient monitor"}, {"PRESS_BLD", "patient monitor"},
	{"PULS_OXIM", "patient monitor"}, {"ANALY_SAT_O2", "patient monitor"}, {"SPEC_PROFILE_ECG", "electrocardiograph"}, {"MON_FETAL", "patient monitor"},
	{"IDC_DEV_TYPE", "implant"},
}

func deviceCategory(name []byte) string {
	for i := range deviceNames {
		if bytes.Contains(name, []byte(deviceNames[i].mark)) {
			return deviceNames[i].category
		}
	}
	return ""
}

// Words of coded status, mode, alarm and event values, told by a part of what the
// sender wrote. The first that fits counts; nothing else of it is kept.
type word struct{ mark, value string }

var statusWords = [...]struct {
	mark  string
	state ward.DoseState
}{
	{"not-deliver", ward.DosePaused}, {"not-infus", ward.DosePaused}, {"paus", ward.DosePaused}, {"standby", ward.DosePaused}, {"hold", ward.DosePaused},
	{"stop", ward.DoseEnded}, {"complete", ward.DoseEnded}, {"off", ward.DoseEnded},
	{"infus", ward.DoseRunning}, {"deliver", ward.DoseRunning}, {"running", ward.DoseRunning}, {"kvo", ward.DoseRunning}, {"transition", ward.DoseRunning},
}

var modeWords = [...]word{
	{"pca", "PCA"}, {"epidural", "epidural"}, {"loading", "loading dose"}, {"bolus", "bolus"}, {"clinician-dose", "bolus"}, {"intermittent", "intermittent"},
	{"piggyback", "secondary"}, {"secondary", "secondary"}, {"concurrent", "concurrent"}, {"ramp", "ramp"}, {"taper", "ramp"}, {"tpn", "TPN"}, {"multi-step", "multi-step"},
	{"kvo", "KVO"}, {"relay", "relay"}, {"dose-rate", "continuous"}, {"continuous", "continuous"}, {"rate", "continuous"}, {"single-step", "continuous"},
}

// alarmWords are the values of the alarm facets (IHE ACM, table of OBX-5 values).
var alarmWords = [...]string{
	"PH", "PM", "PL", "PI", "PN", "SP", "ST", "SA", "tpoint", "start", "continue", "end", "update", "start_only", "stop_only", "escalate", "de-escalate", "reset", "present",
	"inactive", "active", "latched", "enabled", "audio-paused", "audio-off", "alarm-paused", "alarm-off", "alert-acknowledged",
}

var eventStates = [...]struct {
	mark  string
	state ward.DoseState
}{
	{"DELIV_START", ward.DoseRunning}, {"DELIV_STOP", ward.DosePaused}, {"DELIV_COMP", ward.DoseEnded}, {"PROG_CLEARED", ward.DoseEnded},
	{"PUMP_VOL_COUNTERS_CLEARED", ward.DoseSet}, {"PROG_DELIV", ward.DoseSet}, {"AUTO_PROG_DELIV", ward.DoseAccepted}, {"AUTO_PROG_RCVD", ward.DoseSent},
}

// eventNumbers are the same events by code.
var eventNumbers = map[uint32]ward.DoseState{197288: ward.DoseRunning, 197290: ward.DosePaused, 197292: ward.DoseEnded}

// implantChoices are coded values of implant settings (11073-10103).
var implantChoices = map[uint32]string{
	754050: "in clinic", 754051: "remote", 754113: "beginning of service", 754115: "replacement recommended", 754817: "on",
	754945: "VF", 754946: "VT", 755009: "active", 755011: "monitor", 753665: "pacemaker", 753666: "defibrillator", 753667: "CRT-D", 753668: "CRT-P",
}

// Bounds of the enumerations of partition 11: a number outside is no such code.
const (
	firstChoice = 753664
	lastChoice  = 757760
)
