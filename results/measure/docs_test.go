package measure

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var rewrite = flag.Bool("rewrite", false, "write tables of the documentation instead of comparing them")

// docs/metrics.md has the table of metrics between its marks, behind the definitions on which they rest.
func TestMetricsAreDocumented(t *testing.T) {
	const file = "../../docs/metrics.md"
	var b strings.Builder
	b.WriteString("| metric | unit | better | several consumers | definition |\n|---|---|---|---|---|\n")
	for _, m := range Table {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, m.Unit, m.Better, m.Together(), strings.ReplaceAll(m.Doc, "|", "\\|"))
	}
	documented(t, file, "metrics", b.String())
}

// docs/validity.md has the bounds of the premise about time.
func TestBoundsAreDocumented(t *testing.T) {
	percent := func(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
	var b strings.Builder
	b.WriteString("| what | bound |\n|---|---|\n")
	for _, row := range [][2]string{
		{"a part stands still or runs late at once", seconds(LateMax)},
		{"a part loses time by lateness of 100 ms or more, in all", percent(LateShareMax) + " of the fault phase, and " + seconds(LateMax)},
		{"the machine sleeps, in all", seconds(SuspendedMax)},
		{"the wall clock is set, forward or back, at once", seconds(SteppedMax)},
		{"all tasks of the control group wait for a processor at one time", percent(PressureMax) + " of the fault phase"},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	documented(t, "../../docs/validity.md", "bounds", b.String())
}

// documented compares a table with what stands between its marks in a file, or writes it there.
func documented(t *testing.T, file, name, table string) {
	t.Helper()
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := "<!-- "+name+" -->\n", "<!-- end -->"
	head, rest, found := strings.Cut(string(written), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the table", file)
	}
	want := head + begin + table + end + tail
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(written)); diff != "" {
		t.Fatalf("%s has another table; run this test with -rewrite:\n%s", file, diff)
	}
}
