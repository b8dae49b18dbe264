package measure_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// answered is a message that is due and stored at an instant, in milliseconds, and begun and acked at later ones.
func answered(seq int, due, begun, acked int) string {
	return fmt.Sprintf(`%d publisher-1 publish op=%d due=%dms; %[1]d publisher-1 stored op=%[2]d seq=%[2]d;
		%[4]d w9 begin seq=%[2]d delivery=1; %[4]d w9 end seq=%[2]d outcome=ok; %[5]d w9 ack seq=%[2]d;`, due, seq, due, begun, acked)
}

// calm and storm: two faults, and messages in every phase of them.
var calmAndStorm = answered(1, 5, 6, 7) + "10 runner phase phase=disturb;" +
	answered(2, 10, 20, 40) + // done before the first fault, at its instant done as well
	answered(3, 20, 30, 100) +
	answered(4, 30, 40, 110) + // on its way when it struck
	"100 nemesis fault fault=1 do=slow target=w1; 200 nemesis heal fault=1;" +
	answered(5, 150, 151, 152) +
	answered(6, 199, 300, 310) +
	answered(7, 200, 210, 290) + // between the faults
	answered(8, 220, 230, 450) + // on its way when the second struck
	"400 nemesis fault fault=2 do=slow target=w1; 500 nemesis heal fault=2;" +
	answered(9, 50, 60, 600) + // on its way during both
	answered(10, 700, 701, 702) +
	"800 runner phase phase=end reason=drained"

