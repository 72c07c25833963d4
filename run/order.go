package run

import (
	"cmp"
	"slices"

	"wardkeeper/ward"
)

// sortDevices puts known categories first, then by category, maker, model and id.
func sortDevices(all []ward.Device) {
	slices.SortStableFunc(all, func(a, b ward.Device) int {
		if (a.Category == "") != (b.Category == "") {
			if a.Category == "" {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Maker, b.Maker), cmp.Compare(a.Model, b.Model), cmp.Compare(a.ID, b.ID))
	})
}
