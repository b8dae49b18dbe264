package scenarios

import "testing"

// Volume is an upper bound of what is published, and of what is in the stream at one time.
func TestVolume(t *testing.T) {
	for _, test := range []struct {
		publishers, stream string
		messages, held     float64
	}{
		{"{backlog: 1000000, size: 1000000}", "", 1e6, 1e12},
		{"{count: 2, backlog: 10, rate: 5/s, size: 10}", "", 10 + 2*5*30, 310 * 10},
		{"{rate: 1/s, shape: [{for: 5s, rate: 10/s}, {rate: 0/s}], size: 1}", "", 10 + 50, 60},
		{"{rate: 5/s, total: 7, size: 10}", "", 7, 70},
		{"{window: 5, total: 7, size: 10}", "", 7, 70},
		{"{window: 5, size: 10}", "", 0, 0},
		{"{backlog: 3, rate: 5/s, size: 10}", "{retention: workqueue}", 153, 30},
		{"{backlog: 3, rate: 5/s, size: 10}", "{max_age: 1s}", 153, 30},
		{"{backlog: 3, rate: 5/s, size: 10}", "{max_bytes: 500}", 153, 500},
		{"{backlog: 3, rate: 5/s, size: 10}", "{max_msgs: 4}", 153, 40},
	} {
		s := mustLoad(t, "clock: real\nworkers: []\nphases: {warmup: 10s, disturb: 20s}\npublishers: ["+test.publishers+"]\nstream: "+test.stream+"\n")
		if messages, held := s.Volume(); messages != test.messages || held != test.held {
			t.Errorf("%s %s: got %v messages and %v bytes, want %v and %v", test.publishers, test.stream, messages, held, test.messages, test.held)
		}
	}
}
