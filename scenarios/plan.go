package scenarios

// Plan is a scenario with every choice made: two runs of one plan differ in nothing that pindrop decides.
type Plan struct {
	Scenario   *Scenario       `json:"scenario"`
	Seed       uint64          `json:"seed"`
	Publishers []PublisherPlan `json:"publishers"`
	Workers    []WorkerPlan    `json:"workers"`
	Faults     []FaultPlan     `json:"faults"`
	SampleAt   Duration        `json:"sample_at"` // offset of the first sample
}

// PublisherPlan is one publisher.
type PublisherPlan struct {
	Name  string   `json:"name"`  // publisher-1, …
	Group int      `json:"group"` // index into Scenario.Publishers
	Share int      `json:"share"` // its part of the group's backlog
	Phase Duration `json:"phase"` // offset of its first message from the start of its work
	Seed  uint64   `json:"seed"`  // of its arrivals
}

// WorkerPlan is one worker.
type WorkerPlan struct {
	Name  string   `json:"name"`  // w1, …
	Group int      `json:"group"` // index into Scenario.Workers
	Start Duration `json:"start"` // from the start of warm-up
	Seed  uint64   `json:"seed"`  // of its service times, errors, network jitter
}

// FaultPlan is one fault, as it will be injected.
type FaultPlan struct {
	ID     int       `json:"id"` // from 1
	At     *Duration `json:"at,omitempty"`
	On     *Trigger  `json:"on,omitempty"`
	Do     string    `json:"do"`
	Target string    `json:"target"` // a worker, a group, pinned, all; any has been drawn
	For    Duration  `json:"for,omitempty"`
	Factor float64   `json:"factor,omitempty"`
	Unpin  bool      `json:"unpin,omitempty"`
}
