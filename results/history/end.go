package history

import "strings"

// The causes for which a run ends: Do of the event of its end, whose Reason says the same in words.
const (
	CauseDrained    = "drained"
	CauseNotDrained = "not_drained" // the time of the drain was over
	CauseIdle       = "idle"        // no worker, and so nothing to drain
	CauseRefused    = "refused"     // the server refused the stream or the consumer: nothing began
	CauseGone       = "gone"        // the server no longer has the stream or the consumer: nothing is left to drain

	// All others end a run in the middle of something.

	CauseInterrupted = "interrupted"
	CauseDeadline    = "deadline"
	CauseMemory      = "memory"      // the guest's was used up
	CauseNoProgress  = "no_progress" // virtual time stood still, or nearly
	CauseServerGone  = "server_gone" // a server ended by itself, or did not come back
	CauseWorkerGone  = "worker_gone" // a worker's process ended by itself
	CauseStorage     = "storage"     // the disk did not take the history, or a log of it is damaged
	CauseKilled      = "killed"      // the process of a run on the virtual clock, from outside
	CauseFailed      = "failed"      // pindrop could not go on
)

var causes = []string{
	CauseDrained, CauseNotDrained, CauseIdle, CauseRefused, CauseGone, CauseInterrupted, CauseDeadline, CauseMemory, CauseNoProgress, CauseServerGone,
	CauseWorkerGone, CauseStorage, CauseKilled, CauseFailed,
}

// CutShort reports whether a run that ends for a cause ends in the middle of something.
func CutShort(cause string) bool {
	switch cause {
	case CauseDrained, CauseNotDrained, CauseIdle, CauseRefused, CauseGone:
		return false
	}
	return true
}

// Cause is the cause of an end. Older histories have it in the words only, always at their beginning.
func (e *Event) Cause() string {
	for _, cause := range causes {
		if e.Do == cause {
			return cause
		}
	}
	for _, old := range []struct{ words, cause string }{
		{CauseDrained, CauseDrained}, {EndIdle, CauseIdle}, {EndRefused, CauseRefused}, {CauseInterrupted, CauseInterrupted},
		{"deadline reached", CauseDeadline}, {"the guest's memory", CauseMemory}, {"a server did not come back", CauseServerGone},
		{"server ", CauseServerGone}, {"worker ", CauseFailed}, {"damage the disk", CauseFailed},
	} {
		if strings.HasPrefix(e.Reason, old.words) {
			return old.cause
		}
	}
	return CauseNotDrained
}
