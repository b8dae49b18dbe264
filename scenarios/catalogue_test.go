package scenarios

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// Every built-in scenario loads under its own name, says what it shows, expects something, and can be run.
func TestCatalogue(t *testing.T) {
	if len(Names()) == 0 {
		t.Fatal("the catalogue is empty")
	}
	for _, name := range Names() {
		file, text, err := Find(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Load(file, text, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != name || s.Doc == "" || len(s.Expect) == 0 {
			t.Errorf("%s: name %q, doc %q, %d expectations", name, s.Name, s.Doc, len(s.Expect))
		}
		if err := Unsupported(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// Those whose servers are processes say so, for whoever reads them.
		if clock, why := s.ResolveClock(); clock != ClockVirtual && s.Clock != ClockReal {
			t.Errorf("%s runs on the %s clock (%s), want virtual, or clock: real in the file", name, clock, why)
		}
		if n := messages(s); n > 20_000 {
			t.Errorf("%s publishes %d messages, too many for a quick look at everything", name, n)
		}
	}
}

// Every claim loads under its own id, and with the overrides of its arms and of its control; all can be run virtually.
func TestClaims(t *testing.T) {
	for _, id := range Claims() {
		text, ok := Builtin(id)
		if !ok {
			t.Fatalf("claim %s is not found by its id", id)
		}
		s, err := Load(id+".yaml", text, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Claim == nil || s.Claim.ID != id || s.Name != id || s.Doc == "" {
			t.Errorf("%s: name %q, doc %q, claim %+v", id, s.Name, s.Doc, s.Claim)
			continue
		}
		for _, arm := range s.Claim.Arms {
			for _, sets := range [][]string{arm.Set, slices.Concat(arm.Set, s.Claim.Control.Set)} {
				if varied, err := Load(id+".yaml", text, sets); err != nil {
					t.Errorf("claim %s, arm %s: %v", id, arm.Name, err)
				} else if n := messages(varied); n > 20_000 {
					t.Errorf("claim %s, arm %s publishes %d messages, too many for a table of many claims", id, arm.Name, n)
				}
			}
		}
	}
}

// A drill is named for its issue: nats-io/nats-server#6114 is nats-server-6114.
func TestDrillsAreNamedForTheirIssues(t *testing.T) {
	drills := 0
	for _, id := range Claims() {
		text, _ := Builtin(id)
		s, err := Load(id+".yaml", text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Claim.Issue == "" {
			continue
		}
		drills++
		_, name, _ := strings.Cut(strings.ReplaceAll(s.Claim.Issue, "#", "-"), "/")
		if name != id {
			t.Errorf("the drill of %s is named %s, want %s", s.Claim.Issue, id, name)
		}
		link := "https://github.com/" + strings.ReplaceAll(s.Claim.Issue, "#", "/issues/")
		if s.Claim.Link() != link {
			t.Errorf("the link to %s is %s, want %s", s.Claim.Issue, s.Claim.Link(), link)
		}
	}
	if drills < 8 {
		t.Errorf("%d drills, want at least 8", drills)
	}
}

// messages counts what the publishers of a scenario publish.
func messages(s *Scenario) int {
	n := 0
	for _, p := range s.Plan(1).Publishers {
		n += p.Share + len(dues(s.Publishers[p.Group], p, s.Phases))
	}
	return n
}

func TestFind(t *testing.T) {
	files := []string{"x.yaml", "x.yml", "x.json", "x", "./steady", "steady", "a/b"}
	read := func(path string) ([]byte, error) {
		switch {
		case path == "results":
			return nil, errors.New("is a directory")
		case !slices.Contains(files, path):
			return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
		}
		return []byte("text"), nil
	}
	for _, path := range files {
		file, text, err := Find(path, read)
		if builtIn := path == "steady"; err != nil || file != path != builtIn || string(text) != "text" != builtIn {
			t.Errorf("%s: file %q, text %q, %v", path, file, text, err)
		}
	}
	for arg, want := range map[string]string{
		"missing.yaml": "reading scenario: open missing.yaml: file does not exist",
		"missing.json": "reading scenario: open missing.json: file does not exist",
		"results":      "reading scenario: is a directory",
		"stedy":        `no built-in scenario and no file is named "stedy"; nearest: steady`,
	} {
		if _, _, err := Find(arg, read); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", arg, err, want)
		}
	}
	for _, name := range slices.Concat(Names(), Claims(), Workloads()) {
		if file, _, err := Find(name, read); err != nil || file != name+".yaml" {
			t.Errorf("%s: file %q, %v", name, file, err)
		}
	}
	if _, ok := Builtin("../scenario.go"); ok {
		t.Error("a path is not the name of a built-in scenario")
	}
	if text, ok := Builtin("steady"); !ok || !strings.Contains(string(text), "name: steady") {
		t.Error("steady is not in the catalogue")
	}
}
