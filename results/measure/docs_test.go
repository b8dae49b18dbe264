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

// docs/metrics.md is the table of metrics, for people.
func TestMetricsAreDocumented(t *testing.T) {
	const file = "../../docs/metrics.md"
	var b strings.Builder
	b.WriteString("# Metrics\n\nMade from the table in `results/measure/table.go`. Every metric is a function of a run's history; one that does\nnot apply to a run is absent, never 0. Times are seconds of the run's clock; metrics count from the start of disturb.\n\nWith several consumers, what belongs to one is measured for each and put together: their sum, the highest or the lowest,\nas the fourth column says. Where it says nothing, the metric is measured over the messages of all of them at once.\n\n| metric | unit | better | several consumers | definition |\n|---|---|---|---|---|\n")
	for _, m := range Table {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Unit, m.Better, m.Together(), strings.ReplaceAll(m.Doc, "|", "\\|"))
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(written)); diff != "" {
		t.Fatalf("docs/metrics.md is not the table; run this test with -rewrite:\n%s", diff)
	}
}
