package sim

import (
	"encoding/json"
	"fmt"
	"strconv"

	"pindrop/results/history"
)

// pinnedKey is the key of a consumer's metadata that asks monitoring to check its pin.
const pinnedKey = "io.nats.monitor.pinned"

// check writes down what jsm.go's health check says of a consumer whose metadata asks for it. It asks the server
// nothing: a sample's answer has all that the check looks at.
//
// The rule is that of consumerCheckPinned in jsm.go v0.5.1 (monitor/consumer.go), written again: to import it would bring
// Prometheus and protobuf into every guest, and another Antithesis SDK than the one that does nothing into the server
// under test. A test holds it to the answers of jsm.go itself.
func (w *watcher) check(shard int32, s *consumerState) {
	if w.run.site.plan.Scenario.Consumer.Metadata[pinnedKey] == "" {
		return
	}
	if critical, words, asked := s.checkPinned(); asked {
		e := history.Event{Kind: history.Check, Shard: shard, Outcome: history.OK, Reason: words}
		if critical {
			e.Outcome = history.Critical
		}
		w.run.site.rec.write(w.log, &e)
	}
}

// checkPinned is the check of the pin, with its words; asked is false where the metadata does not ask for it.
func (s *consumerState) checkPinned() (critical bool, words string, asked bool) {
	var config struct {
		Metadata       map[string]string `json:"metadata"`
		PriorityPolicy string            `json:"priority_policy"`
		PriorityGroups []string          `json:"priority_groups"`
	}
	if json.Unmarshal(s.Config, &config) != nil {
		return false, "", false
	}
	if asked, err := strconv.ParseBool(config.Metadata[pinnedKey]); err != nil || !asked {
		return false, "", false
	}
	pinned := 0
	for _, group := range s.PriorityGroups {
		if group.PinnedClientID != "" {
			pinned++
		}
	}
	groups := len(config.PriorityGroups)
	switch {
	case len(s.PriorityGroups) == 0 || groups == 0 || config.PriorityPolicy != "pinned_client":
		return true, "Not pinned client priority mode", true
	case pinned != groups:
		return true, fmt.Sprintf("%d / %d pinned clients", pinned, groups), true
	}
	return false, fmt.Sprintf("%d pinned clients", pinned), true
}
