package measure_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// What is told in detail is what the findings sum up: the same times, the same deliveries, the same lines.
func TestDetailIsWhatFindingsSumUp(t *testing.T) {
	events, asked := recorded(t)
	f := measure.All(events, asked)
	d := measure.InDetail(history.Of(events...).Events())
	if len(f.Latencies) == 0 || len(f.Phased) == 0 {
		t.Fatal("the history has no latencies, or no fault: nothing to compare")
	}
	for _, l := range f.Latencies {
		values := valuesOf(t, d, l.Name, "")
		if int64(len(values)) != l.Count {
			t.Errorf("%s: %d times, want %d", l.Name, len(values), l.Count)
		}
		for _, p := range l.Points {
			rank := max((len(values)*int(1000*p.Percentile+0.5)+99_999)/100_000, 1)
			if got := values[rank-1]; got != p.Value {
				t.Errorf("%s: %v %% is %d, want %d", l.Name, p.Percentile, got, p.Value)
			}
		}
	}
	for phase, name := range map[string]string{"before": "latency.response.before.p99", "during": "latency.response.during.p99", "after": "latency.response.after.p99"} {
		want, ok := f.Metrics[name]
		if !ok {
			continue
		}
		values := valuesOf(t, d, "response", phase)
		if got := float64(values[(len(values)*99+99)/100-1]) / 1e9; got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if got, want := d.AckPending.Max(d.Window), int64(f.Metrics["ack_pending.max"]); got != want {
		t.Errorf("ack pending was at most %d, want %d", got, want)
	}
	if got, want := d.Backlog.Max(d.Window), int64(f.Metrics["backlog.max"]); got != want {
		t.Errorf("backlog was at most %d, want %d", got, want)
	}
}

// Redeliveries lead back to what came before them.
func TestDetailOfDeliveries(t *testing.T) {
	events, asked := recorded(t)
	f := measure.All(events, asked)
	d := measure.InDetail(history.Of(events...).Events())
	deliveries := d.Deliveries()
	again := 0
	for _, one := range deliveries {
		if one.Number > 1 {
			again++
		}
		if one.Before >= 0 && (deliveries[one.Before].Seq != one.Seq || deliveries[one.Before].Number >= one.Number) {
			t.Errorf("delivery %+v follows %+v", one, deliveries[one.Before])
		}
	}
	if want := len(f.Redeliveries); again < want || want == 0 {
		t.Errorf("%d redeliveries, want at least %d, and more than none", again, want)
	}
}

// A delivery that never began says so, one that was cut off ended with its worker, and only finished ones have an outcome.
func TestDetailOfCuts(t *testing.T) {
	d := measure.InDetail(history.Of(script(t, `{"ack_policy":"explicit"}`, `
		0 w1 start worker=w1 incarnation=1
		1 w1 deliver seq=1 delivery=1; 1 w1 deliver seq=2 delivery=1; 1 w1 deliver seq=3 delivery=1
		2 w1 begin seq=1 delivery=1; 5 w1 end seq=1 delivery=1 outcome=ok
		5 w1 begin seq=2 delivery=1
		9 nemesis fault fault=1 do=kill target=w1
		20 w2 deliver seq=3 delivery=2`)...).Events())
	want := []measure.Delivery{
		{Worker: "w1", Seq: 1, Number: 1, Arrived: 1e6, Service: measure.Span{From: 2e6, To: 5e6}, Outcome: history.OK, Before: -1},
		{Worker: "w1", Seq: 2, Number: 1, Arrived: 1e6, Service: measure.Span{From: 5e6, To: 9e6}, Before: -1},
		{Worker: "w1", Seq: 3, Number: 1, Arrived: 1e6, Service: measure.Span{From: -1, To: -1}, Before: -1},
		{Worker: "w2", Seq: 3, Number: 2, Arrived: 20e6, Service: measure.Span{From: -1, To: -1}, Before: 2},
	}
	if diff := cmp.Diff(want, d.Deliveries()); diff != "" {
		t.Error(diff)
	}
	if got := d.Workers()[0].Busy; len(got) != 1 || got[0] != (measure.Span{From: 2e6, To: 9e6}) {
		t.Errorf("w1 was busy in %v", got)
	}
	if got := d.Workers()[0].Held.Max(measure.Span{From: 0, To: 3e6}); got != 3 {
		t.Errorf("w1 held %d at most, want 3", got)
	}
}

// valuesOf are the times of a latency, rising.
func valuesOf(t *testing.T, d *measure.Detail, latency, phase string) []int64 {
	t.Helper()
	times := d.Times()
	i := slices.IndexFunc(times, func(of measure.Times) bool { return of.Latency == latency && of.Phase == phase })
	if i < 0 {
		t.Fatalf("no times of %s %s", latency, phase)
	}
	var values []int64
	for _, v := range times[i].Values {
		values = append(values, v.Value)
	}
	slices.Sort(values)
	return values
}

// A history that nothing happened in has no detail.
func TestDetailOfNothing(t *testing.T) {
	d := measure.InDetail(history.Of().Events())
	if len(d.Times())+len(d.Deliveries())+len(d.Workers()) > 0 || d.AckPending.At(0) != 0 {
		t.Errorf("got %+v", d)
	}
}
