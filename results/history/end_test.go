package history

import "testing"

// The cause of an end is what it was written down as, and in histories from before that what the words begin with.
func TestCause(t *testing.T) {
	for _, c := range []struct {
		do, reason, want string
		cut              bool
	}{
		{CauseServerGone, "whatever the words are", CauseServerGone, true},
		{CauseNotDrained, "interrupted, some words say", CauseNotDrained, false},
		{"", "drained", CauseDrained, false},
		{"", "drained; no last state: nats: timeout", CauseDrained, false},
		{"", EndIdle, CauseIdle, false},
		{"virtual", EndRefused, CauseRefused, false},
		{"", "3 messages waiting, 0 unacknowledged and 0 in the workers' hands after a drain of 10s", CauseNotDrained, false},
		{"", "nats: timeout", CauseNotDrained, false},
		{"", "interrupted", CauseInterrupted, true},
		{"", "deadline reached on the wall clock", CauseDeadline, true},
		{"", "the guest's memory was used up, of which there are 600 MiB", CauseMemory, true},
		{"", "a server did not come back: start server n1: it gave up: no space", CauseServerGone, true},
		{"", "server n2 ended by itself (exit status 1); its log is n2.log", CauseServerGone, true},
		{"", "worker w1 ended by itself: exit status 2", CauseFailed, true},
	} {
		e := Event{Kind: Phase, Phase: PhaseEnd, Do: c.do, Reason: c.reason}
		if got := e.Cause(); got != c.want || CutShort(got) != c.cut {
			t.Errorf("%q, %q: cause %s, cut short %v; want %s, %v", c.do, c.reason, got, CutShort(got), c.want, c.cut)
		}
	}
}
