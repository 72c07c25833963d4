package ward

// Kind tells the observations apart. Numbers are stable: they are stored.
type Kind uint8

// The kinds of observation.
const (
	KindNone     Kind = iota
	KindFlow          // who talked to whom, how much
	KindSighting      // evidence of a device's identity
	KindAct           // someone did something
	KindDose          // therapy ordered, sent, running, delivered or set
	KindAnomaly       // a protocol misused
	KindDecision      // what a user approved, muted, announced or uploaded
	KindTick          // a site's clock has passed Time
)

var kindNames = [...]string{"none", "flow", "sighting", "act", "dose", "anomaly", "decision", "tick"}

// String returns the kind's name in JSON.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Observation is one thing seen. Exactly one of the body pointers is set, the
// one that Kind names; a Tick has none.
//
// Src is who spoke (for a Flow: who opened it), Dst who was spoken to. Protocol
// is the analyzer's name, such as "dicom".
//
// An observation is only valid during the call that hands it over: bodies come
// from slabs that are used again. Keep a copy (Clone), never a pointer.
type Observation struct {
	Kind Kind
	Time Time

	Site    string // a hospital; "" until the sensor sets it
	Sensor  string
	Zone    string // configured network zone, "" for the default one
	Capture string // file or interface the packet came from
	Packet  uint64 // packet number in Capture, from 1, as Wireshark counts

	Src, Dst Endpoint
	Protocol string

	Flow     *Flow
	Sighting *Sighting
	Act      *Act
	Dose     *Dose
	Anomaly  *Anomaly
	Decision *Decision
}

// Clone returns a deep copy that outlives the call.
func (o *Observation) Clone() Observation {
	c := *o
	switch {
	case o.Flow != nil:
		b := *o.Flow
		b.Vantages = append([]Vantage(nil), b.Vantages...)
		c.Flow = &b
	case o.Sighting != nil:
		b := *o.Sighting
		b.Facts = append([]Fact(nil), b.Facts...)
		c.Sighting = &b
	case o.Act != nil:
		b := *o.Act
		b.Attrs = append([]Attr(nil), b.Attrs...)
		c.Act = &b
	case o.Dose != nil:
		b := *o.Dose
		b.Attrs = append([]Attr(nil), b.Attrs...)
		c.Dose = &b
	case o.Anomaly != nil:
		b := *o.Anomaly
		c.Anomaly = &b
	case o.Decision != nil:
		b := *o.Decision
		c.Decision = &b
	}
	return c
}

// Attr is a named detail whose value is known vocabulary, a number or a token's
// text, never free text from the wire.
type Attr struct{ Name, Value string }

// Vantage is one place where a mirror showed the same packets.
type Vantage struct {
	Interface uint16 // index of the interface or file
	VLAN      uint16
	Packets   uint64
}

// Flow is a conversation, or the part of a long one since its last record.
// Counts are of distinct packets: mirror copies count once (Copies tells them).
type Flow struct {
	Transport              string // tcp, udp, icmp, icmp6, or ip/<number>
	Start                  Time
	End                    Time
	Part                   uint32 // 0 for the first or only record
	Final                  bool
	PacketsTo, PacketsFrom uint64 // towards Dst, back from it
	BytesTo, BytesFrom     uint64 // payload bytes
	WireBytes              uint64 // on the wire, both ways
	MissingTo, MissingFrom uint64 // payload bytes never captured
	Copies                 uint64 // mirror copies that were recognised
	Messages               uint64 // what the analyzer understood
	State                  string // tcp: new, open, closed, reset, timeout; udp: open; evicted
	Midstream, OneSided    bool
	Encrypted              bool
	Vantages               []Vantage
}

// Subject says which device a sighting is about when it is not simply the one
// that holds Src's address.
type Subject struct {
	// Key names the kind of Value: "" (the sender itself), "mac" (chaddr behind a
	// relay), "ip", "ae", "hl7-app", "eui64", "serial", "ble".
	Key, Value string
	// Behind is set when the subject reached us through Src (a gateway, an
	// interface engine, a serial server): Src's address is not its own.
	Behind bool
}

// Fact is one field of a device with how sure its source makes us, 0 to 100.
type Fact struct {
	Field      Field
	Value      string
	Confidence uint8
}

// Field names what a Fact is about.
type Field string

