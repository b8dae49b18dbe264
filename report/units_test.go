package report

import (
	"math"
	"testing"
	"time"

	"pindrop/results/measure"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 7: "7 ns", 1500: "1.5 µs", 45 * time.Millisecond: "45 ms", 999_499_999: "999 ms", 999_600_000: "1 s",
		1_910_000_000: "1.91 s", 12_345_000_000: "12.3 s", 100 * time.Second: "100 s", 119_400_000_000: "119 s", 125 * time.Second: "2 min 5 s",
		2 * time.Hour: "2 h", 2*time.Hour + 90*time.Second: "2 h 2 min", -time.Second: "−1 s", math.MinInt64: "−2562047 h 47 min",
	} {
		if got := duration(int64(d)); got != want {
			t.Errorf("%d ns: got %q, want %q", d, got, want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(999), "999"}, {count(12345), "12,345"}, {count(-1234567), "−1,234,567"}, {count(math.MinInt64), "−9,223,372,036,854,775,807"}, {quantity(1e19, "s"), "2562047 h 47 min"}, {quantity(-1e19, "count"), "−9,223,372,036,854,775,807"}, {number(15.97), "16"}, {number(0.25), "0.25"},
		{number(2999.6), "3,000"}, {quantity(0.273, "ratio"), "27.3 %"}, {quantity(3000, "/s"), "3,000/s"}, {quantity(0.045, "s"), "45 ms"},
		{plural(1, "fault"), "1 fault"}, {plural(2000, "fault"), "2,000 faults"}, {ordinal(1), "1st"}, {ordinal(22), "22nd"}, {ordinal(113), "113th"},
		{list([]string{"a", "b", "c"}), "a, b and c"}, {clockTime(-1_500_400_000), "−1.500 s"}, {clockTime(10_345_000_000), "10.345 s"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// A metric that was renamed would silently leave the first screen.
func TestFirstScreenShowsKnownMetrics(t *testing.T) {
	for _, g := range groups {
		for _, m := range g {
			if _, ok := measure.Lookup(m.name); !ok {
				t.Errorf("%s is not in the table of metrics", m.name)
			}
		}
	}
}

func TestMentions(t *testing.T) {
	for expr, want := range map[string]bool{"overlap.max <= 2s": true, "2*overlap.max<1": true, "overlap.maximum < 1": false, "x.overlap.max < 1": false} {
		if got := mentions(expr, "overlap.max"); got != want {
			t.Errorf("%q: got %v", expr, got)
		}
	}
}
