//go:build prove

package main

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"pindrop/scenarios/drawn"
)

// Many more drawn runs end, on every engine and on both clocks. PINDROP_DRAWN has the first seed.
func TestManyDrawnRunsEnd(t *testing.T) {
	from, _ := strconv.ParseUint(os.Getenv("PINDROP_DRAWN"), 10, 64)
	for _, c := range []struct {
		name  string
		runs  uint64
		menu  drawn.Menu
		args  []string
		limit int // side by side
	}{
		{"native", 1000, drawn.Menu{}, nil, 4},
		{"one server", 100, drawn.Menu{Servers: 1}, nil, 2},
		{"cluster", 100, drawn.Menu{Servers: 3}, nil, 2},
		{"real", 20, drawn.Menu{}, []string{"--clock", "real"}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			places := make(chan struct{}, c.limit)
			for seed := from; seed < from+c.runs; seed++ {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					places <- struct{}{}
					defer func() { <-places }()
					ends(t, seed, c.menu, c.args...)
				})
			}
		})
	}
}
