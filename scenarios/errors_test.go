package scenarios

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// Every mistake is reported at its place, says what was expected, and names the nearest right thing. Each archive in
// testdata/errors holds scenarios, each followed by the errors of loading it; lines "#set path=value" are overrides.
// What every scenario needs is added behind the text, unless it says #bare.
func TestErrors(t *testing.T) {
	archives, _ := filepath.Glob("testdata/errors/*.txtar")
	if len(archives) == 0 {
		t.Fatal("no archives in testdata/errors")
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if *rewrite {
				rewriteErrors(t, path, archive)
				return
			}
			for i := 0; i+1 < len(archive.Files); i += 2 {
				input, want := archive.Files[i], archive.Files[i+1]
				if want.Name != "errors" {
					t.Fatalf("%s is followed by %s, want errors", input.Name, want.Name)
				}
				if diff := cmp.Diff(string(want.Data), loadErrors(input.Data)); diff != "" {
					t.Errorf("%s: %s", input.Name, diff)
				}
			}
		})
	}
}

func rewriteErrors(t *testing.T, path string, archive *txtar.Archive) {
	inputs := slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "errors" })
	archive.Files = nil
	for _, input := range inputs {
		archive.Files = append(archive.Files, input, txtar.File{Name: "errors", Data: []byte(loadErrors(input.Data))})
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o666); err != nil {
		t.Fatal(err)
	}
}

// loadErrors loads a scenario and gives what is wrong with it, or not supported.
func loadErrors(text []byte) string {
	var sets []string
	for line := range strings.Lines(string(text)) {
		if set, ok := strings.CutPrefix(line, "#set "); ok {
			sets = append(sets, strings.TrimSpace(set))
		}
	}
	if !strings.Contains(string(text), "#bare") {
		text = withSections(text)
	}
	s, err := LoadFiles("a.yaml", text, sets, readTestdata)
	if err == nil {
		err = Unsupported(s)
	}
	if err == nil {
		return "no error\n"
	}
	return err.Error() + "\n"
}

// withSections adds the sections that every scenario needs, where it moves no line.
func withSections(text []byte) []byte {
	for _, section := range []string{"publishers", "workers"} {
		if !strings.Contains("\n"+string(text), "\n"+section+":") {
			text = append(slices.Clip(text), section+": []\n"...)
		}
	}
	return text
}

// readTestdata is a file system of a few files.
func readTestdata(path string) ([]byte, error) {
	files := map[string]string{
		"good.hgrm":  "       Value     Percentile TotalCount 1/(1-Percentile)\n\n  1.5 0.0 1 1.00\n  3.0 0.5 5 2.00\n  9.25 1.0 10\n#[Mean = 3, StdDeviation = 1]\n",
		"bad.hgrm":   "1.5 zero 1 1.00\n",
		"short.hgrm": "1.5 0.5\n",
		"big.hgrm":   "1e300 0.5 1 1\n",
		"none.hgrm":  "#[Mean = 3]\n",
		"word.csv":   "ms\n1.5\nfast\n",
		"unit.csv":   "12ms\n",
		"two.csv":    "time,worker\n1.5,w1\n",
		"minus.csv":  "1\n-2\n",
		"quote.csv":  "1\n\"2\n",
		"none.csv":   "latency\n",
	}
	text, ok := files[path]
	if !ok {
		return nil, errors.New("no such file")
	}
	return []byte(text), nil
}

// A mistake shows the line it is in.
func TestExcerpt(t *testing.T) {
	_, err := Load("a.yaml", []byte("publishers: []\nworkers:\n  - {bacth: 5}\n"), nil)
	var list ErrorList
	if !errors.As(err, &list) || len(list) != 1 {
		t.Fatalf("got %v, want one mistake", err)
	}
	want := "   3 |   - {bacth: 5}\n     |      ^"
	if got := list[0].Excerpt; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Overrides have no line to show, and are told apart by their text.
func TestOverrideHasNoExcerpt(t *testing.T) {
	_, err := Load("a.yaml", []byte("publishers: []\nworkers: []\n"), []string{"clock=vitrual"})
	var one *Error
	if !errors.As(err, &one) || one.Excerpt != "" || one.Pos.String() != "--set clock=vitrual" {
		t.Errorf("got %#v, want a mistake at the override", err)
	}
}
