package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pindrop/scenarios"
)

const (
	claimsDoc   = "../../docs/claims.md"
	claimsSeeds = 10 // of which the document shows the range
)

// costly are the claims that take more than two seconds of a processor each. The long proofs run them as well.
var costly = []string{
	"adaptive", "cliff-time", "danger-80", "formula", "guard-cost", "guards-order", "limit-million", "limit-rate", "pin-law",
	"recommended-cost", "scale-out", "stalled-test",
}

// docs/claims.md is what the claims measure today: every verdict is the expected one, and flips with the mechanism
// removed. Its ranges over ten seeds are for the long proofs, and so are the claims that are costly; here they are left out.
// Rewriting keeps the ranges of claims of which nothing else has changed, and runs the others with ten seeds.
func TestClaimsAreAsDocumented(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile(claimsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if *rewrite {
		measured := claimsMarkdown(t)
		rewritten := withRanges(t, measured, string(written))
		if err := os.WriteFile(claimsDoc, []byte(rewritten), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	known := map[string]bool{}
	for line := range strings.Lines(withoutRanges(string(written))) {
		known[line] = true
	}
	ids := cheapClaims(t)
	if len(ids) < 60 {
		t.Errorf("only %d claims are looked at", len(ids))
	}
	for line := range strings.Lines(claimsMarkdown(t, ids...)) {
		if !known[line] {
			t.Errorf("docs/claims.md is not what was measured; run this test with -rewrite and look at the difference:\n%s", line)
		}
	}
}

// cheapClaims are the claims that run natively on the virtual clock, without the costly ones.
func cheapClaims(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, id := range scenarios.Claims() {
		s, err := load(id, nil)
		if err != nil {
			t.Fatal(err)
		}
		if clock, _ := s.ResolveClock(); clock == scenarios.ClockVirtual && nativeEngine(s) && !slices.Contains(costly, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// claimsMarkdown is what pindrop claims --markdown prints where there is no guest: each build of a guest draws other elections,
// and a document cannot follow.
func claimsMarkdown(t *testing.T, args ...string) string {
	t.Helper()
	found := noGuest
	defer func() { noGuest = found }()
	noGuest = func() string { return "this page is made without one" }
	var out, trouble bytes.Buffer
	if code := pindrop(append([]string{"claims", "--markdown"}, args...), &out, &trouble); code != 0 {
		t.Fatalf("exit code %d\n%s", code, trouble.String())
	}
	return out.String()
}

// What the document has because there was more than one seed.
var (
	claimRange  = regexp.MustCompile(` \[[^\[\]\n]*–[^\[\]\n]*\]`)
	claimSeeds  = regexp.MustCompile(`\nWhere a claim was judged with several seeds,.*\n.*\n`)
	claimWith   = regexp.MustCompile(`, with \d+ seeds\b`)
	claimsAlike = regexp.MustCompile(`\nSeeds that drew nothing: .*\n`)
)

func withoutRanges(doc string) string {
	for _, only := range []*regexp.Regexp{claimRange, claimSeeds, claimWith, claimsAlike} {
		doc = only.ReplaceAllString(doc, "")
	}
	return doc
}

var (
	claimRow     = regexp.MustCompile(`(?m)^\| \[([^\]]+)\]\(#.*\n`)
	claimSection = regexp.MustCompile(`(?m)^### (.+)\n(?:[^#\n].*\n|\n)*`)
)

// claimPieces are the rows and sections of the document, by the ids of their claims.
func claimPieces(doc string) (rows, sections map[string]string) {
	by := func(form *regexp.Regexp) map[string]string {
		found := map[string]string{}
		for _, m := range form.FindAllStringSubmatch(doc, -1) {
			found[m[1]] = m[0]
		}
		return found
	}
	return by(claimRow), by(claimSection)
}

// withRanges puts the ranges over ten seeds into a document of one: those of the old document where nothing else has
// changed.
func withRanges(t *testing.T, doc, old string) string {
	rows, sections := claimPieces(old)
	var changed []string
	for _, m := range claimSection.FindAllStringSubmatch(doc, -1) {
		section, id := m[0], m[1]
		same := strings.TrimRight(withoutRanges(sections[id]), "\n") == strings.TrimRight(section, "\n") &&
			claimWith.MatchString(sections[id])
		if !same && !strings.Contains(section, "\nNot run: ") {
			changed = append(changed, id)
		}
	}
	head := claimSeeds.FindString(old)
	if len(changed) > 0 {
		t.Logf("run with %d seeds: %s", claimsSeeds, strings.Join(changed, " "))
		ten := claimsMarkdown(t, append([]string{"--seeds", strconv.Itoa(claimsSeeds)}, changed...)...)
		head = claimSeeds.FindString(ten)
		newRows, newSections := claimPieces(ten)
		for _, id := range changed {
			rows[id], sections[id] = newRows[id], newSections[id]
		}
	}
	pick := func(form *regexp.Regexp, from map[string]string) {
		doc = form.ReplaceAllStringFunc(doc, func(piece string) string {
			ranged := from[form.FindStringSubmatch(piece)[1]]
			if strings.TrimRight(withoutRanges(ranged), "\n") != strings.TrimRight(piece, "\n") {
				return piece // it was not run, then or now
			}
			return strings.TrimRight(ranged, "\n") + piece[len(strings.TrimRight(piece, "\n")):]
		})
	}
	pick(claimRow, rows)
	pick(claimSection, sections)
	return strings.Replace(doc, "\n## ", head+"\n## ", 1)
}
