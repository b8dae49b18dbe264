package laws

import (
	"fmt"
	"slices"
	"testing"

	"pindrop/scenarios"
)

func TestSurvey(t *testing.T) {
	for _, n := range slices.Concat(scenarios.Names(), scenarios.Claims()) {
		text, _ := scenarios.Builtin(n)
		s, err := scenarios.Load(n+".yaml", text, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Check(s) {
			fmt.Println(n, "::", f)
		}
	}
}
