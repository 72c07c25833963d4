package web

import (
	"fmt"
	"strings"
	"testing"

	"wardkeeper/know/device"
	"wardkeeper/know/device/category"
	"wardkeeper/ward"
)

// drawn writes the layout down.
func drawn(m *netmap) string {
	var b strings.Builder
	fmt.Fprintln(&b, m.width, m.height, m.grouped, m.undrawnEdges, m.silent)
	for _, n := range m.nodes {
		fmt.Fprintln(&b, n.key, n.label, n.x, n.y, n.devices, n.findings)
	}
	for _, e := range m.edges {
		fmt.Fprintln(&b, e.a.key, e.b.key, e.class, e.path, e.label, e.labelX, e.labelY)
	}
	return b.String()
}

func TestMapIsDeterministic(t *testing.T) {
	first := drawn(newPage(synthetic(2000)).netmap)
	for range 5 {
		if drawn(newPage(synthetic(2000)).netmap) != first {
			t.Fatal("the same report twice gives two maps")
		}
	}
}

func TestMapStaysReadable(t *testing.T) {
	for _, n := range []int{1, 5, 20, 60, 150, 400, 2000, 10_000} {
		m := newPage(synthetic(n)).netmap
		if len(m.nodes) > mapNodes+1 || len(m.edges) > mapEdges {
			t.Errorf("%d devices: %d nodes, %d edges", n, len(m.nodes), len(m.edges))
		}
		devices := 0
		for i, a := range m.nodes {
			if a.key != outside {
				devices += a.devices
			}
			if a.x < 0 || a.y < headHeight || a.x+boxWidth > m.width || a.y+a.height > m.height {
				t.Errorf("%d devices: node %s lies outside the map", n, a.key)
			}
			for _, b := range m.nodes[i+1:] {
				if a.x == b.x && abs(a.y-b.y) < boxHeight {
					t.Errorf("%d devices: %s and %s overlap", n, a.key, b.key)
				}
			}
		}
		if devices != n {
			t.Errorf("%d devices: the map stands for %d", n, devices)
		}
		if m.width > 1600 || m.height > 4200 {
			t.Errorf("%d devices: %.0f × %.0f", n, m.width, m.height)
		}
	}
}

func TestMapMarksClearText(t *testing.T) {
	r := &Report{Medical: []string{"dicom", "hl7"}, Devices: []ward.Device{{ID: "a", Category: category.CT}, {ID: "b", Category: category.PACS}, {ID: "c"}, {ID: "d", Behind: "b"}},
		Links: []device.Link{{A: "a", B: "b", Protocol: "dicom", Messages: 100, Clear: true}, {A: "b", B: "a", Protocol: "dicom", Messages: 11},
			{A: "a", B: "b", Protocol: "dns"}, {A: "a", B: "b", Protocol: "ntp"}, {A: "c", B: "external 203.0.113.9"}, {A: "c", B: "address 224.0.0.251"}}}
	m := newPage(r).netmap
	if len(m.columns) != 3 || len(m.nodes) != 5 || len(m.edges) != 4 || m.silent != 1 || m.grouped {
		t.Fatalf("%d columns, %d nodes, %d edges, %d silent", len(m.columns), len(m.nodes), len(m.edges), m.silent)
	}
	e := m.edges[0]
	if e.class != "dicom" || e.messages != 111 || !e.clear || !strings.Contains(e.lineClass(), "clear") || e.label != "DICOM, in the clear" ||
		!strings.HasSuffix(e.title(), "patient data in the clear") {
		t.Errorf("%+v", e)
	}
	page := rendered(t, r)
	for _, want := range []string{"dashed: patient data seen in the clear", "DNS, NTP", "is behind", "1 public address", "1 connection to addresses that never answered"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestTiersKnowTheVocabulary(t *testing.T) {
	all := map[string]bool{}
	for _, c := range category.All() {
		all[c] = true
	}
	for c := range tierByCategory {
		if !all[c] {
			t.Errorf("%q is not a category", c)
		}
	}
}
