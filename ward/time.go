package ward

import "time"

// Time is an instant in nanoseconds since the Unix epoch, UTC. It is what
// captures carry, compares cheaply and, unlike time.Time, holds no pointer.
type Time int64

// TimeOf converts a time.Time.
func TimeOf(t time.Time) Time { return Time(t.UnixNano()) }

// Std converts to a time.Time in UTC.
func (t Time) Std() time.Time { return time.Unix(0, int64(t)).UTC() }

// Sub returns t-u.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Add returns t+d.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// String formats as RFC 3339 with nanoseconds, UTC.
func (t Time) String() string { return t.Std().Format(time.RFC3339Nano) }
