package sim

import "testing"

// max_age counts the time of the run, also in a store on disk, which reads the time of package ats: it removes what one
// in memory does.
func TestMaxAgeOnDisk(t *testing.T) {
	const scenario = `
name: age
stream: {max_age: 10s}
publishers: [{rate: 10/s}]
workers: [{name: w, batch: 1, expires: 5s, service: 300ms, jitter: 0}]
phases: {disturb: 20s, drain: 30s}
`
	want := measured(t, scenario, 1).Metrics["removed.count"]
	got := measured(t, scenario, 1, "stream.storage=file").Metrics["removed.count"]
	if want < 50 || got < want-5 || got > want+5 {
		t.Errorf("%v messages were removed from a file, %v from memory; want about the same, and some", got, want)
	}
}