// The fields of a device. Values are normalised by know/device, not here.
const (
	FieldCategory    Field = "category"
	FieldMaker       Field = "maker"
	FieldModel       Field = "model"
	FieldSerial      Field = "serial"
	FieldUDI         Field = "udi"
	FieldSoftware    Field = "software" // "name version"
	FieldFirmware    Field = "firmware" // version of the device's own firmware
	FieldOS          Field = "os"       // "name version"
	FieldHostname    Field = "hostname"
	FieldAE          Field = "ae"          // DICOM application entity title
	FieldApplication Field = "application" // HL7 sending or receiving application
	FieldMAC         Field = "mac"
	FieldIP          Field = "ip"
	FieldDepartment  Field = "department"
	FieldLocation    Field = "location"    // giaddr, switch port
	FieldModality    Field = "modality"    // DICOM modality code
	FieldRole        Field = "role"        // e.g. "dicom storage scp", "hl7 receiver", "dhcp server"
	FieldFingerprint Field = "fingerprint" // "<method> <value>", e.g. "ja4 t13d…", "dhcp 1,3,6,15", "hassh …"
	FieldProduct     Field = "product"     // cleaned banner or product string, matched against fingerprints
	FieldService     Field = "service"     // e.g. "telnet", "tls 1.0", "smb1": offered by the subject
)

// Sighting is evidence of identity. From names the protocol field it was read
// from, for example "dicom (0008,1090)" or "dhcp option 60".
type Sighting struct {
	Subject Subject
	From    string
	Facts   []Fact
}

// Digest is a keyed content digest; zero means none.
type Digest [32]byte

// Act is something that someone did, as a protocol says it: a C-STORE, an order
// message, a login, a file rename. Strings are vocabulary, never free text.
type Act struct {
	Verb    string // e.g. "C-STORE", "ORU^R01", "GET", "login"
	Object  string // what it was done to: SOP class name, resource type, file kind
	Outcome string // "", "ok", "pending", "failed", "refused", or a status such as "A801"
	Reply   bool   // the answer to an earlier act

	Actor    Token
	Patient  Token
	Visit    Token
	Order    Token
	Message  Token
	Study    Token
	Instance Token

	SrcApp, DstApp string // cleaned application identity: AE titles, MSH-3/MSH-5
	Target         string // e.g. move destination
	Count          uint64 // of things acted on, where the protocol says
	Bytes          uint64 // of content
	Header, Pixels Digest // keyed digests of an instance's header and content
	Clear          bool   // carried patient identity unencrypted
	Attrs          []Attr
}

// DoseState is a step of a therapy's life.
type DoseState string

// The states of threats.md's therapy preamble, and "set" for a setting.
const (
	DoseOrdered   DoseState = "ordered"
	DoseSent      DoseState = "sent"
	DoseAccepted  DoseState = "accepted"
	DoseRefused   DoseState = "refused"
	DoseRunning   DoseState = "running"
	DosePaused    DoseState = "paused"
	DoseChanged   DoseState = "changed"
	DoseDelivered DoseState = "delivered"
	DoseSet       DoseState = "set"
	DoseEnded     DoseState = "ended"
	DoseCancelled DoseState = "cancelled"
)

// Dose is one quantity of a therapy, as stated. Value is a decimal as text and
// Unit as the source wrote it where it is known vocabulary (UCUM, MDC name).
type Dose struct {
	State    DoseState
	Therapy  string // infusion, insulin, pacing, defibrillation, radiotherapy, glucose, vital, medication
	Patient  Token
	Order    Token
	Visit    Token
	Message  Token
	Plan     Token  // study, plan or instance that it belongs to
	Device   string // cleaned identifier of the device within the source, token text where personal
	Channel  string // e.g. "1.2" of MDS.VMD.CHAN, or beam number
	Drug     string // vocabulary or code; token text otherwise
	Code     string // coded quantity, e.g. "MDC 157784" or "(300A,0086)"
	Quantity string // e.g. "rate", "volume-delivered", "dose", "meterset", "lower-rate"
	Value    string
	Unit     string
	At       Time // when the source says it was so; 0 if it does not
	Attrs    []Attr
}

// Anomaly is a misuse of a protocol. Code is stable, "<protocol>.<what>";
// Detail is fixed text or numbers, never bytes of the packet.
type Anomaly struct {
	Code   string
	Detail string
	Count  uint64
}

// Decision is a user's act that changes what detectors say, logged like input.
type Decision struct {
	Verb   string // approve, mute, announce, upload
	Object string
	User   string
	Reason string
	Until  Time
}

// Frame is what a sensor delivers and the hub commits as one: idempotent by
// (Sensor, Epoch, Sequence). At most 1,000 observations.
type Frame struct {
	Site, Sensor    string
	Epoch, Sequence uint64 // Epoch grows with each start of the sensor
	Watermark       Time   // no later frame of this sensor holds an earlier time
	Observations    []Observation
}

// MaxFrame is the most observations that a frame holds.
const MaxFrame = 1000

// Sink takes observations in their final order. It must not keep pointers into
// them after it returns.
type Sink interface {
	Observe(batch []Observation) error
}
