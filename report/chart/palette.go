package chart

import (
	"html/template"
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

// light is the light colour of a role: what a picture shows where styles are blocked.
func light(role string) string {
	for _, c := range Palette {
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
	for _, c := range Palette {
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
