package scenarios

import (
	"regexp"
	"strconv"
	"strings"
)

// widthMax is how long a line may become before its mapping or list is broken up.
const widthMax = 110

// print is the tree as YAML text, short mappings and lists on one line.
func (n *node) print() []byte {
	var out strings.Builder
	for i, k := range n.keys {
		n.items[i].printEntry(&out, "", printText(k.name, false)+":")
	}
	return []byte(out.String())
}

// printEntry writes one entry of a mapping, or of a list, after its head ("key:", "-").
func (n *node) printEntry(out *strings.Builder, indent, head string) {
	flow := n.flow()
	list := n.kind == sequence && head != "-" && strings.Contains(flow, "{") // a list of groups: one line each
	if n.kind == scalar || n.kind == null || len(n.items) == 0 ||
		!list && len(indent)+len(head)+1+len(flow) <= widthMax {
		out.WriteString(indent + head + " " + flow + "\n")
		return
	}
	if n.kind == sequence {
		out.WriteString(indent + head + "\n")
		for _, item := range n.items {
			item.printEntry(out, indent+"  ", "-")
		}
		return
	}
	if head != "-" {
		out.WriteString(indent + head + "\n")
	}
	for i, k := range n.keys {
		lead := indent + "  "
		name := printText(k.name, false) + ":"
		if head == "-" && i == 0 {
			n.items[i].printFirst(out, indent, name)
			continue
		}
		n.items[i].printEntry(out, lead, name)
	}
}

// printFirst writes the first entry of a mapping behind the dash of its list.
func (n *node) printFirst(out *strings.Builder, indent, name string) {
	var entry strings.Builder
	n.printEntry(&entry, indent+"  ", name)
	out.WriteString(indent + "- " + strings.TrimPrefix(entry.String(), indent+"  "))
}

// flow is the node on one line.
func (n *node) flow() string {
	switch n.kind {
	case scalar:
		return printText(n.text, n.quoted)
	case mapping:
		parts := make([]string, len(n.keys))
		for i, k := range n.keys {
			parts[i] = printText(k.name, false) + ": " + n.items[i].flow()
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case sequence:
		parts := make([]string, len(n.items))
		for i, item := range n.items {
			parts[i] = item.flow()
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "null"
}

// plain matches text that YAML reads back as it stands, in flow style as well.
var plain = regexp.MustCompile(`^[A-Za-z0-9/_.+-]+([ =<>*+/_.()A-Za-z0-9-]*[A-Za-z0-9/_.()+-])?$`)

// dangerous matches plain text that readers of YAML take for something else than text, or for syntax.
var dangerous = regexp.MustCompile(`^([-+.0-9].*|(?i:null|true|false|yes|no|on|off|y|n)|---.*|.*\s[-*>|=<]?$)$`)

// printText is a scalar; text that only looks like a number or a switch is quoted where it is meant as text.
func printText(s string, text bool) string {
	if plain.MatchString(s) && (!text || !dangerous.MatchString(s)) {
		return s
	}
	return strconv.QuoteToGraphic(s)
}
