package atna

// EventName returns the name of an event code of DICOM CID 400, "" for others.
func EventName(code string) string {
	switch code {
	case "110100":
		return "application activity"
	case "110101":
		return "audit log used"
	case "110102":
		return "begin transferring instances"
	case "110103":
		return "instances accessed"
	case "110104":
		return "instances transferred"
	case "110105":
		return "study deleted"
	case "110106":
		return "export"
	case "110107":
		return "import"
	case "110108":
		return "network entry"
	case "110109":
		return "order record"
	case "110110":
		return "patient record"
	case "110111":
		return "procedure record"
	case "110112":
		return "query"
	case "110113":
		return "security alert"
	case "110114":
		return "user authentication"
	}
	return ""
}

// TypeName returns the name of an event type code of DICOM CID 401, the code
// itself for an IHE transaction (ITI-55), "" for others.
func TypeName(code string) string {
	switch code {
	case "110120":
		return "application start"
	case "110121":
		return "application stop"
	case "110122":
		return "login"
	case "110123":
		return "logout"
	case "110124":
		return "attach"
	case "110125":
		return "detach"
	case "110126":
		return "node authentication"
	case "110127":
		return "emergency override started"
	case "110128":
		return "network configuration"
	case "110129":
		return "security configuration"
	case "110130":
		return "hardware configuration"
	case "110131":
		return "software configuration"
	case "110132":
		return "use of restricted function"
	case "110133":
		return "audit recording stopped"
	case "110134":
		return "audit recording started"
	case "110135":
		return "object security attributes changed"
	case "110136":
		return "security roles changed"
	case "110137":
		return "user security attributes changed"
	case "110138":
		return "emergency override stopped"
	case "110139":
		return "remote service started"
	case "110140":
		return "remote service stopped"
	case "110141":
		return "local service started"
	case "110142":
		return "local service stopped"
	}
	if transaction(code) {
		return code
	}
	return ""
}

// transaction recognises ITI-55, RAD-12, PCC-44 and the like.
func transaction(code string) bool {
	if len(code) < 5 || len(code) > 8 {
		return false
	}
	i := 0
	for i < len(code) && code[i] >= 'A' && code[i] <= 'Z' {
		i++
	}
	if i < 3 || i > 4 || i+1 >= len(code) || code[i] != '-' {
		return false
	}
	for _, c := range code[i+1:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// ActionName returns the name of an action code, "" for others.
func ActionName(code string) string {
	switch code {
	case "C":
		return "create"
	case "R":
		return "read"
	case "U":
		return "update"
	case "D":
		return "delete"
	case "E":
		return "execute"
	}
	return ""
}

// OutcomeName returns what an outcome indicator means.
func OutcomeName(code string) string {
	switch code {
	case "0":
		return "ok"
	case "4":
		return "minor failure"
	case "8":
		return "serious failure"
	case "12":
		return "major failure"
	}
	return ""
}

// RoleName returns the name of a role code of DICOM CID 402, "" for others.
func RoleName(code string) string {
	switch code {
	case "110150":
		return "application"
	case "110151":
		return "application launcher"
	case "110152":
		return "destination"
	case "110153":
		return "source"
	case "110154":
		return "destination media"
	case "110155":
		return "source media"
	}
	return ""
}
