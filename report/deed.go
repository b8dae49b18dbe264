package report

import (
	"fmt"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// deeds are the faults in words; the target comes first.
var deeds = map[string]string{
	scenarios.DoKill:          "was killed",
	scenarios.DoDisconnect:    "was disconnected",
	scenarios.DoFreeze:        "was frozen",
	scenarios.DoPartition:     "was cut off from the server",
	scenarios.DoSlow:          "was slowed down",
	scenarios.DoSlowLink:      "had a slow link",
	scenarios.DoDrain:         "was drained",
	scenarios.DoRestart:       "was restarted",
	scenarios.DoKillServer:    "was killed",
	scenarios.DoRestartServer: "was restarted",
	scenarios.DoIsolate:       "was isolated",
	scenarios.DoSplit:         "were split from each other",
	scenarios.DoReset:         "had their routes reset",
	scenarios.DoSlowRoutes:    "had slow routes",
	scenarios.DoFreezeServer:  "was frozen",
	scenarios.DoLameDuck:      "was put into lame duck mode",
	scenarios.DoPowerLoss:     "lost its power",
	scenarios.DoDiskFull:      "had a full disk",
	scenarios.DoIOError:       "had a disk that failed",
}

// things are the faults that happen to something else than a worker.
var things = map[string]string{
	scenarios.DoUnpin:    "the pin was cleared",
	scenarios.DoUpdate:   "the consumer was updated",
	scenarios.DoPause:    "the consumer was paused",
	scenarios.DoScale:    "the number of workers was changed",
	scenarios.DoPurge:    "the stream was purged",
	scenarios.DoStepDown: "the leader stepped down",
}

func deed(f measure.Fault) string {
	if thing, ok := things[f.Do]; ok {
		if f.Do == scenarios.DoUpdate && f.Target == scenarios.TargetStream {
			thing = "the stream was updated"
		}
		if lasts(f.Do) && f.Healed {
			thing += " for " + duration(f.To-f.From)
		}
		if f.Shard > 0 {
			return fmt.Sprintf("at consumer %d %s", f.Shard, thing)
		}
		return thing
	}
	did, ok := deeds[f.Do]
	if !ok {
		did = "met the fault " + f.Do
	}
	who := f.Target
	if who == "" {
		who = "the server"
	}
	if f.Open > 0 {
		did += fmt.Sprintf(", and with it %s of %s unsynced writes and changes of names", count(f.Undone), count(f.Open))
	}
	if f.Damage != "" {
		did += " (" + f.Damage + ")"
	}
	if f.Pinless {
		did += " without holding the pin"
	}
	if f.Slower > 0 {
		did += fmt.Sprintf(" (%s more each way)", duration(f.Slower))
	}
	if lasts(f.Do) && f.Healed {
		did += " for " + duration(f.To-f.From)
	}
	return who + " " + did
}

// lostFiles tells what a loss of power took, and of which files.
func lostFiles(f measure.Fault) string {
	if f.Lost == "" {
		return ""
	}
	return ": " + f.Lost
}

// lasts says whether a fault of this kind goes on until it heals.
func lasts(do string) bool {
	switch do {
	case scenarios.DoFreeze, scenarios.DoPartition, scenarios.DoSlow, scenarios.DoSlowLink, scenarios.DoPause, scenarios.DoIsolate,
		scenarios.DoFreezeServer, scenarios.DoSplit, scenarios.DoSlowRoutes, scenarios.DoDiskFull, scenarios.DoIOError:
		return true
	}
	return false
}

// stopsWork says whether a fault of this kind keeps its target from working on.
func stopsWork(do string) bool {
	switch do {
	case scenarios.DoKill, scenarios.DoDisconnect, scenarios.DoFreeze, scenarios.DoPartition, scenarios.DoDrain:
		return true
	}
	return false
}

// inHand tells what the target of a fault held: " in its 4th message with 6 more in its buffer".
func inHand(f measure.Fault) string {
	buffered := f.Held - f.Begun
	switch {
	case f.Held == 0:
		return ""
	case f.Begun == 0:
		return fmt.Sprintf(" with %s in its buffer", plural(buffered, "message"))
	case f.Begun > 1:
		return fmt.Sprintf(" with %s in service and %s more in its buffer", plural(f.Begun, "message"), count(int64(buffered)))
	}
	text := " in a message"
	if f.Nth > 0 {
		text = " in its " + ordinal(f.Nth) + " message"
	}
	if buffered > 0 {
		text += fmt.Sprintf(" with %s more in its buffer", count(int64(buffered)))
	}
	return text
}
