package scenarios

import (
	"slices"
	"strconv"
)

// WorkerNames lists the workers of all groups, in the order in which they are numbered: w1 w2 w3 for three of name w.
func (s *Scenario) WorkerNames() []string {
	var names []string
	for _, w := range s.Workers {
		names = append(names, w.names()...)
	}
	return names
}

func (w *Workers) names() []string {
	names := make([]string, w.Count)
	for i := range names {
		names[i] = w.Name + strconv.Itoa(i+1)
	}
	return names
}

func (s *Scenario) groupNames() []string {
	var names []string
	for _, w := range s.Workers {
		names = append(names, w.Name)
	}
	return names
}

func (s *Scenario) isWorker(name string) bool { return slices.Contains(s.WorkerNames(), name) }
