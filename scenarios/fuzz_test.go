package scenarios

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// equal compares scenarios without the places where they were written.
func equal(a, b *Scenario) string {
	return cmp.Diff(a, b, cmpopts.IgnoreUnexported(Scenario{}), cmpopts.IgnoreFields(Expectation{}, "Pos"))
}

// Whatever is given, loading does not panic; and what loads can be written, read again and planned.
func FuzzLoad(f *testing.F) {
	for _, name := range Names() {
		text, _ := Builtin(name)
		f.Add(text, "workers.batch=5")
	}
	f.Add([]byte(everything), "consumer.metadata.a.b=c")
	f.Add([]byte("publishers: &p [{backlog: 1}]\nworkers: [{<<: {name: a}}]\nfaults: *p\n"), "sample.every=1s")
	f.Fuzz(func(t *testing.T, text []byte, set string) {
		s, err := Load("fuzz.yaml", text, []string{set})
		if err != nil {
			return
		}
		again, err := Load("fuzz.yaml", s.YAML(), nil)
		if err != nil {
			t.Fatalf("%v in what was written:\n%s", err, s.YAML())
		}
		if diff := equal(s, again); diff != "" {
			t.Fatalf("reading back gives something else:\n%s\n%s", diff, s.YAML())
		}
		a, err := json.Marshal(s.Plan(1))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(again.Plan(1))
		if !bytes.Equal(a, b) {
			t.Fatal("equal scenarios have different plans")
		}
		s.Settings()
	})
}

// Whatever a file of measured times holds, it is refused, or is a distribution in order.
func FuzzMeasured(f *testing.F) {
	for _, name := range []string{"good.hgrm", "bad.hgrm", "none.hgrm", "big.hgrm", "word.csv", "two.csv", "quote.csv"} {
		text, _ := readTestdata(name)
		f.Add(text, name, "ms")
	}
	f.Add([]byte("NaN NaN 1\n-0 1e-400 1 \n"), "a.hgrm", "s")
	f.Fuzz(func(t *testing.T, text []byte, name, unit string) {
		points, err := parseMeasured(name, text, unit)
		if err != nil {
			return
		}
		if len(points) == 0 {
			t.Fatal("no points, and no error")
		}
		for _, p := range points {
			if !(p.Q >= 0 && p.Q <= 1) || p.Time < 0 {
				t.Fatalf("got %+v", p)
			}
		}
	})
}
