package dicom

// rejectResult names the result of an A-ASSOCIATE-RJ (PS3.8 section 9.3.4).
func rejectResult(b byte) string {
	switch b {
	case 1:
		return "permanent"
	case 2:
		return "transient"
	}
	return "unknown"
}

// rejectSource names its source.
func rejectSource(b byte) string {
	switch b {
	case 1:
		return "service user"
	case 2:
		return "service provider, ACSE"
	case 3:
		return "service provider, presentation"
	}
	return "unknown"
}

// rejectReason names its reason, which depends on the source.
func rejectReason(source, reason byte) string {
	switch [2]byte{source, reason} {
	case [2]byte{1, 1}, [2]byte{2, 1}:
		return "no reason given"
	case [2]byte{1, 2}:
		return "application context not supported"
	case [2]byte{1, 3}:
		return "calling AE title not recognised"
	case [2]byte{1, 7}:
		return "called AE title not recognised"
	case [2]byte{2, 2}:
		return "protocol version not supported"
	case [2]byte{3, 1}:
		return "temporary congestion"
	case [2]byte{3, 2}:
		return "local limit exceeded"
	}
	return "unknown"
}

// abortSource names the source of an A-ABORT (PS3.8 section 9.3.8).
func abortSource(b byte) string {
	switch b {
	case 0:
		return "service user"
	case 2:
		return "service provider"
	}
	return "unknown"
}

// identity names a user identity type (PS3.7 annex D.3.3.7.1).
func identity(b uint8) string {
	switch b {
	case 1:
		return "user name"
	case 2:
		return "user name and passcode"
	case 3:
		return "kerberos"
	case 4:
		return "saml"
	case 5:
		return "jwt"
	}
	return "unknown"
}
