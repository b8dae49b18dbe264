package safety_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"pindrop/results/safety"
)

var rewrite = flag.Bool("rewrite", false, "write the table of laws into the docs instead of comparing it")

// docs/explore.md has the laws as they are in the code.
func TestLawsAreDocumented(t *testing.T) {
	var laws strings.Builder
	for _, l := range safety.Laws {
		fmt.Fprintf(&laws, "**`%s`**: %s\n\n- *Does not apply*: %s\n- *Source*: %s\n\n", l.Name, l.Says, l.Except, l.Source)
	}
	documented(t, "../../docs/explore.md", "laws", laws.String())
}

// docs/assertions.md has what nats-server asserts, as the table says.
func TestAssertionsAreDocumented(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "nats-server %s asserts in %d places:\n\n| message | function | where | reports of the disk | what it means |\n|---|---|---|---|---|\n",
		safety.AssertionsOf, len(safety.Assertions()))
	for _, a := range safety.Assertions() {
		fmt.Fprintf(&table, "| %s | `%s` | %s:%d, `%s` | %s | %s |\n", a.Message, a.Kind, a.File, a.Line, a.In, a.Disk, a.Means)
	}
	documented(t, "../../docs/assertions.md", "assertions", table.String()+"\n")
}

// documented fails unless a file has what the code says between the marks of a name; with -rewrite it puts that there.
func documented(t *testing.T, file, name, made string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	mark := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
	if len(mark.FindAll(text, -1)) != 1 {
		t.Fatalf("%s has no place, or several, for %s", file, name)
	}
	want := mark.ReplaceAllString(string(text), "${1}\n"+strings.ReplaceAll(made, "$", "$$")+"${2}")
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s does not have the %s as they are in the code; run this test with -rewrite", file, name)
	}
}
