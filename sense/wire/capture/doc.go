// Package capture reads packet captures: pcap (draft-ietf-opsawg-pcap, with
// nanosecond and modified variants) and pcapng (draft-ietf-opsawg-pcapng), plain or
// compressed with gzip or zstd, several at once in order of time.
package capture
