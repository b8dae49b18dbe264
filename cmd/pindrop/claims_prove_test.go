//go:build prove

package main

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every claim comes out alike with ten seeds, and the ranges are those of docs/claims.md.
func TestClaimsOverSeeds(t *testing.T) {
	written, err := os.ReadFile(claimsDoc)
	if err != nil {
		t.Fatal(err)
	}
	measured := claimsMarkdown(t, "--seeds", strconv.Itoa(claimsSeeds))
	if diff := cmp.Diff(string(written), measured); diff != "" {
		t.Errorf("docs/claims.md is not what was measured with %d seeds:\n%s", claimsSeeds, diff)
	}
}

// brokenServers are claims about what becomes of servers that real processes can show as well as a guest.
var brokenServers = []string{"crash-r1", "leader-kill", "leader-unpins"}

// The claims for the real clock, that the clocks agree among them, and those that both clocks can show.
func TestRealClaims(t *testing.T) {
	for _, ids := range [][]string{nil, brokenServers} {
		var out, trouble bytes.Buffer
		if code := pindrop(slices.Concat([]string{"claims", "--clock", "real"}, ids), &out, &trouble); code != 0 {
			t.Errorf("exit code %d\n%s\n%s", code, trouble.String(), out.String())
		}
	}
}

// The claims that need a guest come out as expected, and flip.
func TestGuestClaims(t *testing.T) {
	var out, trouble bytes.Buffer
	if code := pindrop(slices.Concat([]string{"claims", "power-loss", "power-loss-r1"}, brokenServers), &out, &trouble); code != 0 {
		t.Errorf("exit code %d\n%s\n%s", code, trouble.String(), out.String())
	}
}
