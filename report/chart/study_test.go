package chart

import (
	"math"
	"strings"
	"testing"
)

// colourOf is the colour of a role in a theme.
func colourOf(role string, dark bool) string {
	for _, c := range coloured {
		if c.Role == role && dark {
			return c.Dark
		}
	}
	return light(role)
}

// lightness is the L* of CIE 1976, on which equal steps look equal.
func lightness(hex string) float64 { return 116*math.Cbrt(luminance(hex)) - 16 }

// Each step of the ramp is as far from the one before it as any other, and ink can be read on all of them.
func TestRampIsEven(t *testing.T) {
	for _, dark := range []bool{false, true} {
		first, last := lightness(colourOf(Ramp[0].Role, dark)), lightness(colourOf(Ramp[len(Ramp)-1].Role, dark))
		want := (last - first) / float64(len(Ramp)-1)
		for i, c := range Ramp {
			here := colourOf(c.Role, dark)
			if got := contrast(colourOf("ink", dark), here); got < 4.5 {
				t.Errorf("dark %v: ink on %s: %.2f", dark, c.Role, got)
			}
			if i == 0 {
				continue
			}
			if step := lightness(here) - lightness(colourOf(Ramp[i-1].Role, dark)); math.Abs(step-want) > 0.15*math.Abs(want) {
				t.Errorf("dark %v: %s is %.1f from the step before, want %.1f", dark, c.Role, step, want)
			}
		}
	}
}

func TestHeatRole(t *testing.T) {
	for share, want := range map[float64]string{0: "heat-0", 0.5: "heat-3", 1: "heat-6", -1: "heat-0", 2: "heat-6"} {
		if got := HeatRole(share); got != want {
			t.Errorf("%v: got %s, want %s", share, got, want)
		}
	}
}

func TestMarksTakeRows(t *testing.T) {
	at := func(places ...int64) Marks {
		ms := Marks{Paint: Paint{Role: "ink"}}
		for _, p := range places {
			ms.Marks = append(ms.Marks, Mark{At: p, Label: "advised 15"})
		}
		return ms
	}
	for _, c := range []struct {
		marks Marks
		want  int
	}{{at(), 1}, {at(1000, 9000), 1}, {at(1000, 1100), 2}, {at(1000, 1100, 1200, 9000), 3}} {
		if got := c.marks.RowsAt(330, Margin{Left: 84, Right: 14}); got != c.want {
			t.Errorf("%v: got %d rows, want %d", c.marks.Marks, got, c.want)
		}
	}
	c := Chart{ID: "x", Width: 330, Height: 100, Margin: Margin{Left: 84, Right: 14}, X: Axis{To: Places}}
	for rows, hidden := range map[int]int{1: 2, 2: 1, 3: 0} {
		ms := at(1000, 1100, 1200)
		ms.Rows = rows
		c.Layers = []Layer{ms}
		if got := strings.Count(string(c.SVG()), `visibility="hidden"`); got != hidden {
			t.Errorf("%d rows: %d labels are hidden, want %d", rows, got, hidden)
		}
	}
}

func TestStudyShapesAreEscaped(t *testing.T) {
	const bad = `"><script>alert(1)</script>`
	heat := Heat{RowH: 30, Caption: bad, Cols: []string{bad}, Rows: []string{bad}, Cells: []Cell{{Role: "heat-0", Texts: []string{bad}, Title: bad}}}
	c := Chart{ID: "x", Kind: "grid", Width: 1000, Height: 100, X: Axis{To: 1}, XLabel: bad, Y: &Axis{To: 1}, Layers: []Layer{heat,
		Spots{{Paint: Paint{Role: "pin"}, Shape: Disc, Title: bad}}, Band{Paint: Paint{Role: "pass"}, To: Places}}}
	if got := string(c.SVG()); strings.Contains(got, "<script") || strings.Contains(got, `""`) {
		t.Errorf("markup got through: %s", got)
	}
}

// A cell shows the longest of its texts for which it has room, and none where it has no room for the shortest.
func TestCellsShowWhatFits(t *testing.T) {
	for cols, want := range map[int]string{4: "✓ 2.35 s", 20: "✓", 100: ""} {
		heat := Heat{RowH: 30, Rows: []string{"1"}, Cells: []Cell{{Role: "heat-0", Texts: []string{"✓ 2.35 s", "✓"}}}}
		c := Chart{ID: "x", Kind: "grid", Width: 600, Height: 100, X: Axis{To: float64(cols)}, Layers: []Layer{heat}}
		got := ""
		for _, text := range []string{"✓ 2.35 s", "✓"} {
			before, _, _ := strings.Cut(string(c.SVG()), ">"+text+"<")
			if tag := before[strings.LastIndex(before, "<"):]; strings.Contains(tag, `visibility="visible"`) {
				got = text
			}
		}
		if got != want {
			t.Errorf("%d columns: shows %q, want %q", cols, got, want)
		}
	}
}
