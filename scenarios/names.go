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

func (w *Workers) names() []string { return w.numbered(w.Count) }

// numbered lists the first n names of the group.
func (w *Workers) numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = w.Name + strconv.Itoa(i+1)
	}
	return names
}

// sizeMax is how many workers the group has at most in the course of a run.
func (s *Scenario) sizeMax(w *Workers) int {
	size := w.Count
	if w.Adaptive != nil {
		size = max(size, w.Adaptive.Max)
	}
	for _, f := range s.Faults {
		if f.Target == w.Name && f.Do.has(DoScale) {
			size = max(size, f.Count)
		}
	}
	return size
}

func (s *Scenario) groupNames() []string {
	var names []string
	for _, w := range s.Workers {
		names = append(names, w.Name)
	}
	return names
}

func (s *Scenario) isWorker(name string) bool { return slices.Contains(s.WorkerNames(), name) }
