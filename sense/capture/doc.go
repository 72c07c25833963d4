// Package capture reads capture files: pcap (draft-ietf-opsawg-pcap: microseconds and
// nanoseconds, either byte order, and Kuznetzov's modified format) and pcapng
// (draft-ietf-opsawg-pcapng), plain or compressed with gzip (RFC 1952) or Zstandard
// (RFC 8878), recognised by their first bytes.
//
// A Reader frames packets where they were read to, without copying them. A Merger
// yields the packets of several files in time order.
package capture
