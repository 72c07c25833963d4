package ward

// ProtocolCount is what was understood of one protocol.
type ProtocolCount struct {
	Flows    uint64            `json:"flows"`
	Messages map[string]uint64 `json:"messages,omitempty"` // by verb
}

// Summary is the last line of JSON output.
type Summary struct {
	Kind          string                    `json:"kind"` // "summary"
	Packets       uint64                    `json:"packets"`
	Bytes         uint64                    `json:"bytes"`
	Flows         uint64                    `json:"flows"`
	Seconds       float64                   `json:"seconds"` // of traffic
	Protocols     map[string]*ProtocolCount `json:"protocols"`
	Devices       int                       `json:"devices"`
	Findings      int                       `json:"findings"`
	Anomalies     uint64                    `json:"anomalies"`
	LimitsHit     map[string]uint64         `json:"limits_hit"`
	NotUnderstood map[string]uint64         `json:"not_understood"` // reason or "tcp/port" → flows or packets
}
