// Package dicom reads DICOM as it comes, in slices of any size and without
// copying: upper layer PDUs (PS3.8 section 9), command sets (PS3.7 annex E), data
// sets in every encoding (PS3.5 sections 7 and 8, annex A) and files (PS3.10
// section 7). Nothing here does I/O, and what is held is bounded.
package dicom
