package pindrop_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unwanted are texts that do not belong into what we hand on. Their parts are put together here, so that this file
// does not complain about itself.
var unwanted = []struct {
	text *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`(^|[\s"'` + "`" + `(=:,])/(work|root|home)(/|\b)`), "a path of somebody's machine"},
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX)\b`), "work left undone"},
}

// complaints lists what is unwanted in a line.
func complaints(line string) []string {
	var whys []string
	for _, u := range unwanted {
		if found := u.text.FindString(line); found != "" {
			whys = append(whys, u.why+": "+strings.TrimSpace(found))
		}
	}
	return whys
}

// written reports whether people write such files, rather than programs.
func written(name string) bool {
	return slices.Contains([]string{".go", ".md", ".yaml", ".yml", ".css", ".js", ".txtar"}, filepath.Ext(name)) ||
		slices.Contains([]string{"Makefile", "run"}, name)
}

func TestTextIsTidy(t *testing.T) {
	var lines int
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "dist"}, path):
			return fs.SkipDir
		case d.IsDir() || !written(d.Name()):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			for _, why := range complaints(line) {
				t.Errorf("%s:%d: %s", path, number, why)
			}
		}
		lines += number
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if lines == 0 {
		t.Error("no text was looked at; expected to stand at the top of the module")
	}
}
