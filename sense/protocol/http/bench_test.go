package http

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

const plainRequest = "GET /index.html HTTP/1.1\r\nHost: 10.20.1.50\r\nUser-Agent: MedDevice/2.1\r\nAccept: */*\r\n\r\n"

var plainResponse = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 23 Nov 2026 16:01:24 GMT\r\nContent-Type: text/html\r\n" +
	"Content-Length: 3529\r\nLast-Modified: Mon, 23 Nov 2026 16:01:19 GMT\r\nConnection: keep-alive\r\nETag: \"6b04634f-dc9\"\r\nAccept-Ranges: bytes\r\n\r\n" +
	strings.Repeat("x", 3529)

// exchanges returns a function that plays one plain request and its response.
func exchanges(children bool) func() {
	open := func(*sense.Context, *sense.Envelope) sense.Child { return nil }
	if !children {
		open = nil
	}
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, open)
	out := &sense.Output{}
	c.SetOutput(out)
	talk := sensetest.TCP(80).Conversations[0]
	c.SetConversation("", "http", talk.Client, talk.Server, false, nil)
	c.SetPacket(sense.Packet{Time: ward.Time(1), Capture: "test"})
	s := newStream(c)
	up, down := []byte(plainRequest), []byte(plainResponse)
	n := 0
	return func() {
		s.Data(c, sense.ToServer, up)
		s.Data(c, sense.ToClient, down[:1460])
		s.Data(c, sense.ToClient, down[1460:])
		if n++; n%256 == 0 {
			out.Reset()
		}
	}
}

func BenchmarkExchange(b *testing.B) {
	one := exchanges(true)
	b.ReportAllocs()
	b.SetBytes(int64(len(plainRequest) + len(plainResponse)))
	for b.Loop() {
		one()
	}
}

// One connection for each request, as most clients do.
func BenchmarkConnection(b *testing.B) {
	b.ReportAllocs()
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	talk := sensetest.TCP(80).Conversations[0]
	c.SetConversation("", "http", talk.Client, talk.Server, false, nil)
	up, down := []byte(plainRequest), []byte(plainResponse)
	n := 0
	for b.Loop() {
		s := newStream(c)
		s.Data(c, sense.ToServer, up)
		s.Data(c, sense.ToClient, down[:1460])
		s.Data(c, sense.ToClient, down[1460:])
		s.Close(c)
		if n++; n%256 == 0 {
			out.Reset()
		}
	}
}

func TestNoAllocations(t *testing.T) {
	one := exchanges(true)
	for range 2000 {
		one()
	}
	if n := testing.AllocsPerRun(5000, one); n != 0 {
		t.Errorf("%v allocations for a request and its response", n)
	}
}
