//go:build !linux

package run

// dropPrivileges does nothing where live capture does not exist.
func dropPrivileges(...string) error { return nil }
