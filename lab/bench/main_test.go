//go:build unix

package main

import "testing"

func TestMedian(t *testing.T) {
	m := median([]measure{{3, 10}, {1, 30}, {2, 20}})
	if m.seconds != 2 || m.mib != 30 { // memory is the worst of all runs
		t.Errorf("got %+v", m)
	}
}
