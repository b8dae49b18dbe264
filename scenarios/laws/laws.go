// Package laws is the arithmetic of unsafe settings: what can be said about a scenario before it runs.
//
// The path: [Check] asks each of the [All] laws whether the settings of a scenario break it; a [Finding] says so in a
// sentence with the numbers filled in, and names the law, which has the formula, its source in nats-server or nats.go,
// and the drill that proves it. Functions with a name of their own ([Reachable], [Utilisation], [Little],
// [RuleOfThumb]) are what a search for better settings begins with.
//
// Functions with a name of their own speak of one consumer: of several, the one with most arrivals.
//
// A law speaks of undisturbed running on links without latency, in the mean where service times vary. It stays silent
// where it cannot be sure: a scenario without findings is not a safe one.
package laws

import (
	"fmt"

	"pindrop/scenarios"
)

// Law is one way in which settings are unsafe whatever else happens.
type Law struct {
	// ID is its name in warnings.
	ID string
	// Formula is what holds where the law is broken, in the symbols of docs/laws.md.
	Formula string
	// Meaning is what happens then, in a sentence.
	Meaning string
	// Applies says to what the law applies, and where it is silent.
	Applies string
	// Source is where the server or the client does it: functions and files.
	Source string
	// Drill is the scenario, a claim or one of the catalogue, that shows it.
	Drill string

	check func(*scenarios.Scenario) []breach
}

// breach is what a law's check found.
type breach struct {
	paths []string
	says  string
}

// Finding is a law that a scenario's settings break.
type Finding struct {
	Law Law
	// Paths of the settings concerned, as in overrides: consumer.max_ack_pending, workers.w.batch. Never empty.
	Paths []string
	// Says what is wrong, in a sentence with the numbers.
	Says string
}

// String is the finding in a line, with the law and the drill.
func (f Finding) String() string {
	return fmt.Sprintf("%s (law %s; drill %s)", f.Says, f.Law.ID, f.Law.Drill)
}

// Check lists the laws that a scenario breaks, in the order of [All]. What a scenario breaks on purpose is among them:
// arithmetic does not know. Of several consumers each is checked with its part of the arrivals, and the finding says of
// how many it is true.
func Check(s *scenarios.Scenario) []Finding {
	var found []Finding
	for _, law := range All {
		for _, b := range checkParts(law, s) {
			found = append(found, Finding{Law: law, Paths: b.paths, Says: b.says})
		}
	}
	return found
}

