package measure_test

import (
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// TestAdvisories: what the wires prove must have been told; what they do not prove breaks nothing.
func TestAdvisories(t *testing.T) {
	const (
		twice   = `{"ack_wait":1000000000,"max_deliver":2}`
		naked   = `0 w1 deliver seq=1 delivery=1; 10 w1 nak seq=1 delivery=1;`
		twoPins = `0 w1 deliver seq=1 delivery=1 gen=1; 50 w2 deliver seq=2 delivery=1 gen=2; 0 watcher pinned;`
	)
	for _, c := range []struct {
		name, consumer, script, got string
		ok                          bool
	}{
		{"came again before the ack wait, so the nak arrived", plain, naked + `20 w1 deliver seq=1 delivery=2`,
			"0 of 1; missing first: the nak advisory of message 1, delivery 1", false},
		{"and was told", plain, naked + `20 w1 deliver seq=1 delivery=2; 11 watcher nak_advisory seq=1 delivery=1`, "1 of 1", true},
		{"another delivery's nak was told", plain, naked + `20 w1 deliver seq=1 delivery=2; 11 watcher nak_advisory seq=1 delivery=2`,
			"0 of 1; missing first: the nak advisory of message 1, delivery 1", false},
		{"came again after the ack wait: the nak may be lost", plain, naked + `1000 w1 deliver seq=1 delivery=2`, "", true},
		{"the connection was lost meanwhile", plain, naked + `15 w1 disconnect; 20 w1 deliver seq=1 delivery=2`, "", true},
		{"the server was restarted meanwhile", plain, naked + `15 nemesis fault fault=1 do=restart_server target=n1; 20 w1 deliver seq=1 delivery=2`, "", true},
		{"the leader changed meanwhile", plain, naked + `15 watcher leader target=n2; 20 w1 deliver seq=1 delivery=2`, "", true},

		{"a term was not told", plain, `0 w1 deliver seq=1 delivery=1; 10 w1 term seq=1 delivery=1`,
			"0 of 1; missing first: the terminated advisory of message 1, delivery 1", false},
		{"a term of a worker that was killed soon after", plain, `0 w1 deliver seq=1 delivery=1; 10 w1 term seq=1 delivery=1
			900 nemesis fault fault=1 do=kill target=w1`, "", true},
		{"a term into a partition", plain, `0 w1 deliver seq=1 delivery=1; 5 nemesis fault fault=1 do=partition target=w1
			10 w1 term seq=1 delivery=1; 5000 nemesis heal fault=1`, "", true},

		{"delivered as often as may be, and never answered", twice, `0 w1 deliver seq=1 delivery=1; 1000 w1 deliver seq=1 delivery=2; 5000 watcher final`,
			"0 of 1; missing first: the max_deliver advisory of message 1, delivery 2", false},
		{"given up", twice, `0 w1 deliver seq=1 delivery=1; 1000 w1 deliver seq=1 delivery=2; 2000 watcher max_deliveries seq=1; 5000 watcher final`, "1 of 1", true},
		{"still pending", twice, `0 w1 deliver seq=1 delivery=1; 1000 w1 deliver seq=1 delivery=2; 5000 watcher final ack_pending=1`, "", true},
		{"answered, if the ack arrived", twice, `0 w1 deliver seq=1 delivery=1; 1000 w1 deliver seq=1 delivery=2; 1100 w1 ack seq=1; 5000 watcher final`, "", true},
		{"once more to go", twice, `0 w1 deliver seq=1 delivery=1; 5000 watcher final`, "", true},

		{"both pins were told, and the unpinning", pinned, twoPins + `50 watcher pinned; 50 watcher unpinned`, "3 of 3", true},
		{"a pin that never delivered was told as well", pinned, twoPins + `50 watcher pinned; 60 watcher pinned; 50 watcher unpinned`, "3 of 3", true},
		{"an unpinning makes up for no pin", pinned, twoPins + `50 watcher unpinned; 60 watcher unpinned`, "2 of 3; missing first: a pinned advisory", false},
		{"nobody told that the pin was cleared", pinned, twoPins + `50 watcher pinned`, "2 of 3; missing first: an unpinned advisory", false},
		{"a new leader tells nobody that it clears the pin", pinned, twoPins + `50 watcher pinned; 40 watcher leader target=n2`, "2 of 2", true},
	} {
		p := premise(measured(t, c.consumer, c.script), "advisories are complete")
		if p.Got != c.got || p.Name != "" && p.OK != c.ok {
			t.Errorf("%s: ok: %v, got %q, want %v, %q", c.name, p.OK, p.Got, c.ok, c.got)
		}
	}
}

// Histories that no watcher wrote have no advisories to miss.
func TestAdvisoriesNeedAWatcher(t *testing.T) {
	events := without(func(e history.Event) bool { return e.Kind == history.Config })(script(t, plain,
		`0 w1 deliver seq=1 delivery=1; 10 w1 term seq=1 delivery=1`))
	if p := premise(measure.All(events, measure.Asked{}), "advisories are complete"); p.Name != "" {
		t.Errorf("judged %+v", p)
	}
}
