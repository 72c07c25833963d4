package detect

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"

	"wardkeeper/ward"
)

func minute(n int) ward.Time { return ward.Time(time.Duration(n) * time.Minute) }

func TestTable(t *testing.T) {
	tab := Table[string, int]{Max: 2, Keep: 10 * time.Minute}
	*tab.Use("a", minute(1)) = 1
	*tab.Use("b", minute(2)) = 2
	if tab.Use("c", minute(3)) != nil || tab.Dropped != 1 {
		t.Error("a full table took another key")
	}
	if v := tab.Get("a", minute(12)); v != nil {
		t.Error("an expired value was found")
	}
	if v := tab.Use("a", minute(12)); *v != 0 {
		t.Errorf("an expired value was used: %d", *v)
	}
	if v := tab.Use("c", minute(13)); v == nil {
		t.Error("what has expired still takes room")
	}
	if tab.Get("a", minute(5)) == nil {
		t.Error("a time that ran backwards made a value expire")
	}
	tab.Delete("a")
	if tab.Len() != 1 {
		t.Error(tab.Len(), "entries")
	}
}

func TestTableState(t *testing.T) {
	type key struct{ A, B string }
	tab := Table[key, Set[string]]{Max: 100, Keep: time.Hour}
	for i := range 100 {
		tab.Use(key{strconv.Itoa(i), "x"}, minute(i%50)).Add("v", 1)
	}
	b, err := json.Marshal(&tab)
	if err != nil {
		t.Fatal(err)
	}
	again := Table[key, Set[string]]{Max: 100, Keep: time.Hour}
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if c, _ := json.Marshal(&again); string(c) != string(b) || again.Len() != 100 {
		t.Errorf("%d entries:\n%s\nwant\n%s", again.Len(), c, b)
	}
	small := Table[key, Set[string]]{Max: 10, Keep: time.Hour}
	if err := json.Unmarshal(b, &small); err != nil || small.Len() != 10 {
		t.Errorf("%d entries, %v", small.Len(), err)
	}
	if Load("X", []byte("{"), &small) == nil {
		t.Error("half a state was taken")
	}
}

// TestFullTableIsCheap: a flood of new keys must not walk the table for each.
func TestFullTableIsCheap(t *testing.T) {
	tab := Table[int, int]{Max: 10_000, Keep: time.Hour}
	began := time.Now()
	for i := range 1_000_000 {
		tab.Use(i, ward.Time(i))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a million keys took %v", took)
	}
	if tab.Dropped != 990_000 {
		t.Errorf("%d dropped", tab.Dropped)
	}
}
