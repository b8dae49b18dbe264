package measure

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write docs/metrics.md instead of comparing it")

// docs/metrics.md has the table of metrics between its marks, behind the definitions on which they rest.
func TestMetricsAreDocumented(t *testing.T) {
	const file = "../../docs/metrics.md"
	var b strings.Builder
	b.WriteString("| metric | unit | better | several consumers | definition |\n|---|---|---|---|---|\n")
	for _, m := range Table {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Unit, m.Better, m.Together(), strings.ReplaceAll(m.Doc, "|", "\\|"))
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- metrics -->\n", "<!-- end -->"
	head, rest, found := strings.Cut(string(written), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", file)
	}
	want := head + begin + b.String() + end + tail
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(written)); diff != "" {
		t.Fatalf("docs/metrics.md is not the table; run this test with -rewrite:\n%s", diff)
	}
}
