package sense

// Dir is a direction within a conversation.
type Dir uint8

// The directions. The client is who opened the conversation; where that was not
// seen, the wire guesses by port and says so with Context.Midstream.
const (
	ToServer Dir = 0
	ToClient Dir = 1
)

// Other returns the opposite direction.
func (d Dir) Other() Dir { return d ^ 1 }

// Verdict is a probe's answer.
type Verdict uint8

// The verdicts.
const (
	No   Verdict = iota // these bytes are not mine
	More                // could be mine, show me more
	Yes                 // mine
)

// ProbeCap is the most bytes of one direction that a probe is shown; More at the
// cap counts as No.
const ProbeCap = 2048

// Transport is a set of what an analyzer is fed from.
type Transport uint8

// The transports.
const (
	TCP Transport = 1 << iota
	UDP
	Link // frames without ports, see FrameType
)

// FrameType names the frames that Link analyzers take.
type FrameType uint8

// The frame types.
const (
	FrameARP   FrameType = iota + 1 // ARP packet (after the Ethernet header)
	FrameLLDP                       // LLDPDU
	FrameCDP                        // CDP packet (after LLC/SNAP)
	FrameICMP4                      // ICMPv4 message
	FrameICMP6                      // ICMPv6 message (neighbour discovery among them)
	FrameEAPOL                      // IEEE 802.1X
	FrameBLE                        // Bluetooth LE link layer: access address, PDU, CRC; pseudo-header removed
	FrameHCI                        // Bluetooth HCI H4: type octet first; direction as in Context.FrameInfo
)

// FrameInfo is what a link type's pseudo-header says of the current frame.
type FrameInfo struct {
	ToHost    bool // HCI: controller to host
	Channel   uint8
	Decrypted bool // BLE: the capture tool has decrypted the payload
	CRCValid  bool
}

// Analyzer describes one protocol. It is a value without state: everything that
// changes lives in what the New functions return, one for each conversation.
type Analyzer struct {
	Name string // lower case, as in observations: "dicom", "hl7"
	// Doc names the standard with sections.
	Doc        string
	Transports Transport
	// Ports only say whose probe is tried first; recognition is by bytes.
	Ports []uint16
	// Probe looks at the first bytes that one direction carried (for UDP: at one
	// datagram). It is pure. port is the server's. Set where Transports has TCP or UDP.
	Probe func(dir Dir, b []byte, port uint16) Verdict
	// NewStream is called when a TCP conversation was recognised; the stream is
	// then fed everything from its first byte.
	NewStream func(c *Context) Stream
	// NewDatagrams likewise for UDP.
	NewDatagrams func(c *Context) Datagrams
	// Frames lists what NewFrames' result takes; one instance serves a shard.
	Frames    []FrameType
	NewFrames func(c *Context) Frames
	// WantsChild and NewChild are for content inside another protocol (FHIR in
	// HTTP, DICOM in SMB).
	WantsChild func(e *Envelope) bool
	NewChild   func(c *Context, e *Envelope) Child
}

// Stream analyses a TCP conversation. Bytes arrive in order, each once, in pieces
// of any size: the observations must not depend on where the pieces are cut. A
// slice is only valid during the call. It never panics, whatever comes.
//
// Where one direction was not captured, it is simply never called for; nothing
// may rest on the absent direction.
type Stream interface {
	Data(c *Context, dir Dir, b []byte)
	// Gap says that n bytes were never captured (n<0: not known how many). The
	// stream resynchronises at the next message it can be sure of.
	Gap(c *Context, dir Dir, n int64)
	// Close is called once, when the conversation ends or is given up.
	Close(c *Context)
}

// Datagrams analyses a UDP conversation.
type Datagrams interface {
	Datagram(c *Context, dir Dir, b []byte)
	Close(c *Context)
}

// Frames analyses frames without ports. State must be bounded within.
type Frames interface {
	Frame(c *Context, t FrameType, info FrameInfo, b []byte)
}

// Envelope tells a child analyzer what its bytes came in. Slices are only valid
// during WantsChild and NewChild, and are raw: clean what you emit.
type Envelope struct {
	Parent      string // "http", "smb", "ftp", "smtp"
	Dir         Dir
	Response    bool   // HTTP: body of a response
	Method      string // HTTP method (of the request, for responses too)
	Status      int    // HTTP status of a response, 0 for requests
	Target      []byte // HTTP request target, file name …
	ContentType []byte
	Length      int64 // of the body where stated, else -1
	Part        int   // 1 and up for a part of a multipart body; 0 for the message itself
}

// Child analyses content inside another protocol.
type Child interface {
	Data(c *Context, b []byte)
	Gap(c *Context, n int64)
	Close(c *Context) // content is complete or given up
}
