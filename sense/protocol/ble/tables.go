package ble

// Categories of know/device that Bluetooth devices have.
const (
	insulinPump    = "insulin pump"
	glucoseSensor  = "glucose sensor"
	patientMonitor = "patient monitor"
)

// named is a service with what offers it.
type named struct{ name, category string }

// services are the assigned service UUIDs that matter here, Assigned Numbers 3.4.
var services = map[uint16]named{
	0x183a: {"insulin delivery", insulinPump}, 0x181f: {"continuous glucose monitoring", glucoseSensor}, 0x1808: {"glucose", glucoseSensor},
	0x1822: {"pulse oximeter", patientMonitor}, 0x1810: {"blood pressure", patientMonitor}, 0x1809: {"health thermometer", patientMonitor},
	0x180d: {"heart rate", ""}, 0x181d: {"weight scale", ""}, 0x180a: {"device information", ""}, 0x180f: {"battery", ""},
	0x1829: {"reconnection configuration", ""}, 0x183d: {"authorization control", ""}, 0x183e: {"physical activity monitor", ""},
	0x1812: {"human interface device", ""}, 0x1854: {"hearing access", ""},
}

// product is what a vendor's UUID says.
type product struct{ maker, category string }

// memberServices are 16-bit UUIDs that belong to a company, Assigned Numbers 3.8.
var memberServices = map[uint16]product{
	0xfca8: {"Medtronic", ""}, 0xfca9: {"Medtronic", ""}, 0xfe81: {"Medtronic", ""}, 0xfe82: {"Medtronic", ""},
	0xfd26: {"Novo Nordisk", ""}, 0xfd56: {"ResMed", ""}, 0xfd75: {"Insulet", insulinPump}, 0xfd76: {"Insulet", insulinPump},
	0xfd86: {"Abbott", ""}, 0xfdc6: {"Eli Lilly", ""}, 0xfdc7: {"Eli Lilly", ""}, 0xfde3: {"Abbott Diabetes Care", glucoseSensor},
	0xfdfa: {"Tandem Diabetes Care", insulinPump}, 0xfdfb: {"Tandem Diabetes Care", insulinPump}, 0xfe72: {"Abbott", ""}, 0xfe73: {"Abbott", ""},
	0xfebc: {"Dexcom", glucoseSensor},
}

// vendorServices are 128-bit UUIDs, least octet first as on the air.
var vendorServices = map[[16]byte]product{
	// f8083532-849e-531c-c594-30f1f86a4ea5
	{0xa5, 0x4e, 0x6a, 0xf8, 0xf1, 0x30, 0x94, 0xc5, 0x1c, 0x53, 0x9e, 0x84, 0x32, 0x35, 0x08, 0xf8}: {"Dexcom", glucoseSensor},
	// 1a7e4024-e3ed-4464-8b7e-751e03d0dc5f
	{0x5f, 0xdc, 0xd0, 0x03, 0x1e, 0x75, 0x7e, 0x8b, 0x64, 0x44, 0xed, 0xe3, 0x24, 0x40, 0x7e, 0x1a}: {"Insulet", insulinPump},
}

// companies are the company identifiers of makers of medical devices and of what
// controls them, Assigned Numbers 7.
var companies = map[uint16]string{
	6: "Microsoft", 76: "Apple", 105: "A&D", 117: "Samsung", 135: "Garmin", 186: "Starkey", 208: "Dexcom", 224: "Google", 359: "Ascensia Diabetes Care",
	365: "LifeScan", 368: "Roche Diabetes Care", 428: "Trividia Health", 439: "GE", 443: "Cochlear", 477: "Philips", 505: "Medtronic", 526: "Omron Healthcare",
	579: "Masimo", 642: "Sonova", 864: "Insulet", 888: "Propeller Health", 909: "ResMed", 955: "Abbott", 965: "St. Jude Medical", 1023: "Withings",
	1117: "Boston Scientific", 1166: "Companion Medical", 1175: "Cochlear", 1212: "Draeger", 1227: "Novo Nordisk", 1437: "Tandem Diabetes Care",
	1553: "Beurer", 1596: "Contec", 1832: "Eli Lilly", 1859: "Sanofi", 2052: "Andon Health", 2206: "i-SENS", 2297: "Spacelabs", 2300: "Hill-Rom",
	2425: "Biotronik", 2655: "Stryker", 2851: "iRhythm", 3220: "Baxter", 3292: "Ypsomed",
}

// appearances are the categories of Assigned Numbers 2.6 (value >> 6).
var appearances = map[uint16]string{
	1: "smartphone", 2: "workstation", 14: patientMonitor, 16: glucoseSensor, 49: patientMonitor, 52: glucoseSensor, 53: insulinPump,
}

