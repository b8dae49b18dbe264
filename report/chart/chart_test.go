package chart

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestTimeTicks(t *testing.T) {
	const s = int64(second)
	for _, c := range []struct {
		from, to int64
		want     string
	}{
		{-2 * s, 40 * s, "0 s, 5 s, 10 s, 15 s, 20 s, 25 s, 30 s, 35 s, 40 s"},
		{0, s / 2, "0.00 s, 0.05 s, 0.10 s, 0.15 s, 0.20 s, 0.25 s, 0.30 s, 0.35 s, 0.40 s, 0.45 s, 0.50 s"},
		{-s, s, "−1.0 s, −0.8 s, −0.6 s, −0.4 s, −0.2 s, 0.0 s, 0.2 s, 0.4 s, 0.6 s, 0.8 s, 1.0 s"},
		{0, 240 * s, "0 min, 0.5 min, 1 min, 1.5 min, 2 min, 2.5 min, 3 min, 3.5 min, 4 min"},
		{0, 3600 * s, "0 min, 10 min, 20 min, 30 min, 40 min, 50 min, 60 min"},
		{s, s, "1 s"},
	} {
		if got := labels(TimeTicks(c.from, c.to, 10)); got != c.want {
			t.Errorf("%d to %d:\n got %s\nwant %s", c.from, c.to, got, c.want)
		}
	}
}

func labels(ticks []Tick) string {
	var out []string
	for _, t := range ticks {
		out = append(out, t.Label)
	}
	return strings.Join(out, ", ")
}

func TestOtherTicks(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{labels(ValueTicks(110, 4)), "0, 50, 100, 150"},
		{labels(ValueTicks(0, 4)), "0, 0.5, 1"},
		{labels(ValueTicks(104000, 4)), "0, 50k, 100k, 150k"},
		{labels(LogTicks(2e3, 5e9)), "1 µs, 10 µs, 100 µs, 1 ms, 10 ms, 100 ms, 1 s, 10 s"},
		{labels(LogTicks(1e6, 1e6)), "1 ms, 10 ms"},
		{labels(NinesTicks(4)), "0 %, 50 %, 90 %, 99 %, 99.9 %, 99.99 %"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

func TestBarsMergeAndNeverVanish(t *testing.T) {
	x := Scale{From: 0, To: 1000, A: 0, B: 100} // 10 a pixel
	for _, c := range []struct {
		name  string
		spans []Span
		want  string
	}{
		{"one", []Span{{100, 200}}, "M10 5H20V9H10Z"},
		{"shorter than a pixel", []Span{{100, 101}}, "M10 5H11V9H10Z"},
		{"less than a pixel apart", []Span{{100, 200}, {205, 300}}, "M10 5H30V9H10Z"},
		{"a pixel apart", []Span{{100, 200}, {210, 300}}, "M10 5H20V9H10ZM21 5H30V9H21Z"},
		{"outside", []Span{{-20, 0}, {1000, 1100}}, ""},
		{"cut", []Span{{-50, 100}}, "M0 5H10V9H0Z"},
	} {
		if got := bars(c.spans, x, 5, 4); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestStepsKeepEverySpike(t *testing.T) {
	x, y := Scale{From: 0, To: 1000, A: 0, B: 100}, Scale{From: 0, To: 10, A: 10, B: 0}
	if got, want := steps([]int64{0, 500}, []float64{0, 4}, x, y), "M0 10H50V6H100"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	at, v := make([]int64, 1000), make([]float64, 1000)
	for i := range at {
		at[i], v[i] = int64(i), 5
	}
	v[501], v[503] = 10, 1
	d := steps(at, v, x, y)
	if !strings.Contains(d, "V9V0V5") {
		t.Errorf("the spikes to 1 and 10 within one pixel are lost: %s", d)
	}
	if len(d) > 100 {
		t.Errorf("a flat line with a spike takes %d bytes", len(d))
	}
}

func TestScale(t *testing.T) {
	log := Scale{From: 1, To: 100, A: 0, B: 100, Log: true}
	flat := Scale{From: 3, To: 3, A: 7, B: 9}
	for _, c := range []struct{ got, want float64 }{{log.At(10), 50}, {log.At(0.1), 0}, {log.At(1e9), 100}, {flat.At(3), 7}} {
		if math.Abs(c.got-c.want) > 1e-9 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestEverythingIsEscaped(t *testing.T) {
	const bad = `"><script>alert(1)</script>`
	c := Chart{ID: "x", Title: bad, Desc: bad, Width: 100, Height: 100, X: Axis{To: 1, Ticks: []Tick{{0, bad}}}, Layers: []Layer{
		Row{Name: bad, H: 10}, Marks{Paint: Paint{Role: "fault"}, Marks: []Mark{{At: 0, Label: bad}}},
		Bars{Paint: Paint{Role: "pin"}, Source: Source{1, bad, bad}, Spans: []Span{{0, 1}}}, Threshold{Paint: Paint{Role: "limit"}, Label: bad}}}
	c.Y = &Axis{To: 1, Ticks: []Tick{{0, bad}}}
	if got := string(c.SVG()); strings.Contains(got, "<script") || strings.Contains(got, `""`) {
		t.Errorf("markup got through: %s", got)
	}
}

// contrast is the ratio that WCAG 2 defines.
func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(hex string) float64 {
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			panic(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func TestContrast(t *testing.T) {
	grounds := map[string]Colour{}
	for _, c := range Palette {
		if c.Role == "paper" || c.Role == "card" {
			grounds[c.Role] = c
		}
	}
	for _, c := range Palette {
		if c.Role == "paper" || c.Role == "card" || c.Role == "line" { // line: the grid, which must stay behind
			continue
		}
		want := 3.0
		if c.Text {
			want = 4.5
		}
		for name, ground := range grounds {
			if got := contrast(c.Light, ground.Light); got < want {
				t.Errorf("light %s on %s: %.2f, want %.1f", c.Role, name, got, want)
			}
			if got := contrast(c.Dark, ground.Dark); got < want {
				t.Errorf("dark %s on %s: %.2f, want %.1f", c.Role, name, got, want)
			}
		}
	}
}

// Every class that a chart uses must exist in the style sheet, or the shape would not follow the theme.
func TestStyleKnowsEveryRole(t *testing.T) {
	style := string(Style())
	for _, c := range Palette {
		if !regexp.MustCompile(`(?m)^\.f-` + c.Role + ` \{ fill: var\(--` + c.Role + `\); \}$`).MatchString(style) {
			t.Errorf("no class for %s", c.Role)
		}
	}
}
