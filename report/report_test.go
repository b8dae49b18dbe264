package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// golden compares with a file under testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("%s differs; review it and run the test with -rewrite (-want +got):\n%s", path, diff)
	}
}

func records() map[string]*results.Record {
	return map[string]*results.Record{"kill": killDrill(), "cliff": cliffRun(), "company": inCompany(), "hostile": hostile()}
}

func render(t *testing.T, r *results.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHTMLGolden(t *testing.T) {
	for name, r := range records() {
		t.Run(name, func(t *testing.T) { golden(t, name+".html", render(t, r)) })
	}
}

func TestTextGolden(t *testing.T) {
	files := []File{{"report", "results/kill-mid-batch/1/report.html"}, {"record", "results/kill-mid-batch/1/record.json"}}
	for name, r := range records() {
		for _, width := range []int{60, 80, 120} {
			t.Run(fmt.Sprintf("%s %d", name, width), func(t *testing.T) {
				var b bytes.Buffer
				if err := Text(&b, r, TextOptions{Width: width, Files: files}); err != nil {
					t.Fatal(err)
				}
				golden(t, fmt.Sprintf("%s.%d.txt", name, width), b.Bytes())
			})
		}
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreReturned(t *testing.T) {
	if err := HTML(fullDisk{}, killDrill()); !errors.Is(err, errFull) {
		t.Errorf("HTML: got %v", err)
	}
	if err := Text(fullDisk{}, killDrill(), TextOptions{}); !errors.Is(err, errFull) {
		t.Errorf("Text: got %v", err)
	}
}

// Only paths and commands may be wider than the terminal: wrapped, they could not be copied.
func TestTextFits(t *testing.T) {
	for _, r := range []*results.Record{killDrill(), cliffRun()} {
		r.Command = ""
		for _, width := range []int{60, 80, 120} {
			var b bytes.Buffer
			if err := Text(&b, r, TextOptions{Width: width}); err != nil {
				t.Fatal(err)
			}
			for _, line := range strings.Split(b.String(), "\n") {
				if n := len([]rune(line)); n > width {
					t.Errorf("%s at %d columns: a line of %d: %s", r.Scenario, width, n, line)
				}
			}
		}
	}
}

// A record with nothing in it, as an interrupted run may leave it, still makes a report.
func TestEmptyRecord(t *testing.T) {
	r := &results.Record{Scenario: "empty"}
	page := string(render(t, r))
	if !strings.Contains(page, "? UNKNOWN") || !strings.Contains(page, "No worker was seen.") {
		t.Error("the page of an empty record must say that nothing is known")
	}
	var b bytes.Buffer
	if err := Text(&b, r, TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "? UNKNOWN  empty\n") {
		t.Errorf("got %q", b.String())
	}
}
