package export

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// docs/exports.md shows what is really written: its tables and examples are made here.
func TestExportsAreDocumented(t *testing.T) {
	const file = "../../docs/exports.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := fillIn(t, string(text), "formats", formatTable())
	want = fillIn(t, want, "columns of csv", columnTable())
	for _, f := range Formats {
		if _, ok := endings[f.Name]; !ok {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(render(t, f.Name, of(theDrill(t)), Options{}))), "\n")
		want = fillIn(t, want, "example of "+f.Name, example(f.Name, lines))
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Errorf("%s is not what is written; run the test with -rewrite: %s", file, diff)
	}
}

// fillIn puts something between its marks.
func fillIn(t *testing.T, text, name, content string) string {
	t.Helper()
	mark := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
	if len(mark.FindAllString(text, -1)) != 1 {
		t.Fatalf("there is no place, or several, for the %s", name)
	}
	return mark.ReplaceAllString(text, "${1}"+strings.ReplaceAll(content, "$", "$$")+"${2}")
}

func formatTable() string {
	var out strings.Builder
	out.WriteString("| format | what it is | several runs | sweep | tuning | with history |\n|---|---|---|---|---|---|\n")
	yes := func(is bool) string {
		if is {
			return "yes"
		}
		return ""
	}
	for _, f := range Formats {
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | %s | %s |\n", f.Name, f.Doc, yes(!f.Single), yes(f.sweep != nil), yes(f.tuning != nil), yes(f.History))
	}
	return out.String()
}

func columnTable() string {
	var out strings.Builder
	out.WriteString("| column | meaning |\n|---|---|\n")
	for _, c := range Columns {
		fmt.Fprintf(&out, "| `%s` | %s |\n", c.Name, c.Doc)
	}
	return out.String()
}

// The size of an example.
const (
	exampleLines = 22
	exampleWidth = 118
)

// example is a part of a file that tells what is in it: for a trace the first event of each kind, for benchmarks no more
// than two of the lines about units. What is cut off leaves a sign.
func example(format string, lines []string) string {
	seen := map[string]int{}
	var out strings.Builder
	out.WriteString("```\n")
	shown := 0
	for _, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		most, kind := 1<<30, line
		switch {
		case format == "trace" && strings.HasPrefix(line, `{"name"`):
			kind = regexp.MustCompile(`"ph":"."(,"cat":"[a-z]*")?`).FindString(line)
			most = 1
		case format == "bench":
			kind, _, _ = strings.Cut(line, " ")
			most = 2
		}
		if seen[kind]++; seen[kind] > most {
			continue
		}
		if shown++; shown > exampleLines && format != "trace" && format != "hgrm" && format != "summary" {
			out.WriteString("…\n")
			break
		}
		if runes := []rune(line); len(runes) > exampleWidth && format != "summary" {
			line = string(runes[:exampleWidth]) + "…"
		}
		out.WriteString(line + "\n")
	}
	return out.String() + "```\n"
}
