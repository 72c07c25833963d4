package intrusion

import (
	"testing"

	"wardkeeper/detect/detecttest"
)

func TestStories(t *testing.T) {
	detecttest.Stories(t, "testdata", Reconnaissance, PasswordGuessing, SharedSecret, WeakService, LateralMovement, MemoryRead)
}
