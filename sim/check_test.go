package sim

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"pindrop/results/history"
)

// The check says what jsm.go v0.5.1 said (ExtractConsumerHealthCheckOptions, then CheckConsumerInfoHealth) of these answers
// of nats-server 2.15.2 to a request for the consumer's state: of every policy, pinned and idle, with and without metadata.
func TestCheckIsThatOfJSM(t *testing.T) {
	text, err := os.ReadFile("testdata/monitor.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if len(lines) != 9 {
		t.Fatalf("%d answers, want 9", len(lines))
	}
	for _, line := range lines {
		var want struct {
			Case     string          `json:"case"`
			Critical bool            `json:"critical"`
			Words    string          `json:"words"`
			Asked    bool            `json:"asked"`
			Info     json.RawMessage `json:"info"`
		}
		var state consumerState
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(want.Info, &state); err != nil {
			t.Fatal(err)
		}
		critical, words, asked := state.checkPinned()
		if critical != want.Critical || words != want.Words || asked != want.Asked {
			t.Errorf("%s: critical %v, %q, asked %v; jsm.go says critical %v, %q, asked %v",
				want.Case, critical, words, asked, want.Critical, want.Words, want.Asked)
		}
	}
}

// Each sample of a consumer whose metadata asks for it is checked, and no other; a dead holder is fine by the check for
// as long as its pin lasts.
func TestCheckInARun(t *testing.T) {
	const key = `consumer.metadata={io.nats.monitor.pinned: "true"}`
	f := measured(t, "kill-mid-batch", 1)
	if _, ok := f.Metrics["check.critical"]; ok {
		t.Error("a consumer without the metadata was checked")
	}
	events := onVirtual(t, planOf(t, "kill-mid-batch", 1, key))
	checks, samples := 0, 0
	for _, e := range events {
		switch e.Kind {
		case history.Check:
			checks++
			if e.Outcome == history.Critical && e.Reason != "0 / 1 pinned clients" {
				t.Errorf("the check says %q", e.Reason)
			}
		case history.Sample:
			samples++
		}
	}
	if checks != samples || checks == 0 {
		t.Errorf("%d checks of %d samples", checks, samples)
	}
	near(t, measured(t, "kill-mid-batch", 1, key), "check.critical", 0, 0.01)
}
