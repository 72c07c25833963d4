package bacnet

// named returns the name at a place of a table.
func named(names []string, i uint32, other string) string {
	if i < uint32(len(names)) {
		return names[i]
	}
	return other
}

var bvlcNames = [...]string{"BVLC-Result", "Write-Broadcast-Distribution-Table", "Read-Broadcast-Distribution-Table", "Read-Broadcast-Distribution-Table-Ack", "Forwarded-NPDU", "Register-Foreign-Device", "Read-Foreign-Device-Table", "Read-Foreign-Device-Table-Ack", "Delete-Foreign-Device-Table-Entry", "Distribute-Broadcast-To-Network", "Original-Unicast-NPDU", "Original-Broadcast-NPDU", "Secure-BVLL"}

var networkNames = [...]string{"Who-Is-Router-To-Network", "I-Am-Router-To-Network", "I-Could-Be-Router-To-Network", "Reject-Message-To-Network", "Router-Busy-To-Network", "Router-Available-To-Network", "Initialize-Routing-Table", "Initialize-Routing-Table-Ack", "Establish-Connection-To-Network", "Disconnect-Connection-To-Network"}

var confirmedNames = [...]string{"AcknowledgeAlarm", "ConfirmedCOVNotification", "ConfirmedEventNotification", "GetAlarmSummary", "GetEnrollmentSummary", "SubscribeCOV", "AtomicReadFile", "AtomicWriteFile", "AddListElement", "RemoveListElement", "CreateObject", "DeleteObject", "ReadProperty", "ReadPropertyConditional", "ReadPropertyMultiple", "WriteProperty", "WritePropertyMultiple", "DeviceCommunicationControl", "ConfirmedPrivateTransfer", "ConfirmedTextMessage", "ReinitializeDevice", "VT-Open", "VT-Close", "VT-Data", "Authenticate", "RequestKey", "ReadRange", "LifeSafetyOperation", "SubscribeCOVProperty", "GetEventInformation", "SubscribeCOVPropertyMultiple", "ConfirmedCOVNotificationMultiple", "ConfirmedAuditNotification", "AuditLogQuery"}

var unconfirmedNames = [...]string{"I-Am", "I-Have", "UnconfirmedCOVNotification", "UnconfirmedEventNotification", "UnconfirmedPrivateTransfer", "UnconfirmedTextMessage", "TimeSynchronization", "Who-Has", "Who-Is", "UTCTimeSynchronization", "WriteGroup", "UnconfirmedCOVNotificationMultiple", "UnconfirmedAuditNotification", "Who-Am-I", "You-Are"}

// kindNames are object types, clause 21.
var kindNames = [...]string{"analog-input", "analog-output", "analog-value", "binary-input", "binary-output", "binary-value", "calendar", "command", "device", "event-enrollment", "file", "group", "loop", "multi-state-input", "multi-state-output", "notification-class", "program", "schedule", "averaging", "multi-state-value", "trend-log", "life-safety-point", "life-safety-zone", "accumulator", "pulse-converter"}

// controlNames are states of DeviceCommunicationControl, restartNames those of
// ReinitializeDevice.
var controlNames = [...]string{"enable", "disable", "disable-initiation"}

var restartNames = [...]string{"coldstart", "warmstart", "start-backup", "end-backup", "start-restore", "end-restore", "abort-restore", "activate-changes"}

func bvlcName(f byte) string    { return named(bvlcNames[:], uint32(f), "other link message") }
func networkName(m byte) string { return named(networkNames[:], uint32(m), "other network message") }
func confirmedName(s byte) string {
	return named(confirmedNames[:], uint32(s), "other confirmed service")
}
func unconfirmedName(s byte) string {
	return named(unconfirmedNames[:], uint32(s), "other unconfirmed service")
}
func kindName(k uint16) string { return named(kindNames[:], uint32(k), "other object") }

func stateName(service byte, n uint32) string {
	if service == serviceReinitialize {
		return named(restartNames[:], n, "other state")
	}
	return named(controlNames[:], n, "other state")
}

func pduName(kind byte) string {
	switch kind {
	case pduSegmentAck:
		return "SegmentACK"
	case pduReject:
		return "Reject"
	}
	return "Abort"
}

