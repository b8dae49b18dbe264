package sim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pindrop/results/history"
)

// seen renders the frames that a piece of protocol holds.
func seen(pieces ...string) []string {
	var out []string
	f := frames{keep: keepBytes, see: func(f *frame) {
		out = append(out, fmt.Sprintf("%s reply=%s header=%q payload=%q", f.subject, f.reply, f.header, f.payload))
	}}
	for _, p := range pieces {
		f.feed([]byte(p))
	}
	return out
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 3*keepBytes)
	for name, c := range map[string]struct {
		protocol string
		want     []string
	}{
		"published":             {"PUB a 2\r\nhi\r\n", []string{`a reply= header="" payload="hi"`}},
		"published with reply":  {"PUB a r 2\r\nhi\r\n", []string{`a reply=r header="" payload="hi"`}},
		"empty payload":         {"PUB a 0\r\n\r\nPUB b 0\r\n\r\n", []string{`a reply= header="" payload=""`, `b reply= header="" payload=""`}},
		"with header":           {"HPUB a r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n", []string{`a reply=r header="NATS/1.0\r\n\r\n" payload="hi"`}},
		"delivered":             {"MSG a 7 r 2\r\nhi\r\n", []string{`a reply=r header="" payload="hi"`}},
		"delivered, no reply":   {"MSG a 7 2\r\nhi\r\n", []string{`a reply= header="" payload="hi"`}},
		"status":                {"HMSG a 7 16 16\r\nNATS/1.0 408\r\n\r\n\r\n", []string{`a reply= header="NATS/1.0 408\r\n\r\n" payload=""`}},
		"everything else":       {"INFO {}\r\nPING\r\n+OK\r\nSUB a 1\r\nPUB a 1\r\nx\r\n", []string{`a reply= header="" payload="x"`}},
		"blanks and tabs":       {"PUB\ta  2\r\nhi\r\nMSG a\t7 r 2\r\nhi\r\n", []string{`a reply= header="" payload="hi"`, `a reply=r header="" payload="hi"`}},
		"more header than all":  {"HPUB a 12 5\r\nPUB b 1\r\ny\r\n", []string{`b reply= header="" payload="y"`}},
		"protocol in a payload": {"PUB a 10\r\nPUB b 1\r\ny\r\n", []string{`a reply= header="" payload="PUB b 1\r\ny"`}},
		"a long payload is cut": {fmt.Sprintf("PUB a %d\r\n%s\r\nPUB b 1\r\ny\r\n", len(long), long),
			[]string{fmt.Sprintf(`a reply= header="" payload=%q`, long[:keepBytes]), `b reply= header="" payload="y"`}},
	} {
		if diff := cmp.Diff(c.want, seen(c.protocol)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// In whatever pieces the protocol comes, the same is seen.
func TestFramesInPieces(t *testing.T) {
	const protocol = "INFO {}\r\nMSG a 7 $JS.ACK.s 2\r\nhi\r\nHMSG b 7 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\nPING\r\nMSG c 7 0\r\n\r\n"
	want := seen(protocol)
	if len(want) != 3 {
		t.Fatalf("saw %d frames in one piece, want 3", len(want))
	}
	rapid.Check(t, func(t *rapid.T) {
		var pieces []string
		for rest := protocol; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		if diff := cmp.Diff(want, seen(pieces...)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestParseAckReply(t *testing.T) {
	want := ackReply{delivery: 2, seq: 34, consumerSeq: 56}
	for _, reply := range []string{
		"$JS.ACK.stream.consumer.2.34.56.1700000000.7",
		"$JS.ACK.domain.account.stream.consumer.2.34.56.1700000000.7",
		"$JS.ACK._.account.stream.consumer.2.34.56.1700000000.7.more",
	} {
		if got, ok := parseAckReply(reply); !ok || got != want {
			t.Errorf("%s: got %+v, %v", reply, got, ok)
		}
	}
	for _, reply := range []string{
		"", "_INBOX.a.b", "$JS.ACK", "$JS.ACK.s.c.2.34.56.17", "$JS.ACK.s.c.x.34.56.17.7", "$JS.ACK.a.s.c.2.34.56.17.7",
	} {
		if got, ok := parseAckReply(reply); ok {
			t.Errorf("%q was read as %+v", reply, got)
		}
	}
}

// tapped renders what a tap writes down.
func tapped(arriving, leaving string) []history.Event {
	var events []history.Event
	see := func(e *history.Event) { events = append(events, *e) }
	tap := newTap(newGenerations().number, see, see)
	tap.arriving.feed([]byte(arriving))
	tap.leaving.feed([]byte(leaving))
	return events
}

func TestTap(t *testing.T) {
	delivery := func(seq int, pin string) string {
		header := "NATS/1.0\r\n\r\n"
		if pin != "" {
			header = "NATS/1.0\r\nNats-Pin-Id: " + pin + "\r\n\r\n"
		}
		return fmt.Sprintf("HMSG pindrop.k1 9 $JS.ACK.S.C.1.%d.%d.17.0 %d %d\r\n%sx\r\n",
			seq, seq+100, len(header), len(header)+1, header)
	}
	status := func(line string) string {
		header := line + "\r\n\r\n"
		return fmt.Sprintf("HMSG _INBOX.x 9 %d %d\r\n%s\r\n", len(header), len(header), header)
	}
	ack := func(payload string) string {
		return fmt.Sprintf("PUB $JS.ACK.S.C.2.5.105.17.0 %d\r\n%s\r\n", len(payload), payload)
	}
	arriving := delivery(1, "AAA") + delivery(2, "AAA") + delivery(3, "AAB") + delivery(4, "") +
		status("NATS/1.0 423 Nats-Pin-Id mismatch") + status("NATS/1.0 100 Idle Heartbeat") +
		"MSG _INBOX.y 9 2\r\n{}\r\n"
	pull := `{"expires":2000000000,"batch":10,"group":"jobs","priority":3}`
	leaving := fmt.Sprintf("PUB $JS.API.CONSUMER.MSG.NEXT.S.C _INBOX.z %d\r\n%s\r\n", len(pull), pull) +
		ack("") + ack("+ACK") + ack(`-NAK {"delay": 300000000}`) + ack("-NAK") + ack("+TERM broken") + ack("+WPI") +
		"PUB some.thing 1\r\nx\r\n"
	want := []history.Event{
		{Kind: history.Deliver, Seq: 1, Delivery: 1, ConsumerSeq: 101, Gen: 1},
		{Kind: history.Deliver, Seq: 2, Delivery: 1, ConsumerSeq: 102, Gen: 1},
		{Kind: history.Deliver, Seq: 3, Delivery: 1, ConsumerSeq: 103, Gen: 2},
		{Kind: history.Deliver, Seq: 4, Delivery: 1, ConsumerSeq: 104},
		{Kind: history.Status, Status: 423, Reason: "Nats-Pin-Id mismatch"},
		{Kind: history.Pull, Batch: 10, Expires: 2e9, Priority: 3},
		{Kind: history.Ack, Seq: 5, Delivery: 2},
		{Kind: history.Ack, Seq: 5, Delivery: 2},
		{Kind: history.Nak, Seq: 5, Delivery: 2, Delay: 3e8},
		{Kind: history.Nak, Seq: 5, Delivery: 2},
		{Kind: history.Term, Seq: 5, Delivery: 2},
		{Kind: history.Progress, Seq: 5, Delivery: 2},
	}
	if diff := cmp.Diff(want, tapped(arriving, leaving)); diff != "" {
		t.Fatal(diff)
	}
}

// What a worker asks of a bucket is neither a delivery nor an answer to one, and an entry that is not there is no status of
// a pull; that of a pull still is.
func TestTapPassesOverTheState(t *testing.T) {
	var events []history.Event
	see := func(e *history.Event) { events = append(events, *e) }
	tap := newTap(newGenerations().number, see, see)
	missing := "NATS/1.0 404 Message Not Found\r\n\r\n"
	tap.leaving.feed([]byte("PUB $JS.API.CONSUMER.MSG.NEXT.S.C _INBOX.pull 2\r\n{}\r\n"))
	tap.leaving.feed([]byte("PUB $JS.API.DIRECT.GET.KV_S.$KV.S.k1 _INBOX.mux.1 0\r\n\r\n"))
	tap.leaving.feed([]byte("HPUB $KV.S.k1 _INBOX.mux.2 12 14\r\nNATS/1.0\r\n\r\n{}\r\n"))
	tap.arriving.feed(fmt.Appendf(nil, "HMSG _INBOX.mux.1 1 %d %d\r\n%s\r\n", len(missing), len(missing), missing))
	tap.arriving.feed([]byte("MSG _INBOX.mux.2 1 2\r\n{}\r\n"))
	tap.arriving.feed(fmt.Appendf(nil, "HMSG _INBOX.pull 2 %d %d\r\n%s\r\n", len(missing), len(missing), missing))
	want := []history.Event{{Kind: history.Pull}, {Kind: history.Status, Status: 404, Reason: "Message Not Found"}}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Fatal(diff)
	}
}

// Looking at the wire of a delivery costs no memory.
func BenchmarkTap(b *testing.B) {
	tap := newTap(newGenerations().number, func(*history.Event) {}, func(*history.Event) {})
	header := "NATS/1.0\r\nNats-Pin-Id: UClE6Izduq8BPRDS81Yg7G\r\n\r\n"
	wire := fmt.Appendf(nil, "HMSG pindrop.k1 9 $JS.ACK.S.C.1.12345.12345.1700000000000000000.77 %d %d\r\n%s%s\r\n",
		len(header), len(header)+128, header, strings.Repeat("x", 128))
	b.ReportAllocs()
	for b.Loop() {
		tap.arriving.feed(wire)
	}
}