// characteristics are the assigned characteristic UUIDs, Assigned Numbers 3.8.
var characteristics = map[uint16]string{
	0x2a00: "device name", 0x2a01: "appearance", 0x2a05: "service changed", 0x2a18: "glucose measurement", 0x2a19: "battery level",
	0x2a1c: "temperature measurement", 0x2a23: "system id", 0x2a24: "model number", 0x2a25: "serial number", 0x2a26: "firmware revision",
	0x2a27: "hardware revision", 0x2a28: "software revision", 0x2a29: "manufacturer name", 0x2a2b: "current time", 0x2a34: "glucose measurement context",
	0x2a35: "blood pressure measurement", 0x2a37: "heart rate measurement", 0x2a50: "pnp id", 0x2a51: "glucose feature",
	0x2a52: "record access control point", 0x2a5e: "plx spot-check measurement", 0x2a5f: "plx continuous measurement", 0x2a60: "plx features",
	0x2a9d: "weight measurement", 0x2aa7: "cgm measurement", 0x2aa8: "cgm feature", 0x2aa9: "cgm status", 0x2aaa: "cgm session start time",
	0x2aab: "cgm session run time", 0x2aac: "cgm specific ops control point", 0x2b1d: "rc feature", 0x2b1e: "rc settings", 0x2b1f: "reconnection configuration control point",
	0x2b20: "idd status changed", 0x2b21: "idd status", 0x2b22: "idd annunciation status", 0x2b23: "idd features", 0x2b24: "idd status reader control point",
	0x2b25: "idd command control point", 0x2b26: "idd command data", 0x2b27: "idd record access control point", 0x2b28: "idd history data",
	0x2902: "client characteristic configuration",
}

// attErrors name the errors that say why something was not allowed, Vol 3 Part F
// 3.4.1.1.
var attErrors = map[byte]string{
	0x01: "invalid handle", 0x02: "read not permitted", 0x03: "write not permitted", 0x05: "authentication needed", 0x06: "not supported",
	0x08: "authorization needed", 0x0a: "not found", 0x0c: "key too short", 0x0d: "invalid length", 0x0f: "encryption needed", 0x80: "application error",
	0xfd: "configuration improper", 0xfe: "procedure in progress", 0xff: "out of range",
}

// command is an operation of the IDD command control point, IDS 1.0.1 table
// 4.10 and following.
type command struct {
	name   string
	answer bool
}

const (
	idsResponse      = 0x0f55
	idsTherapyState  = 0x0f5a
	idsSetTBR        = 0x0fff
	idsSetBolus      = 0x114b
	idsSetBolusReply = 0x1177
	idsMaxBolusReply = 0x1482
	idsSetMaxBolus   = 0x148d
	idsSuccess       = 0x0f
)

var commands = map[uint16]command{
	idsResponse: {"response", true}, idsTherapyState: {"set therapy control state", false}, 0x0f66: {"set flight mode", false},
	0x0f69: {"snooze annunciation", false}, 0x0f96: {"snooze annunciation", true}, 0x0f99: {"confirm annunciation", false}, 0x0fa5: {"confirm annunciation", true},
	0x0faa: {"read basal rate profile", false}, 0x0fc3: {"read basal rate profile", true}, 0x0fcc: {"write basal rate profile", false}, 0x0ff0: {"write basal rate profile", true},
	idsSetTBR: {"set temporary basal rate", false}, 0x1111: {"cancel temporary basal rate", false}, 0x111e: {"get temporary basal rate template", false},
	0x1122: {"get temporary basal rate template", true}, 0x112d: {"set temporary basal rate template", false}, 0x1144: {"set temporary basal rate template", true},
	idsSetBolus: {"set bolus", false}, idsSetBolusReply: {"set bolus", true}, 0x1178: {"cancel bolus", false}, 0x1187: {"cancel bolus", true},
	0x1188: {"get available boluses", false}, 0x11b4: {"get available boluses", true}, 0x11bb: {"get bolus template", false}, 0x11d2: {"get bolus template", true},
	0x11dd: {"set bolus template", false}, 0x11e1: {"set bolus template", true}, 0x11ee: {"get template status", false}, 0x1212: {"get template status", true},
	0x121d: {"reset template status", false}, 0x1221: {"reset template status", true}, 0x122e: {"activate profiles", false}, 0x1247: {"activate profiles", true},
	0x1248: {"get activated profiles", false}, 0x1274: {"get activated profiles", true}, 0x127b: {"start priming", false}, 0x1284: {"stop priming", false},
	0x128b: {"set reservoir fill level", false}, 0x12b7: {"reset reservoir operation time", false}, 0x12b8: {"read insulin sensitivity profile", false},
	0x12d1: {"read insulin sensitivity profile", true}, 0x12de: {"write insulin sensitivity profile", false}, 0x12e2: {"write insulin sensitivity profile", true},
	0x12ed: {"read carbohydrate ratio profile", false}, 0x1414: {"read carbohydrate ratio profile", true}, 0x141b: {"write carbohydrate ratio profile", false},
	0x1427: {"write carbohydrate ratio profile", true}, 0x1428: {"read target glucose profile", false}, 0x1441: {"read target glucose profile", true},
	0x144e: {"write target glucose profile", false}, 0x1472: {"write target glucose profile", true}, 0x147d: {"get maximum bolus", false},
	idsMaxBolusReply: {"get maximum bolus", true}, idsSetMaxBolus: {"set maximum bolus", false},
}

// idsResults are the response codes, IDS 1.0.1 4.9.
var idsResults = map[byte]string{
	0x70: "opcode not supported", 0x71: "invalid operand", 0x72: "procedure not completed", 0x73: "parameter out of range",
	0x74: "procedure not applicable", 0x75: "plausibility check failed", 0x76: "maximum bolus number reached",
}
