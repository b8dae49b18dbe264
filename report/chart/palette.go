package chart

import (
	"html/template"
	"slices"
	"strings"
)

// Colour is one role in the palette, for light and for dark paper. The colours of shapes are Okabe and Ito's, those
// for light paper darkened where they would fall below a contrast of 3:1.
type Colour struct {
	Role  string // also the name of the CSS variable and of the classes f-role (fill) and s-role (stroke)
	Light string
	Dark  string
	Text  bool // it colours text, which needs a contrast of 4.5:1
}

// Palette holds every colour of a report.
var Palette = []Colour{
	{Role: "paper", Light: "#ffffff", Dark: "#14171c"},
	{Role: "card", Light: "#f6f8fa", Dark: "#1d222a"},
	{Role: "line", Light: "#d8dee4", Dark: "#343b46"},
	{Role: "ink", Light: "#1b1f24", Dark: "#e8ebef", Text: true},
	{Role: "muted", Light: "#57606a", Dark: "#a3adb9", Text: true},
	{Role: "link", Light: "#005a8e", Dark: "#7cc4f0", Text: true},
	{Role: "pass", Light: "#00664b", Dark: "#3fcf9f", Text: true},
	{Role: "fail", Light: "#a8320a", Dark: "#ff9a66", Text: true},
	{Role: "unknown", Light: "#6b5300", Dark: "#f0c64a", Text: true},
	{Role: "pin", Light: "#0b3d66", Dark: "#d7ecfa"},
	{Role: "service", Light: "#2f8fcb", Dark: "#3f9fd8"},
	{Role: "again", Light: "#d55e00", Dark: "#e69f00"},
	{Role: "stale", Light: "#a8457f", Dark: "#dd8fb8"},
	{Role: "down", Light: "#6e7781", Dark: "#8b949e"},
	{Role: "frozen", Light: "#008062", Dark: "#2fbf96"},
	{Role: "overlap", Light: "#a8457f", Dark: "#dd8fb8"},
	{Role: "cliff", Light: "#a07400", Dark: "#e6c14a"},
	{Role: "fault", Light: "#a8320a", Dark: "#ff9a66", Text: true},
	{Role: "limit", Light: "#a8320a", Dark: "#ff9a66", Text: true},
	{Role: "published", Light: "#007a5a", Dark: "#2fbf96"},
	{Role: "delivered", Light: "#0072b2", Dark: "#56b4e9"},
	{Role: "handled", Light: "#d55e00", Dark: "#e69f00"},
}

// Ramp is the scale of a heat map, from little to much: the blue of Okabe and Ito in even steps of lightness, away from
// the paper in both themes, never so far that ink could not be read on it.
var Ramp = []Colour{
	{Role: "heat-0", Light: "#e6f2fc", Dark: "#192834"},
	{Role: "heat-1", Light: "#cce3f6", Dark: "#1c3344"},
	{Role: "heat-2", Light: "#b2d5f1", Dark: "#1f3e55"},
	{Role: "heat-3", Light: "#98c6eb", Dark: "#214967"},
	{Role: "heat-4", Light: "#7eb8e5", Dark: "#235579"},
	{Role: "heat-5", Light: "#62a9df", Dark: "#24618c"},
	{Role: "heat-6", Light: "#429ad8", Dark: "#256d9f"},
}

// coloured are all roles that have a colour.
var coloured = slices.Concat(Palette, Ramp)

// light is the light colour of a role: what a picture shows where styles are blocked.
func light(role string) string {
	for _, c := range coloured {
		if c.Role == role {
			return c.Light
		}
	}
	panic("chart: no colour for the role " + role)
}

// Style is the part of the style sheet that follows from the palette: one variable per role, for both themes, and
// the classes that let shapes follow the theme. Paper is always light when printed.
func Style() template.CSS {
	var lights, darks, classes strings.Builder
	for _, c := range coloured {
		lights.WriteString("  --" + c.Role + ": " + c.Light + ";\n")
		darks.WriteString("  --" + c.Role + ": " + c.Dark + ";\n")
		classes.WriteString(".f-" + c.Role + " { fill: var(--" + c.Role + "); }\n")
		classes.WriteString(".s-" + c.Role + " { stroke: var(--" + c.Role + "); }\n")
	}
	return template.CSS(":root {\n  color-scheme: light;\n" + lights.String() + "}\n" +
		"@media screen and (prefers-color-scheme: dark) {\n:root:not([data-theme=light]) {\n  color-scheme: dark;\n" +
		darks.String() + "}\n}\n" +
		"@media screen {\n:root[data-theme=dark] {\n  color-scheme: dark;\n" + darks.String() + "}\n}\n" +
		classes.String())
}
