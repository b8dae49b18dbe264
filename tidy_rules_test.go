package pindrop_test

import (
	"fmt"
	"go/token"
	"strings"
	"testing"
)

// A rule that never complains looks like a house in order. So each is shown a file that breaks it.
func TestEveryRuleComplains(t *testing.T) {
	long := "package sim\n\nfunc run() {\n" + strings.Repeat("\t_ = 0\n", 68) + "}\n" // 70 lines
	for _, test := range []struct {
		rule, pkg, file, text string
		want                  string // "" where the rule must be content
	}{
		{"floors", "results", "a.go", `package results; import "pindrop/sim"`, "a.go:1:25: results (floor 2) imports sim (floor 3); imports only point down"},
		{"floors", "report", "a.go", `package report; import "pindrop/sim"`, "report (floor 3) imports sim (floor 3)"},
		{"floors", "results/measure", "a.go", `package measure; import "pindrop/scenarios/laws"`, "imports scenarios/laws (floor 1)"},
		{"floors", "report", "a.go", `package report; import "pindrop/report/chart"`, ""},
		{"floors", "results", "a.go", `package results; import ("pindrop/results/history"; "os")`, ""},
		{"floors", "results/history", "a_test.go", `package history; import "pindrop/sim"`, ""},
		{"floors", "extras", "a.go", `package extras`, `package "extras" stands on no floor`},
		{"floors", "", "a.go", `package pindrop`, `package "" stands on no floor`},
		{"floors", "sim", "a.go", `package sim; import "pindrop/extras"`, "extras stands on no floor"},
		{"floors", "cmd/pindrop-guest", "a.go", `package main; import "pindrop/report"`, "may import sim, sim/disk, sim/memnet, scenarios, results/history only, not report"},
		{"floors", "cmd/pindrop-guest", "a.go", `package main; import "pindrop/sim"`, ""},

		{"purity", "results/measure", "a.go", `package measure; import "os"`, "results/measure is pure and must not import os"},
		{"purity", "report/chart", "a.go", `package chart; import n "net/http"`, "must not import net/http"},
		{"purity", "scenarios", "a.go", `package scenarios; import "time"; var a = time.Now`, "must not call time.Now"},
		{"purity", "scenarios", "a.go", `package scenarios; import t "time"; var a = t.After`, "must not call time.After"},
		{"purity", "scenarios", "a.go", `package scenarios; import "time"; var a = time.Second`, ""},
		{"purity", "reporters", "a.go", `package reporters; import "os"`, ""},
		{"purity", "report", "a_test.go", `package report; import "os"`, ""},

		{"randomness", "sim", "a.go", `package sim; import "math/rand/v2"; var a = rand.IntN(3)`, "rand.IntN draws from the source that all packages share"},
		{"randomness", "sim", "a.go", `package sim; import "math/rand"; var a = rand.Intn(3)`, "rand.Intn draws"},
		{"randomness", "sim", "a.go", `package sim; import "math/rand/v2"; var a *rand.Rand = rand.New(rand.NewPCG(1, 2))`, ""},
		{"randomness", "sim", "a.go", `package sim; import "golang.org/x/sys/unix"; var a = unix.Mmap`, "Mmap keeps a map by addresses that the kernel draws"},
		{"randomness", "sim", "a.go", `package sim; import "golang.org/x/sys/unix"; var a = unix.MmapPtr`, ""},
		{"randomness", "results/measure", "a.go", `package measure; import "math/rand/v2"`, "leaves nothing to chance"},

		{"length", "sim", "a.go", long, ""},
		{"length", "sim", "a.go", strings.Replace(long, "}", "\n}", 1), "a.go:3:1: run has 71 lines; expected at most 70"},
		{"length", "sim", "a_test.go", strings.Replace(long, "}", "\n}", 1), ""},
		{"length", "sim", "a.go", "package sim\n" + strings.Repeat("\n", 399), ""},
		{"length", "sim", "a.go", "package sim\n" + strings.Repeat("\n", 400), "the file has 401 lines; expected at most 400"},

		{"names", "sim/util", "a.go", `package util`, "package util says nothing"},
		{"names", "sim/faults", "a_test.go", `package helpers_test`, "package helpers says nothing"},
		{"names", "sim", "a.go", `package sim`, ""},

		{"docs", "sim", "a.go", "package sim\nfunc Run() {}", "a.go:2:1: Run has no comment"},
		{"docs", "sim", "a.go", "package sim\ntype Link struct{}", "Link has no comment"},
		{"docs", "sim", "a.go", "package sim\nvar a, Link = 1, 2", "Link has no comment"},
		{"docs", "sim", "a.go", "package sim\nfunc (l *Link[T]) Cut() {}", "Cut has no comment"},
		{"docs", "sim", "a.go", "package sim\nfunc (l link) Cut() {}\nfunc run() {}\ntype link struct{}", ""},
		{"docs", "sim", "a.go", "package sim\n// The ends.\nconst (\nFrom = 1\nTo = 2\n)", ""},
		{"docs", "sim", "a.go", "package sim\nconst (\nFrom = 1 // the first\nTo = 2\n)", "a.go:4:1: To has no comment"},

		{"sleep", "sim", "a_test.go", `package sim; import "time"; func a() { time.Sleep(1) }`, "a test sleeps"},
		{"sleep", "sim", "a_test.go", `package sim; import ("time"; "testing/synctest"); func a() { time.Sleep(1); synctest.Wait() }`, ""},
		{"sleep", "sim", "a.go", `package sim; import "time"; func a() { time.Sleep(1) }`, ""},
	} {
		t.Run(test.rule+" "+test.pkg, func(t *testing.T) {
			s, err := parse(test.pkg, test.file, test.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			rules[test.rule](s, func(at token.Pos, format string, args ...any) {
				got = append(got, s.set.Position(at).String()+": "+fmt.Sprintf(format, args...))
			})
			switch {
			case test.want == "" && len(got) > 0:
				t.Errorf("complained about a file in order: %v\n%s", got, test.text)
			case test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)):
				t.Errorf("got %q, want one complaint with %q\n%s", got, test.want, test.text)
			}
		})
	}
}

func TestTextComplaints(t *testing.T) {
	for line, want := range map[string]int{
		"see /wo" + "rk/main/go.mod":       1,
		"`/ro" + "ot/go`":                  1,
		"TO" + "DO: and /ho" + "me/me":     2,
		"FIX" + "ME":                       1,
		"batch/work and w1/workers":        0,
		"mktemp pindrop.X" + "XXXXX":       0,
		"https://nats.io/root/of/the/docs": 0,
	} {
		if got := complaints(line); len(got) != want {
			t.Errorf("%q: got %q, want %d", line, got, want)
		}
	}
}
