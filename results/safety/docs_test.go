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
	const file = "../../docs/explore.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var laws strings.Builder
	for _, l := range safety.Laws {
		fmt.Fprintf(&laws, "**`%s`**: %s\n\n- *Does not apply*: %s\n- *Source*: %s\n\n", l.Name, l.Says, l.Except, l.Source)
	}
	want := inPlace(t, file, string(text), "laws", laws.String())
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s is not what the laws say; run this test with -rewrite", file)
	}
}

// docs/assertions.md has what nats-server asserts, as the table says.
func TestAssertionsAreDocumented(t *testing.T) {
	const file = "../../docs/assertions.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "nats-server %s asserts in %d places:\n\n| message | function | where | reports of the disk | what it means |\n|---|---|---|---|---|\n",
		safety.AssertionsOf, len(safety.Assertions()))
	for _, a := range safety.Assertions() {
		fmt.Fprintf(&table, "| %s | `%s` | %s:%d, `%s` | %s | %s |\n", a.Message, a.Kind, a.File, a.Line, a.In, a.Disk, a.Means)
	}
	want := inPlace(t, file, string(text), "assertions", table.String()+"\n")
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(text) {
		t.Errorf("%s is not what the table says; run this test with -rewrite", file)
	}
}

// inPlace puts text between the marks of a name.
func inPlace(t *testing.T, file, text, name, made string) string {
	t.Helper()
	mark := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
	if len(mark.FindAllString(text, -1)) != 1 {
		t.Fatalf("%s has no place, or several, for %s", file, name)
	}
	return mark.ReplaceAllString(text, "${1}\n"+strings.ReplaceAll(made, "$", "$$")+"${2}")
}
