package history

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What one writer wrote at one instant for two consumers is one history, whoever came first; each consumer's own order
// stays, and so does a hole.
func TestMergeOrdersConsumers(t *testing.T) {
	merged := func(shards ...int32) []Event {
		var events []Event
		seqs := map[int32]uint64{}
		for i, shard := range shards {
			seqs[shard]++
			events = append(events, Event{At: 5, N: int64(i) + 1, Kind: Begin, Shard: shard, Seq: seqs[shard]})
		}
		events = append(events, Event{At: 6, N: int64(len(shards)) + 3, Kind: End, Shard: 1})
		h, err := Merge([]Part{part("w1", Body, events...)})
		if err != nil {
			t.Fatal(err)
		}
		return h.Slice()
	}
	want := merged(0, 1, 1, 2, 2)
	for i, e := range want[:5] {
		if e.N != int64(i)+1 {
			t.Errorf("event %d has the number %d", i+1, e.N)
		}
	}
	if last := want[5]; last.N != 8 {
		t.Errorf("behind a hole of two the number is %d, want 8", last.N)
	}
	for _, other := range [][]int32{{2, 1, 2, 1, 0}, {1, 0, 2, 2, 1}} {
		if diff := cmp.Diff(want, merged(other...)); diff != "" {
			t.Errorf("%v: %s", other, diff)
		}
	}
}
