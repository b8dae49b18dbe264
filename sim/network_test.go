package sim

import (
	"testing"

	"pindrop/scenarios"
)

// A one-way cut is named from where the fault is: what goes in to a worker comes from the server, what goes in to a server
// comes from its clients.
func TestOneWayCuts(t *testing.T) {
	for _, c := range []struct {
		way            string
		worker, server ways
	}{
		{scenarios.WayBoth, ways{toServer: true, fromServer: true}, ways{toServer: true, fromServer: true}},
		{scenarios.WayIn, ways{fromServer: true}, ways{toServer: true}},
		{scenarios.WayOut, ways{toServer: true}, ways{fromServer: true}},
	} {
		if got := cutOff(c.way); got != c.worker {
			t.Errorf("%s cuts a worker off with %+v, want %+v", c.way, got, c.worker)
		}
		if got := cutOff(c.way).turned(); got != c.server {
			t.Errorf("%s cuts a server off with %+v, want %+v", c.way, got, c.server)
		}
	}
}
