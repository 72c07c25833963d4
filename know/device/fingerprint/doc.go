// Package fingerprint turns the words that devices say about themselves (maker
// and model strings, banners, host names, DICOM implementation names, DHCP
// options …) into facts: category, maker, model, operating system, software.
//
// What it knows is data, in TOML files that docs/fingerprints.md describes. Those
// in data/ are built in; a site adds its own. Every entry carries examples, and
// loading checks them.
package fingerprint
