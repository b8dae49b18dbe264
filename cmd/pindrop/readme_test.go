package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write what was printed into the README instead of comparing it")

// stamp is the part of a path that differs from run to run.
var stamp = regexp.MustCompile(`\d{8}-\d{6}`)

// readmeTries is how often a command may print something else: where workers race for messages, events of one instant may
// swap on the native engine, and the README shows the usual course.
const readmeTries = 4

// Every block of the README that begins with "$ pindrop" shows what that command prints.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	t.Parallel()
	const file = "../../README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "pindrop")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	blocks := 0
	block := regexp.MustCompile("(?ms)^```\n\\$ pindrop ([^\n]*)\n(.*?)^```\n")
	shown := block.ReplaceAllStringFunc(string(text), func(found string) string {
		blocks++
		args := block.FindStringSubmatch(found)[1]
		now := ""
		for range readmeTries {
			if now = "```\n$ pindrop " + args + "\n" + printedBy(t, binary, args) + "```\n"; now == found || *rewrite {
				break
			}
		}
		return now
	})
	if blocks == 0 {
		t.Fatal("the README shows no command")
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(shown), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), shown); diff != "" {
		t.Fatalf("the README is not what is printed; run this test with -rewrite and look at the difference:\n%s", diff)
	}
}

// printedBy is what a command prints on standard output, in a folder of its own.
func printedBy(t *testing.T, binary, args string) string {
	t.Helper()
	c := exec.Command(binary, strings.Fields(args)...)
	c.Dir = t.TempDir()
	var progress strings.Builder
	c.Stderr = &progress
	out, err := c.Output()
	if err != nil {
		t.Errorf("pindrop %s: %v\n%s", args, err, &progress)
	}
	return stamp.ReplaceAllString(string(out), "20260101-120000")
}
