package safety

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pindrop/results/history"
)

// ServerAssertion is the name of the law about what servers assert about themselves.
const ServerAssertion = "server_assertion"

// Assertion is something that nats-server asserts.
type Assertion struct {
	Message string
	Kind    string // which function of its assertion library it calls
	File    string // below the server's module
	Line    int
	In      string // the function that calls
	Means   string // and what follows; "": it is new, read its source
	Disk    string // what it reports of the disk, and no more: "I/O error" or "corruption"; "": nothing
}

// Assertions are all that nats-server of [AssertionsOf] asserts, in the order of its source.
func Assertions() []Assertion {
	all := slices.Clone(asserted)
	for i := range all {
		m := meanings[all[i].Message]
		all[i].Means, all[i].Disk = m.means, [...]string{"", "I/O error", "corruption"}[m.of]
	}
	return all
}

// Meanings are the messages whose meaning is known.
func Meanings() []string { return slices.Sorted(maps.Keys(meanings)) }

// Asserted is what became of one assertion in a run, over all servers and their lives. The counts are of calls, and at least so many.
type Asserted struct {
	Message string   `json:"message"`
	Kind    string   `json:"kind"`
	Servers []string `json:"servers"`            // that called; "": nobody knows which
	Held    int64    `json:"held,omitempty"`     // calls whose condition held
	Unmet   int64    `json:"unmet,omitempty"`    // of sometimes: calls whose condition did not hold, which says nothing bad
	Broken  int64    `json:"broken,omitempty"`   // violations that nothing explains
	Known   int64    `json:"known,omitempty"`    // violations after a fault that lets a server forget what it had, as documented
	Disk    int64    `json:"expected,omitempty"` // violations that report a disk that a fault broke
	First   int64    `json:"first,omitempty"`    // when it was first violated
	Text    string   `json:"text,omitempty"`     // what the server said of the first violation that counts most
}

// Violated is how often it was violated.
func (a *Asserted) Violated() int64 { return a.Broken + a.Known + a.Disk }

// remark is a call of a server that is in the history.
type remark struct {
	history.Event
	calls int64 // that it stands for: those since the one before it
}

// saying is one message and condition of one life of a server.
type saying struct {
	server, message string
	number          int32
	outcome         history.Outcome
}

// remarking takes in what servers assert.
func (f *facts) remarking(e *history.Event) {
	if e.Do == history.AssertionsHeard {
		f.heard = append(f.heard, e.Target)
		return
	}
	of := saying{e.Target, e.Key, e.Incarnation, e.Outcome}
	f.remarks = append(f.remarks, remark{*e, max(e.Count-f.remarked[of], 1)})
	f.remarked[of] = e.Count
}

func (f *facts) serverAssertion() Judgement {
	all, refs := f.assertions()
	j := f.judgeAssertions(all)
	if j.Outcome == Known {
		j.Refs = refs
	}
	j.Assertions = all
	return j
}

// judgeAssertions judges what was called, the worst first.
func (f *facts) judgeAssertions(all []Asserted) Judgement {
	if len(f.heard) == 0 {
		return unsure("no server of this run was listened to")
	}
	var broken, known, disk int64
	for _, a := range all {
		broken, known, disk = broken+a.Broken, known+a.Known, disk+a.Disk
	}
	tell := func(outcome Outcome, n int64, of func(*Asserted) int64, why string) Judgement {
		var texts []string
		for i := range all {
			if a := &all[i]; of(a) > 0 {
				texts = append(texts, fmt.Sprintf("%q %s", a.Message, times(of(a))))
			}
		}
		worst := &all[0]
		return Judgement{Outcome: outcome, Count: int(n), Text: fmt.Sprintf("%s: %s; first at %s: %s", why, strings.Join(texts, ", "), seconds(worst.First), worst.Text)}
	}
	switch {
	case broken > 0:
		return tell(Broken, broken, func(a *Asserted) int64 { return a.Broken }, "what servers assert was not so")
	case known > 0:
		return tell(Known, known, func(a *Asserted) int64 { return a.Known }, "after a fault that lets a server forget what it had, it asserts")
	case disk > 0:
		return held("%d assertions of servers report the disk that a fault broke, and nothing else was violated", disk)
	}
	return held("what %d lives of servers assert was so", len(f.heard))
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// assertions are what was called, the worst first, and where the reasons of known violations are documented.
func (f *facts) assertions() (all []Asserted, refs []string) {
	at := map[string]int{}
	for i := range f.remarks {
		r := &f.remarks[i]
		k, ok := at[r.Key]
		if !ok {
			k = len(all)
			at[r.Key] = k
			all = append(all, Asserted{Message: r.Key, Kind: r.Do})
		}
		a := &all[k]
		if !slices.Contains(a.Servers, r.Target) {
			a.Servers = append(a.Servers, r.Target)
			slices.Sort(a.Servers)
		}
		switch {
		case r.Violated():
			if ref := f.violate(a, r); ref != "" {
				refs = append(refs, ref)
			}
		case r.Outcome == history.OK:
			a.Held += r.calls
		default:
			a.Unmet += r.calls
		}
	}
	slices.SortStableFunc(all, func(a, b Asserted) int {
		return cmp.Or(cmp.Compare(b.Broken, a.Broken), cmp.Compare(b.Known, a.Known), cmp.Compare(b.Disk, a.Disk), cmp.Compare(a.Message, b.Message))
	})
	slices.Sort(refs)
	return all, slices.Compact(refs)
}

// violate counts a violation under what explains it, and returns where that is documented, if it is. What the server said is kept of the
// first of the worst: of those that nothing explains before those that are known, and of these before reports of a disk.
func (f *facts) violate(a *Asserted, r *remark) (ref string) {
	worse := a.Violated() == 0
	switch ref = f.explained(r); ref {
	case expected:
		a.Disk += r.calls
		ref = ""
	case "":
		worse = a.Broken == 0
		a.Broken += r.calls
	default:
		worse = a.Broken+a.Known == 0
		a.Known += r.calls
	}
	if worse {
		a.First, a.Text = r.At, r.Target+" says "+brief(r.Reason)
	}
	return ref
}

// briefMax is how many bytes of what a server says a judgement repeats; the history has all of it.
const briefMax = 300

func brief(text string) string {
	if len(text) <= briefMax {
		return text
	}
	return strings.ToValidUTF8(text[:briefMax], "") + "…"
}

// expected explains a violation that reports a disk that a fault broke.
const expected = "expected"

// explained says why a violation accuses nobody: [expected], or where it is documented; "" if nothing explains it.
func (f *facts) explained(r *remark) string {
	of := meanings[r.Key].of
	if of != noReport && f.failingDisk(r.Target, r.At, of) {
		return expected
	}
	for i := range f.failures {
		x := &f.failures[i]
		if x.from > r.At || of == ioError || of == corruption && x.target != r.Target {
			continue
		}
		if ref := f.forgets(x); ref != "" {
			return ref
		}
	}
	return ""
}

// failingDisk reports whether a fault explains what a server reports of its disk: one had broken it, and the server has not started again
// on a sound one since; or its disk had damaged a file.
func (f *facts) failingDisk(server string, at int64, of report) bool {
	for i := range f.failures {
		x := &f.failures[i]
		switch {
		case x.target != server || x.from > at:
		case x.damaged:
			return true
		case of == ioError && (x.do == doDiskFull || x.do == doIOError):
			sound := slices.ContainsFunc(f.failures, func(y failure) bool {
				return y.target == server && slices.Contains(endings, y.do) && y.to > x.to && y.to < at
			})
			if !sound {
				return true
			}
		}
	}
	return false
}