// propertyName names the properties that matter when they are written, clause 21.
func propertyName(id uint32) string {
	switch id {
	case 8:
		return "all"
	case 12:
		return "application-software-version"
	case 28:
		return "description"
	case 44:
		return "firmware-revision"
	case 58:
		return "location"
	case 70:
		return "model-name"
	case 75:
		return "object-identifier"
	case 76:
		return "object-list"
	case 77:
		return "object-name"
	case 81:
		return "out-of-service"
	case 85:
		return "present-value"
	case 87:
		return "priority-array"
	case 96:
		return "protocol-object-types-supported"
	case 97:
		return "protocol-services-supported"
	case 104:
		return "relinquish-default"
	case 112:
		return "system-status"
	case 120:
		return "vendor-identifier"
	case 121:
		return "vendor-name"
	case 372:
		return "serial-number"
	}
	return "other"
}

// errorName names the class of an error, clause 18.
func errorName(b []byte) string {
	t, rest, ok := next(b)
	if ok && t.open { // some services wrap it
		t, rest, ok = next(rest)
	}
	class, fits := unsigned(t.value)
	code, _, ok2 := next(rest)
	n, fits2 := unsigned(code.value)
	switch {
	case !ok || !fits || !ok2 || !fits2:
		return "failed"
	case class == 4 && n == 26:
		return "password-failure"
	case class == 1 && n == 31:
		return "unknown-object"
	case class == 2 && n == 32:
		return "unknown-property"
	case class == 2 && n == 40:
		return "write-access-denied"
	case class == 4:
		return "security"
	}
	return "failed"
}

// vendorName names vendors of building automation that ASHRAE has registered.
func vendorName(id uint32) string {
	switch id {
	case 6, 127, 171:
		return "ABB"
	case 18:
		return "Alerton"
	case 24:
		return "Automated Logic"
	case 415:
		return "Beckhoff"
	case 284, 423:
		return "Belimo"
	case 197:
		return "Bosch"
	case 16:
		return "Carrier"
	case 14:
		return "Cimetrics"
	case 245:
		return "Contemporary Controls"
	case 562:
		return "Crestron"
	case 293:
		return "Critical Room Control"
	case 142:
		return "DEOS"
	case 3, 53:
		return "Daikin"
	case 190:
		return "Danfoss"
	case 8:
		return "Delta Controls"
	case 435:
		return "Delta Electronics"
	case 332, 364:
		return "Distech Controls"
	case 191:
		return "Eaton"
	case 90:
		return "Hitachi"
	case 17:
		return "Honeywell"
	case 5:
		return "Johnson Controls"
	case 28:
		return "KMC Controls"
	case 39:
		return "Kieback & Peter"
	case 432:
		return "LG"
	case 56:
		return "Liebert"
	case 178:
		return "Loytec"
	case 176:
		return "Lutron"
	case 82, 99:
		return "Mitsubishi Electric"
	case 83:
		return "Mitsubishi Heavy Industries"
	case 61:
		return "Multistack"
	case 34:
		return "Notifier"
	case 556:
		return "Obvius"
	case 226:
		return "Phoenix Contact"
	case 26:
		return "Phoenix Controls"
	case 158:
		return "Price Industries"
	case 105:
		return "Priva"
	case 35:
		return "Reliable Controls"
	case 89:
		return "Saia-Burgess"
	case 80:
		return "Sauter"
	case 10, 335:
		return "Schneider Electric"
	case 351:
		return "Setra"
	case 7, 9, 22, 313:
		return "Siemens"
	case 32:
		return "Simplex"
	case 11, 19:
		return "TAC"
	case 675:
		return "Tek-Air"
	case 13:
		return "Teletrol"
	case 129:
		return "Toshiba Carrier"
	case 2:
		return "Trane"
	case 59:
		return "Triatek"
	case 36:
		return "Tridium"
	case 133:
		return "Veris"
	case 113:
		return "Vertiv"
	case 140:
		return "Viconics"
	case 222:
		return "WAGO"
	case 23:
		return "York"
	}
	return ""
}
