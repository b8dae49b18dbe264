package scenarios

import (
	"strings"
	"testing"
	"time"
)

// What is left to the server is not asked for, not written, and told in a comment that reads back as nothing.
func TestOpenLimit(t *testing.T) {
	const sections = "publishers: []\nworkers: []\n"
	for _, c := range []struct {
		text      string
		requested int
		comment   string // "" for none
	}{
		{"", 0, "# max_ack_pending is left to the server, which makes it 1000.\nconsumer:"},
		{"consumer: {max_ack_pending: 0}", 0, "makes it 1000."},
		{"stream: {consumer_limits: {max_ack_pending: 70}}", 0, "makes it 70."},
		{"consumer: {max_ack_pending: 1000}", 1000, ""},
		{"consumer: {max_ack_pending: -1}", -1, ""},
		{"consumer: {ack_policy: none}", 0, ""},
	} {
		s := mustLoad(t, sections+c.text)
		for _, read := range []*Scenario{s, mustLoad(t, string(s.YAML()))} {
			if got := read.Requested(time.Time{}).MaxAckPending; got != c.requested {
				t.Errorf("%q: the server is asked for %d, want %d", c.text, got, c.requested)
			}
			yaml := string(read.YAML())
			if !strings.Contains(yaml, c.comment) || c.comment == "" && strings.Contains(yaml, "#") {
				t.Errorf("%q: written as\n%s\nwant the comment %q", c.text, yaml, c.comment)
			}
		}
	}
}

// A scenario that speaks of the metric is about a refusal, and may say what the server refuses.
func TestExpectsRefusal(t *testing.T) {
	const refused = "consumer: {priority_policy: overflow, max_ack_pending: 20}\nstream: {consumer_limits: {max_ack_pending: 10}}\npublishers: []\nworkers: []\n"
	if _, err := Load("a.yaml", []byte(refused), nil); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("got %v, want two mistakes", err)
	}
	for expect, want := range map[string]bool{
		"config.refused == 10159": true, "lost.count == 0 or config.refused>0": true,
		"config.refused_not == 1": false, "lost.count == 0": false,
	} {
		s, err := Load("a.yaml", []byte(refused+"expect: ['"+expect+"']"), nil)
		if (err == nil) != want || err == nil && !s.ExpectsRefusal() {
			t.Errorf("%s: got %v, want it to be about a refusal: %v", expect, err, want)
		}
	}
}
