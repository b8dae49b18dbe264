package results

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// seeded judges the claim that more than 5 messages are handled with one seed after the other; each gives the values of
// both arms, and the controls' value.
func seeded(t *testing.T, expected string, values ...[3]float64) *JudgedClaim {
	t.Helper()
	c := claim("handled.count > 5", "handled.count")
	c.Expected = expected
	var seeds []uint64
	var judged []*JudgedClaim
	for i, v := range values {
		digest := func(tr Trial, d string) Trial { tr.Digest = d; return tr }
		name := string(rune('p' + i))
		arms := []Trial{digest(trial("a", v[0]), "same"), digest(trial("b", v[1]), "b"+name)}
		controls := []Trial{digest(trial("a", v[2]), "ca"+name), digest(trial("b", v[2]), "cb"+name)}
		j, err := JudgeClaim(c, arms, controls)
		if err != nil {
			t.Fatal(err)
		}
		seeds, judged = append(seeds, uint64(i+1)), append(judged, j)
	}
	return OverSeeds(seeds, judged)
}

func TestOverSeeds(t *testing.T) {
	for _, c := range []struct {
		name, expected   string
		values           [][3]float64
		outcome, control Outcome
		verdict          measure.Verdict
	}{
		{"all alike", "holds", [][3]float64{{6, 7, 1}, {8, 9, 2}}, Holds, Refuted, measure.Pass},
		{"all alike, and not as expected", "holds", [][3]float64{{1, 2, 6}, {1, 2, 6}}, Refuted, Holds, measure.Fail},
		{"one seed differs", "holds", [][3]float64{{6, 7, 1}, {1, 2, 1}, {6, 7, 1}}, Varies, Refuted, measure.Fail},
		{"one control does not flip", "holds", [][3]float64{{6, 7, 1}, {6, 7, 6}}, Holds, Varies, measure.Fail},
		{"another arm", "only if", [][3]float64{{6, 1, 1}, {1, 6, 1}}, Varies, Refuted, measure.Fail},
		{"the spread is the verdict", "varies", [][3]float64{{6, 7, 1}, {1, 2, 1}}, Varies, Refuted, measure.Pass},
		{"a spread that is none", "varies", [][3]float64{{6, 7, 1}, {6, 7, 1}}, Holds, Refuted, measure.Fail},
		{"one seed of a spread", "varies", [][3]float64{{1, 2, 1}}, Refuted, Refuted, measure.Pass},
		{"no number with one seed", "holds", [][3]float64{{6, 7, 1}, {math.NaN(), 7, 1}}, OutcomeUnknown, Refuted, measure.Unknown},
	} {
		j := seeded(t, c.expected, c.values...)
		if j.Outcome != c.outcome || j.Control != c.control || j.Verdict() != c.verdict {
			t.Errorf("%s: %s, control %s, verdict %s; want %s, %s, %s", c.name, j.Outcome, j.Control, j.Verdict(),
				c.outcome, c.control, c.verdict)
		}
		if len(j.Seeds) != len(c.values) {
			t.Errorf("%s: %d outcomes of %d seeds", c.name, len(j.Seeds), len(c.values))
		}
	}
}

func TestRangeOverSeeds(t *testing.T) {
	j := seeded(t, "holds", [3]float64{7, 6, 1}, [3]float64{math.NaN(), 9, 1}, [3]float64{6, 8, 1})
	want := []Number{
		{Arm: "a", Metric: "handled.count", Value: 7, Seeds: 3, Lacking: 1, Min: 6, Max: 7},
		{Arm: "b", Metric: "handled.count", Value: 6, Seeds: 3, Min: 6, Max: 9},
	}
	if diff := cmp.Diff(want, j.Numbers); diff != "" {
		t.Error(diff)
	}
	if len(j.Unknown) != 1 || !strings.HasPrefix(j.Unknown[0], "seed 2: arm a: handled.count is absent") {
		t.Errorf("unknown because of %q", j.Unknown)
	}
	if diff := cmp.Diff([]string{"arm a: 1 different histories of 3"}, j.Alike); diff != "" {
		t.Error(diff)
	}
}

// What was not run is unknown, and never passes.
func TestClaimNotRun(t *testing.T) {
	j := ClaimNotRun(&scenarios.Claim{Expected: string(NotRun)}, "no cluster")
	if j.Verdict() != measure.Unknown || j.Flipped() || j.Reason != "no cluster" {
		t.Errorf("verdict %s, flipped %v, because of %q", j.Verdict(), j.Flipped(), j.Reason)
	}
}
