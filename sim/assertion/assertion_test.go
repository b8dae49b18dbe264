package assertion_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/antithesishq/antithesis-sdk-go/assert"
	"github.com/google/go-cmp/cmp"

	"pindrop/results/history"
	"pindrop/sim/assertion"
)

// listen listens to a server for as long as a test goes on.
func listen(t *testing.T, name string) *[]history.Event {
	t.Helper()
	var heard []history.Event
	s := assertion.NewServer(name, func(e *history.Event) { heard = append(heard, *e) })
	s.Run(func() {})
	t.Cleanup(s.Leave)
	return &heard
}

// Each function of the library is heard as what it says.
func TestLibraryIsHeard(t *testing.T) {
	if !assertion.Linked() {
		t.Fatal("go.mod does not replace the assertion library")
	}
	type said struct {
		kind  string
		holds bool
	}
	for name, c := range map[string]struct {
		call func()
		want said
	}{
		"always":               {func() { assert.Always(false, "m", nil) }, said{history.AssertAlways, false}},
		"always or":            {func() { assert.AlwaysOrUnreachable(true, "m", nil) }, said{history.AssertAlwaysOrUnreachable, true}},
		"sometimes":            {func() { assert.Sometimes(true, "m", nil) }, said{history.AssertSometimes, true}},
		"reachable":            {func() { assert.Reachable("m", nil) }, said{history.AssertReachable, true}},
		"unreachable":          {func() { assert.Unreachable("m", nil) }, said{history.AssertUnreachable, false}},
		"greater":              {func() { assert.AlwaysGreaterThan(1, 1, "m", nil) }, said{history.AssertAlways, false}},
		"greater or equal":     {func() { assert.AlwaysGreaterThanOrEqualTo(1, 1, "m", nil) }, said{history.AssertAlways, true}},
		"less":                 {func() { assert.AlwaysLessThan(1, 1, "m", nil) }, said{history.AssertAlways, false}},
		"less or equal":        {func() { assert.AlwaysLessThanOrEqualTo(1, 1, "m", nil) }, said{history.AssertAlways, true}},
		"sometimes greater":    {func() { assert.SometimesGreaterThan(2, 1, "m", nil) }, said{history.AssertSometimes, true}},
		"sometimes greater or": {func() { assert.SometimesGreaterThanOrEqualTo(0, 1, "m", nil) }, said{history.AssertSometimes, false}},
		"sometimes less":       {func() { assert.SometimesLessThan(2.5, 1, "m", nil) }, said{history.AssertSometimes, false}},
		"sometimes less or":    {func() { assert.SometimesLessThanOrEqualTo(1, 1, "m", nil) }, said{history.AssertSometimes, true}},
		"some": {func() {
			assert.AlwaysSome([]assert.NamedBool{*assert.NewNamedBool("a", false), *assert.NewNamedBool("b", true)}, "m", nil)
		}, said{history.AssertAlways, true}},
		"all": {func() {
			assert.SometimesAll([]assert.NamedBool{*assert.NewNamedBool("a", false), *assert.NewNamedBool("b", true)}, "m", nil)
		}, said{history.AssertSometimes, false}},
		"raw": {func() {
			assert.AssertRaw(false, "m", nil, "", "", "", 1, 1, true, false, "reachability", "", "m")
		}, said{history.AssertUnreachable, false}},
	} {
		t.Run(name, func(t *testing.T) {
			heard := listen(t, "n1")
			c.call()
			if len(*heard) != 1 || (said{(*heard)[0].Do, (*heard)[0].Outcome == history.OK}) != c.want || (*heard)[0].Key != "m" || (*heard)[0].Target != "n1" {
				t.Errorf("heard %+v, want %+v", *heard, c.want)
			}
		})
	}
}

// The first violations are told one by one, and then each that doubles their number; of what holds only the latter.
func TestCallsAreToldEverMoreRarely(t *testing.T) {
	heard := listen(t, "n1")
	for range 40 {
		assert.Unreachable("never", nil)
		assert.Always(true, "ever", nil)
	}
	counts := map[string][]int64{}
	for _, c := range *heard {
		counts[c.Key] = append(counts[c.Key], c.Count)
	}
	want := map[string][]int64{"never": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 32}, "ever": {1, 2, 4, 8, 16, 32}}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
}

// Details are bounded, whatever the server hands over, and no stack with its addresses is among them.
func TestDetailsAreBounded(t *testing.T) {
	heard := listen(t, "n1")
	details := map[string]any{"err": errors.New("no space left"), "stack": "goroutine 1 [running]:", "term": uint64(7), "bad": "\xff"}
	assert.Unreachable("small", details)
	for i := range 100 {
		details[strings.Repeat("k", i+1)] = strings.Repeat("ä", 1000)
	}
	assert.Unreachable("large", details)
	var small map[string]string
	if err := json.Unmarshal([]byte((*heard)[0].Reason), &small); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"err": "no space left", "term": "7", "bad": "?"}, small); diff != "" {
		t.Error(diff)
	}
	if text := (*heard)[1].Reason; len(text) > 2000 || !json.Valid([]byte(text)) || !strings.Contains(text, "no space left") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}

// Where two servers are in one process, nobody knows which one calls; one that has left is not heard.
func TestSeveralServersOfAProcess(t *testing.T) {
	first := listen(t, "n1")
	var second []history.Event
	s := assertion.NewServer("n2", func(e *history.Event) { second = append(second, *e) })
	s.Run(func() {})
	assert.Unreachable("m", nil)
	s.Leave()
	assert.Unreachable("m", nil)
	servers := func(calls []history.Event) (names []string) {
		for _, c := range calls {
			names = append(names, c.Target)
		}
		return names
	}
	if got := servers(append(slices.Clone(second), *first...)); !slices.Equal(got, []string{"", "n1"}) {
		t.Errorf("heard of %q", got)
	}
}
