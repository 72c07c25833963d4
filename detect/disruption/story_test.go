package disruption

import (
	"testing"

	"wardkeeper/detect/detecttest"
)

func TestStories(t *testing.T) {
	detecttest.Stories(t, "testdata", Impersonation)
}