func TestPhases(t *testing.T) {
	f := measured(t, plain, calmAndStorm)
	var got []string
	for _, p := range f.Phased {
		if p.Latency == "response" {
			got = append(got, fmt.Sprintf("%d %s %d–%d: %d messages, %d %d %d", p.FaultID, p.Phase, p.From/1e6, p.To/1e6,
				p.Count, p.P50/1e6, p.P99/1e6, p.Max/1e6))
		}
	}
	want := []string{
		"1 before 10–100: 2 messages, 30 80 80", "1 during 100–200: 4 messages, 80 550 550", "1 after 200–400: 1 messages, 90 90 90",
		"2 before 200–400: 1 messages, 90 90 90", "2 during 400–500: 2 messages, 230 550 550", "2 after 500–800: 1 messages, 2 2 2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
	checkMetric(t, f, "latency.response.before.p99", 0.09)
	checkMetric(t, f, "latency.response.during.p99", 0.55)
	checkMetric(t, f, "latency.response.after.p99", 0.09)
}

// TestFaultsAreOver says of each fault how long it lasts for whoever waits for a message.
func TestFaultsAreOver(t *testing.T) {
	const work = `0 w1 deliver seq=100 delivery=1 gen=1; 0 w1 begin seq=100 delivery=1 gen=1;`
	for _, c := range []struct {
		name, consumer, script string
		over                   int64 // in milliseconds
	}{
		{"the takeover comes after the heal", pinned, work + `100 nemesis fault fault=1 do=freeze target=w1; 200 nemesis heal fault=1
			300 w2 deliver seq=101 delivery=1 gen=2; 310 w2 begin seq=101 delivery=1 gen=2`, 310},
		{"the heal comes after the takeover", pinned, work + `100 nemesis fault fault=1 do=freeze target=w1; 400 nemesis heal fault=1
			300 w2 deliver seq=101 delivery=1 gen=2; 310 w2 begin seq=101 delivery=1 gen=2`, 400},
		{"nobody brings the dead holder back, and another takes over", pinned, work + `100 nemesis fault fault=1 do=kill target=w1
			300 w2 deliver seq=101 delivery=1 gen=2; 310 w2 begin seq=101 delivery=1 gen=2`, 310},
		{"nobody takes over, and nobody comes back", pinned, work + `100 nemesis fault fault=1 do=kill target=w1`, 900},
		{"the worker comes back by itself", plain, work + `100 nemesis fault fault=1 do=disconnect target=w1; 250 w1 connect`, 250},
		{"the pin is cleared", pinned, work + `100 nemesis fault fault=1 do=unpin target=w1; 120 w2 deliver seq=101 delivery=1 gen=2`, 120},
		{"the pin is cleared, and nobody gets it", pinned, work + `100 nemesis fault fault=1 do=unpin target=w1`, 100},
		{"of several workers the last counts", plain, work + `100 nemesis fault fault=1 do=freeze target=w1; 100 nemesis fault fault=1 do=freeze target=w2
			200 nemesis heal fault=1 target=w1; 300 nemesis heal fault=1 target=w2`, 300},
	} {
		t.Run(c.name, func(t *testing.T) {
			// A message is on its way all the time, so that the fault shows in the findings.
			f := measured(t, c.consumer, c.script+";"+answered(1, 50, 60, 895)+"900 runner phase phase=end")
			i := slices.IndexFunc(f.Phased, func(p measure.Phased) bool { return p.Phase == "during" })
			if c.over == 100 { // no time at all, and on its way all the same
				c.over = f.Phased[i].From / 1e6
			}
			if i < 0 || f.Phased[i].From != 100e6 || f.Phased[i].To != c.over*1e6 {
				t.Errorf("%+v, want it during 100 to %d ms", f.Phased, c.over)
			}
		})
	}
}

// TestPhasesTwin: whatever the faults, each message is where the definition puts it.
func TestPhasesTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, 60)
		events := []history.Event{{Actor: history.Watcher, Kind: history.Config, Consumer: []byte(plain)}}
		add := func(e history.Event, at int64) {
			e.At = at
			events = append(events, e)
		}
		faults := map[int32]measure.Span{}
		for i, from := range rapid.SliceOfNDistinct(at, 1, 4, rapid.ID).Draw(t, "faults") {
			id := int32(i) + 1
			faults[id] = measure.Span{From: from, To: from + at.Draw(t, "lasts")}
			e := history.Event{Actor: history.Nemesis, Fault: id, Do: "slow", Target: fmt.Sprintf("w%d", id)}
			e.Kind = history.Fault
			add(e, faults[id].From)
			e.Kind = history.Heal
			add(e, faults[id].To)
		}
		var lives []measure.Span
		for i := range rapid.Uint64Range(1, 8).Draw(t, "messages") {
			due := at.Draw(t, "due")
			life := measure.Span{From: due, To: due + at.Draw(t, "response")}
			lives = append(lives, life)
			add(history.Event{Actor: "publisher-1", Kind: history.Publish, Op: i + 1, Due: due}, due)
			add(history.Event{Actor: "publisher-1", Kind: history.Stored, Op: i + 1, Seq: i + 1}, due)
			add(history.Event{Actor: "w9", Kind: history.Deliver, Seq: i + 1, Delivery: 1}, due)
			add(history.Event{Actor: "w9", Kind: history.Ack, Seq: i + 1, Delivery: 1}, life.To)
		}
		add(history.Event{Actor: history.Runner, Kind: history.Phase, Phase: history.PhaseEnd}, 200)
		history.Order(events)
		got := map[string]int{}
		for _, p := range measure.All(events, measure.Asked{}).Phased {
			if p.Latency == "response" {
				got[fmt.Sprint(p.FaultID, p.Phase)] = int(p.Count)
			}
		}
		want := map[string]int{}
		for id, fault := range faults {
			for _, life := range lives {
				if phase := phaseOf(life, fault, faults); phase != "" {
					want[fmt.Sprint(id, phase)]++
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("faults %v, messages %v: got %v, want %v", faults, lives, got, want)
		}
	})
}

// phaseOf is the phase of a fault in which a message falls; "": another fault stands between, or strikes the message.
func phaseOf(life, fault measure.Span, faults map[int32]measure.Span) string {
	for _, f := range faults {
		earlier, later := f.From < fault.From, f.From > fault.From
		switch {
		case life.To <= fault.From:
			if earlier && (f.From >= life.To || f.To > life.From) {
				return ""
			}
		case life.From >= fault.To:
			if earlier && f.To > life.From || later && f.From < life.To {
				return ""
			}
		}
	}
	switch {
	case life.To <= fault.From:
		return "before"
	case life.From >= fault.To:
		return "after"
	}
	return "during"
}
