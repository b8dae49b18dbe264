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
	mark := regexp.MustCompile(`(?s)(<!-- laws -->\n).*?(<!-- end -->)`)
	if len(mark.FindAllString(string(text), -1)) != 1 {
		t.Fatalf("%s has no place, or several, for the laws", file)
	}
	want := mark.ReplaceAllString(string(text), "${1}\n"+strings.ReplaceAll(laws.String(), "$", "$$")+"${2}")
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
