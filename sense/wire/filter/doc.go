// Package filter compiles packet filters in tcpdump's words (pcap-filter(7), the
// part that operators use) into classic BPF, for the kernel and for captures:
//
//	[src|dst|src or dst|src and dst] host ADDR | net CIDR | port N | portrange A-B
//	ether host MAC, ether proto N, proto N, tcp, udp, sctp, icmp, icmp6, ip, ip6, arp, rarp
//	vlan [N], less N, greater N, broadcast, multicast
//	and, or, not (&&, ||, !) and parentheses; "and" and "or" bind alike, from the left
//
// As in tcpdump, vlan moves the rest of the expression behind the tag, and a value
// without a word before it takes the words of the value before: port 80 or 443.
// Names are not looked up: that would send packets.
package filter
