package scenarios

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDurationString(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1: "1ns", 250 * time.Microsecond: "250us", 1500 * time.Microsecond: "1.5ms", 2 * time.Second: "2s",
		90 * time.Second: "1m30s", time.Minute: "1m", time.Hour: "1h", 90 * time.Minute: "1h30m",
		time.Hour + time.Second: "1h0m1s", 10 * time.Minute: "10m", 25003 * time.Millisecond: "25.003s",
	} {
		if got := Duration(d).String(); got != want {
			t.Errorf("%d ns is written %s, want %s", d, got, want)
		}
	}
}

func TestRateString(t *testing.T) {
	for text, want := range map[string]string{
		"16/s": "16/s", "90/m": "90/m", "1.5/s": "90/m", "60/m": "1/s", "1/h": "1/h", "0/s": "0/s", "3600/h": "1/s", "0.1/s": "6/m",
	} {
		var r Rate
		if err := r.UnmarshalText([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if got := r.String(); got != want {
			t.Errorf("%s is written %s, want %s", text, got, want)
		}
	}
}

// Whatever is written reads back as the same value.
func TestUnitsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64().Draw(t, "duration"))
		var dBack Duration
		if err := dBack.UnmarshalText([]byte(d.String())); err != nil || dBack != d {
			t.Fatalf("%d ns became %s, which is %d ns (%v)", d, d, dBack, err)
		}
		r := Rate(rapid.Float64Range(0, rateMax).Draw(t, "rate"))
		var rBack Rate
		if err := rBack.UnmarshalText([]byte(r.String())); err != nil || rBack != r {
			t.Fatalf("%v became %s, which is %v (%v)", float64(r), r, float64(rBack), err)
		}
		trigger := Trigger{Kind: rapid.SampledFrom(triggerKinds).Draw(t, "kind"), N: rapid.IntRange(1, 1e9).Draw(t, "n"), Of: "pinned"}
		var tBack Trigger
		if err := tBack.UnmarshalText([]byte(trigger.String())); err != nil || tBack != trigger {
			t.Fatalf("%s became %s (%v)", trigger, tBack, err)
		}
	})
}

func TestNearest(t *testing.T) {
	for _, c := range []struct {
		name  string
		known []string
		want  string
	}{
		{"bacth", []string{"count", "batch", "rate"}, "batch"},
		{"pinned", []string{"none", "pinned_client"}, "pinned_client"},
		{"x", nil, ""},
		{"", []string{"abc", "a"}, "a"},
		{"kitten", []string{"sitting", "mitten"}, "mitten"},
	} {
		if got := Nearest(c.name, c.known); got != c.want {
			t.Errorf("nearest to %q of %v: %q, want %q", c.name, c.known, got, c.want)
		}
	}
	if d := editDistance([]rune("kitten"), []rune("sitting")); d != 3 {
		t.Errorf("from kitten to sitting it is %d steps, want 3", d)
	}
}
