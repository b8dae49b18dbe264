package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables of docs/guards.md are what docs/claims.md says of the claims about guards, which is what they measure today;
// its code is that of the tests in sim, which compile and run it.
func TestClaimsAboutGuardsAreAsDocumented(t *testing.T) {
	const file = "../../docs/guards.md"
	text := read(t, file)
	claims, code := read(t, "../../docs/claims.md"), read(t, "../../sim/patterns_test.go")
	want := text
	for name, content := range map[string]string{
		"matrix": guardMatrix(t, claims), "costs": guardCosts(t, claims), "caches": cacheTable(t, claims),
	} {
		want = between(t, want, name, content)
	}
	patterns := regexp.MustCompile(`<!-- pattern (\w+) -->`).FindAllStringSubmatch(text, -1)
	if len(patterns) == 0 {
		t.Fatal("there are no patterns")
	}
	for _, p := range patterns {
		want = between(t, want, "pattern "+p[1], "```go\n"+pattern(t, code, p[1])+"\n```\n")
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(text, want); diff != "" {
		t.Fatalf("%s is not what was measured; run this test with -rewrite and look at the difference:\n%s", file, diff)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// between puts content between the marks of a name.
func between(t *testing.T, text, name, content string) string {
	t.Helper()
	mark := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
	if len(mark.FindAllString(text, -1)) != 1 {
		t.Fatalf("there is no place, or several, for the %s", name)
	}
	return mark.ReplaceAllString(text, "${1}"+strings.ReplaceAll(content, "$", "$$")+"${2}")
}

// pattern is the code between the marks of a name, without its blank edges.
func pattern(t *testing.T, code, name string) string {
	t.Helper()
	_, rest, begun := strings.Cut(code, "\n// begin "+name+"\n")
	found, _, ended := strings.Cut(rest, "// end "+name+"\n")
	if !begun || !ended {
		t.Fatalf("there is no pattern %s", name)
	}
	return strings.Trim(found, "\n")
}

// measured are the numbers of a claim: of each arm, by metric, as docs/claims.md writes them; arms in their order.
func measured(t *testing.T, claims, id string) (arms []string, numbers map[string]map[string]string) {
	t.Helper()
	_, section, found := strings.Cut(claims, "\n### "+id+"\n")
	if !found {
		t.Fatalf("there is no claim %s", id)
	}
	section, _, _ = strings.Cut(section, "\n### ")
	numbers = map[string]map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^- `(\\w+)`(?: \\(.*\\))?: (.*)$").FindAllStringSubmatch(section, -1) {
		arms = append(arms, m[1])
		numbers[m[1]] = map[string]string{}
		for part := range strings.SplitSeq(m[2], ", ") {
			metric, value, _ := strings.Cut(part, " ")
			numbers[m[1]][metric] = value
		}
	}
	if len(arms) == 0 {
		t.Fatalf("claim %s has no numbers", id)
	}
	return arms, numbers
}

// damage writes what a run did to the state.
func damage(numbers map[string]string) string {
	return numbers["guard.lost_update"] + " / " + numbers["guard.stale_write"] + " / " + numbers["guard.double_apply"]
}

func guardMatrix(t *testing.T, claims string) string {
	arms, frozen := measured(t, claims, "guards")
	_, shorter := measured(t, claims, "guards-order")
	_, killed := measured(t, claims, "guards-kill")
	_, lease := measured(t, claims, "guards-lease")
	var out strings.Builder
	out.WriteString("| guard | frozen | frozen, shorter | killed | frozen after the check |\n|---|---|---|---|---|\n")
	for _, guard := range arms {
		after := "there is no check"
		switch {
		case guard == "lease":
			after = damage(lease["after_the_check"])
		case strings.Contains(guard, "cas") || strings.Contains(guard, "fence"):
			after = "the server checks as it writes"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s |\n", guard, damage(frozen[guard]), damage(shorter[guard]), damage(killed[guard]), after)
	}
	return out.String()
}

func guardCosts(t *testing.T, claims string) string {
	arms, costs := measured(t, claims, "guard-cost")
	var out strings.Builder
	out.WriteString("| guard | handler, median | due to acked, median |\n|---|---|---|\n")
	for _, arm := range arms {
		name := "`" + arm + "`"
		if arm == "untouched" {
			name = "no state at all"
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", name, costs[arm]["latency.service.p50"], costs[arm]["latency.response.p50"])
	}
	return out.String()
}

func cacheTable(t *testing.T, claims string) string {
	arms, numbers := measured(t, claims, "stale-cache")
	words := map[string]string{
		"keep": "`cache: keep`", "keep_cas": "`cache: keep` with `guard: cas`", "reload": "`cache: reload`",
		"reload_batch_10": "`cache: reload`, with a batch of 10 in hand",
		"reload_frozen":   "`cache: reload`, frozen with one message in hand", "reload_killed": "`cache: reload`, killed with it",
		"none_frozen": "no cache, frozen with one message in hand",
	}
	var out strings.Builder
	out.WriteString("| worker | stale reads | lost updates |\n|---|---|---|\n")
	for _, arm := range arms {
		if words[arm] == "" {
			t.Errorf("the arm %s has no words", arm)
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", words[arm], numbers[arm]["guard.stale_read"], numbers[arm]["guard.lost_update"])
	}
	return out.String()
}
