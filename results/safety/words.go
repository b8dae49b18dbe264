package safety

import (
	"fmt"
	"strconv"

	"pindrop/results/history"
)

func plain(n int64) string { return strconv.FormatInt(n, 10) }

// told is a replica in words.
func told(r *history.Event) string {
	if r.Do == history.OfConsumer {
		return fmt.Sprintf("delivered %d to %d, ack floor %d, %d ack pending", r.ConsumerSeq, r.Seq, r.AckFloor, r.AckPending)
	}
	return fmt.Sprintf("%d messages from %d to %d, %d deleted, digest %016x", r.Stored, r.Base, r.Seq, r.Count, r.Sum)
}
