// Package hostage detects devices and data that are encrypted, locked or made
// ready for it: the HOST rules of the threat catalogue, one file a rule.
package hostage

import (
	"wardkeeper/detect"
	"wardkeeper/ward"
)

// ImageAndProgram is HOST-05: a DICOM file whose preamble makes it a program too.
func ImageAndProgram() detect.Detector {
	return detect.OnMisuse(detect.Spec{
		Rule:  "HOST-05",
		Title: "A medical image is a program at the same time",
		Harm:  "Started on a workstation, the image runs an attacker's program with patient data inside it, where virus scanners must not look or quarantine.",
		Advice: "Keep the image from being opened outside the viewer and find out where it came from. Do not let a scanner delete it: it may hold the only copy of a " +
			"patient's study. Ask the PACS administrator for a copy with its preamble cleared.",
		Attack: []ward.Technique{{Technique: "T1036.008", Matrix: "enterprise", Version: "19"}, {Technique: "T1027.009", Matrix: "enterprise", Version: "19"}},
		Inputs: []ward.Kind{ward.KindAnomaly},
		Silenced: "Images sent by C-STORE, which carries no preamble; files in encrypted transfers. " +
			"TIFF preambles of whole-slide images are no programs and are not reported.",
		StateVersion: 1,
	}, []detect.Misuse{
		{Code: "dicom.preamble-executable", Severity: ward.High, Confidence: 95, Title: "A medical image that is also a program was sent to",
			Says: "the preamble of a DICOM file begins as a program does"},
	})
}
