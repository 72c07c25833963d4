package canary

// Ether returns a network that carries identities in every protocol over Ethernet.
func Ether(p *Plant) *Net {
	n := NewNet()
	AddTo(n, p)
	return n
}

// AddTo adds one round of conversations.
func AddTo(n *Net, p *Plant) {
	textual(n, p)
	dicom(n, p)
	binaries(n, p)
}
