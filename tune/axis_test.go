package tune

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results"
)

func TestAxis(t *testing.T) {
	for text, want := range map[string]string{
		"consumer.max_ack_pending=100,1000, 5000": "100 1000 5000",
		"workers.batch=1..5":                      "1 2 3 4 5", // fewer whole numbers than steps
		"workers.batch=0..100:5":                  "0 25 50 75 100",
		"workers.batch=1..1000:4:log":             "1 10 100 1000",
		"workers.batch=1..500:log:3":              "1 22 500",
		"consumer.ack_wait=1s..10s:3":             "1s 5.5s 10s",
		"consumer.ack_wait=100ms..10s:3:log":      "100ms 1s 10s",
		"publishers.rate=10/s..30/s:3":            "10/s 20/s 30/s",
		"publishers.rate=60/m..3/s:3":             "1/s 2/s 3/s", // a rate is per second
		"workers.jitter=0..0.5:3":                 "0 0.25 0.5",
		`faults=[],[{at: 1s, do: kill}]`:          "[] [{at: 1s, do: kill}]",
		`consumer.description="a,b",'c,d'`:        `"a,b" 'c,d'`,
	} {
		axis, err := ParseAxis(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := strings.Join(axis.Values, " "); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if axis.Log != strings.Contains(text, "log") {
			t.Errorf("%s: log is %v", text, axis.Log)
		}
	}
}

func TestAxisMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"workers.batch":               "expected path=value,value",
		"=1,2":                        "expected path=value,value",
		"workers.batch=":              "expected path=value,value",
		"workers.batch=1,,3":          "value 2 is empty",
		"workers.batch=1,2,1":         "1 stands there twice",
		"workers.batch=5..1":          "the lower end comes first; got 5..1",
		"workers.batch=1..5s":         "must be of one kind; got 1 and 5s",
		"workers.batch=0..5:log":      "begins above 0; got 0",
		"workers.batch=1..5:many":     `a number of steps from 2 on, or log, behind the range; got "many"`,
		"workers.batch=1..5:1":        `got "1"`,
		"consumer.ack_wait=soon..10s": `expected a number, a duration or a rate at the ends of a range; got "soon"`,
	} {
		if _, err := ParseAxis(text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %v, want an error with it and %q", text, err, want)
		}
	}
}

func TestGrid(t *testing.T) {
	axes := []results.Axis{{Path: "a", Values: []string{"1", "2"}}, {Path: "b", Values: []string{"x", "y", "z"}}}
	points, err := Grid(axes)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range points {
		got = append(got, strings.Join(Set(axes, &points[i]), " "))
	}
	want := []string{"a=1 b=x", "a=1 b=y", "a=1 b=z", "a=2 b=x", "a=2 b=y", "a=2 b=z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if _, err := Grid([]results.Axis{axes[0], axes[0]}); err == nil {
		t.Error("an axis that stands there twice was taken")
	}
	wide := results.Axis{Path: "c", Values: make([]string, 1000)}
	if _, err := Grid([]results.Axis{axes[0], wide, {Path: "d", Values: wide.Values}}); err == nil {
		t.Error("a grid of two million points was taken")
	}
}
