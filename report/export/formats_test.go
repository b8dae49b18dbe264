package export

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pindrop/results"
)

// endings are the endings of the files of each format; html and text have golden files in package report.
var endings = map[string]string{"summary": "md", "junit": "xml", "bench": "bench", "csv": "csv", "hgrm": "hgrm", "hlog": "hlog", "trace": "json"}

// Every format writes what it has always written, and the same each time.
func TestGolden(t *testing.T) {
	each(t, inputs(t), func(t *testing.T, f Format, name string, in Input) {
		var first, second bytes.Buffer
		for _, b := range []*bytes.Buffer{&first, &second} {
			if err := f.Write(b, in, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Error("written twice, it is not the same")
		}
		long := name == "repeats" && (f.Name == "csv" || f.Name == "trace")
		same := name == "clocks" && f.Name != "summary" && f.Name != "junit" // as the drill
		if endings[f.Name] != "" && !long && !same {
			golden(t, name+"."+endings[f.Name], first.Bytes())
		}
	})
}

// What a format cannot be made of is refused, and the formats that can are named.
func TestRefused(t *testing.T) {
	all := inputs(t)
	for _, test := range []struct{ format, input, want string }{
		{"hgrm", "sweep", "no format hgrm: a sweep keeps no history of its runs; for a sweep there are: html, text, summary, junit, bench, csv"},
		{"trace", "tuning", "no format trace: a tuning keeps no history of its runs; for a tuning there are: html, text, summary, junit, bench, csv"},
		{"hlog", "repeats", "no format hlog: it is made of one run, and here are 3; for several runs there are: text, summary, junit, bench, csv, trace"},
	} {
		f, err := Find(test.format)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(io.Discard, all[test.input], Options{}); err == nil || err.Error() != test.want {
			t.Errorf("%s of %s: got %v\nwant %s", test.format, test.input, err, test.want)
		}
	}
	if _, err := Find("jnuit"); err == nil || !strings.HasPrefix(err.Error(), `unknown format "jnuit"; nearest: junit (of html, `) {
		t.Errorf("got %v", err)
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteErrorsAreReturned(t *testing.T) {
	each(t, inputs(t), func(t *testing.T, f Format, _ string, in Input) {
		if err := f.Write(fullDisk{}, in, Options{}); !errors.Is(err, errFull) {
			t.Errorf("got %v, want %v", err, errFull)
		}
	})
}

// No format lets through what steers a terminal, whoever chose it.
func TestHostileTextsSteerNothing(t *testing.T) {
	each(t, hostiles(t), func(t *testing.T, f Format, _ string, in Input) {
		var b bytes.Buffer
		if err := f.Write(&b, in, Options{}); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"\x1b", "\x00", "\u202e", "\xff"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%q came through", bad)
			}
		}
	})
}

// An empty record, as an interrupted run may leave it, can be exported by whatever needs no history.
func TestEmptyRecord(t *testing.T) {
	for _, f := range Formats {
		if f.History {
			continue
		}
		if err := f.Write(io.Discard, of(Run{Record: &results.Record{Scenario: "empty"}}), Options{}); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}