// All is every law.
var All = []Law{
	{
		ID:      "overload",
		Formula: "λ × h ≥ handlers",
		Meaning: "More comes than the workers can do: the backlog grows, and no limit helps.",
		Applies: "The worst moment of the arrivals; with pinned_client one worker counts, the weakest. Retries of failed handlers count as arrivals. Silent where publishers stop after a total that the workers do within the run.",
		Source:  "Arithmetic: a handler does 1 / h messages a second.",
		Drill:   "cliff-time",
		check:   checkOverload,
	},
	{
		ID:      "limit-reach",
		Formula: "max_ack_pending > Σ workers × held",
		Meaning: "The limit is never reached: what the clients ask for bounds ack pending before it does.",
		Applies: "A limit that was written down. Silent where messages stay ack pending without a worker: handlers that ignore or nak, ack none, faults that cut a client off.",
		Source:  "getNextMsg (server/consumer.go) stalls at maxp; checkPending (jetstream/pull.go) never lets more than a batch be asked for and unhandled.",
		Drill:   "ten-workers",
		check:   checkLimitReach,
	},
	{
		ID:      "limit-rate",
		Formula: "max_ack_pending < λ × h",
		Meaning: "The limit throttles below the arrivals, though the workers could keep up: each message holds its slot for at least its service.",
		Applies: "Ack each, double and batch with ack_policy explicit, where the workers are not overloaded.",
		Source:  "getNextMsg (server/consumer.go) stalls at maxp; only an ack, a term, a give-up or a removal takes a message out of pending.",
		Drill:   "limit-rate",
		check:   checkLimitRate,
	},
	{
		ID:      "pin-pull",
		Formula: "⌈(batch − threshold + 1) / c⌉ × h ≥ priority_timeout; fetch: ⌈batch / c⌉ × h",
		Meaning: "In a backlog the holder pulls too rarely to keep its pin: the pin moves while it still works, and workers overlap.",
		Applies: "Policy pinned_client with two workers or more. With a limit below the batch a pull that expires comes first, and its time counts.",
		Source:  "setPinnedTimer is called by assignNewPinId and for a pull with the pin's id (processNextMsgRequest) alone (server/consumer.go); Consume and Next call checkPending after a handler (jetstream/pull.go).",
		Drill:   "pin-law",
		check:   checkPinPull,
	},
	{
		ID:      "pin-idle",
		Formula: "expires ≥ priority_timeout and (batch − threshold + 1) / λ ≥ priority_timeout; fetch: batch / λ",
		Meaning: "While little comes, the holder's pull waits at the server for longer than the pin lasts: the pin moves though nobody is late.",
		Applies: "Policy pinned_client with two workers or more, at the quietest moment of arrivals that go on.",
		Source:  "A pull that waits resets nothing: setPinnedTimer runs when one arrives (processNextMsgRequest, server/consumer.go); the client pulls again at the 408 that ends it (handleStatusMsg, jetstream/pull.go).",
		Drill:   "pin-idle",
		check:   checkPinIdle,
	},
	{
		ID:      "ack-wait",
		Formula: "⌈held / c⌉ × h ≥ ack_wait",
		Meaning: "Messages in a full buffer are overdue before their turn: they go out again to whoever has a pull waiting, and are done twice.",
		Applies: "ack_policy explicit, ack each, double and batch, max_deliver other than 1. It needs a pull that waits: a deep backlog leaves none, and it shows when that ends.",
		Source:  "checkPending (server/consumer.go) puts what is older than ack_wait into the queue of redeliveries, wherever it waits.",
		Drill:   "ack-wait-law",
		check:   checkAckWait,
	},
	{
		ID:      "max-deliver",
		Formula: "⌈held / c⌉ × h ≥ Σ ack waits of max_deliver deliveries",
		Meaning: "A message is given up while a worker still has it, though nothing failed: should that worker die, nobody gets it again.",
		Applies: "As ack-wait, with a max_deliver. From 2 on the give-up needs pulls that wait.",
		Source:  "hasMaxDeliveries, called by checkPending, and getNextMsg (server/consumer.go) drop what was delivered max_deliver times.",
		Drill:   "max-deliver-slow",
		check:   checkMaxDeliver,
	},
	{
		ID:      "overflow-limit",
		Formula: "min_ack_pending > min(max_ack_pending − 1, Σ others × (held + 1))",
		Meaning: "The threshold is never met: these workers never help with a new message.",
		Applies: "Policy overflow, workers with min_ack_pending and no min_pending. Others are those with a lower threshold or none. Silent where limit-reach is.",
		Source:  "getNextMsg stalls at maxp before nextWaiting compares min_ack_pending with the messages pending (server/consumer.go).",
		Drill:   "overflow-limit",
		check:   checkOverflowLimit,
	},
	{
		ID:      "overflow-rest",
		Formula: "every worker has min_pending ≥ 2, or every worker has min_ack_pending",
		Meaning: "Nobody takes what is below the thresholds: the last min_pending − 1 messages, or all of them, wait for ever.",
		Applies: "Policy overflow.",
		Source:  "nextWaiting (server/consumer.go) passes over a request unless a threshold is met; there is no other way to be served.",
		Drill:   "overflow-rest",
		check:   checkOverflowRest,
	},
	{
		ID:      "max-waiting",
		Formula: "max_waiting < Σ workers",
		Meaning: "Not every worker's pull has a place at the server: one is refused, without a word if it asked for heartbeats, and with pinned_client it may be the holder's.",
		Applies: "Each worker parks one pull at least; consume and messages may park several when little comes, so leave room.",
		Source:  "processNextMsgRequest (server/consumer.go) refuses a pull when waiting is full, after the pin's timer was reset.",
		Drill:   "starved-holder",
		check:   checkMaxWaiting,
	},
	{
		ID:      "inactive-threshold",
		Formula: "inactive_threshold + 1 s (+ 2 × ack_wait after a kill) ≤ longest planned time without any worker",
		Meaning: "The server removes the consumer while every worker is away; those that come back find none, and nothing is delivered any more.",
		Applies: "Workers that are killed, drained or not yet started, at times that the scenario names. The server adds 0.1 to 1 s to the threshold, and while messages are ack pending it waits for ack_wait first, up to twice: once until they are due again, and once more from then on.",
		Source:  "deleteNotActive and updateInactiveThreshold (server/consumer.go).",
		Drill:   "consumer-removed",
		check:   checkInactive,
	},
}
