package scenarios

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// widthMax is how long a line may become before its mapping or list is broken up.
const widthMax = 110

// print is the tree as YAML text: one line for what fits and reads well on one, blocks for the rest.
func (n *node) print() []byte {
	return []byte(strings.Join(n.block(""), "\n") + "\n")
}

// block is a mapping or a list as lines.
func (n *node) block(indent string) []string {
	var lines []string
	for i, k := range n.keys {
		if note := n.items[i].note; note != "" {
			lines = append(lines, indent+"# "+note)
		}
		head := indent + printText(k.name, flowPlain) + ":"
		if line, fits := n.items[i].inline(head); fits && !n.items[i].column() {
			lines = append(lines, line)
			continue
		}
		lines = append(append(lines, head), n.items[i].block(indent+"  ")...)
	}
	if n.kind != sequence {
		return lines
	}
	for _, item := range n.items {
		line, fits := item.inline(indent + "-")
		if fits {
			lines = append(lines, line)
			continue
		}
		rest := item.block(indent + "  ")
		rest[0] = indent + "- " + strings.TrimPrefix(rest[0], indent+"  ")
		lines = append(lines, rest...)
	}
	return lines
}

// inline is the node behind a head on one line, and whether it belongs there.
func (n *node) inline(head string) (line string, fits bool) {
	if n.kind == scalar {
		return head + " " + n.printScalar(blockPlain), true
	}
	line = head + " " + n.flow()
	return line, len(n.items) == 0 || len(line) <= widthMax
}

// column reports whether a list reads better with an item on each line: groups and sentences.
func (n *node) column() bool {
	return n.kind == sequence && slices.ContainsFunc(n.items, func(item *node) bool {
		return item.kind == mapping || strings.Contains(item.text, " ")
	})
}

// flow is the node on one line.
func (n *node) flow() string {
	parts := make([]string, len(n.items))
	for i, item := range n.items {
		parts[i] = item.flow()
	}
	switch n.kind {
	case scalar:
		return n.printScalar(flowPlain)
	case mapping:
		for i, k := range n.keys {
			parts[i] = printText(k.name, flowPlain) + ": " + parts[i]
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case sequence:
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "null"
}

// Text that YAML reads back as it stands: within brackets, and alone on its line.
var (
	flowPlain  = regexp.MustCompile(`^[A-Za-z0-9/_.+-]([ A-Za-z0-9/_.+=<>*()-]*[A-Za-z0-9/_.+()-])?$`)
	blockPlain = regexp.MustCompile(`^[A-Za-z0-9/_.+(-]([ A-Za-z0-9/_.+=<>*(),;'%&|!?-]*[A-Za-z0-9/_.+()%!?-])?$`)
)

// ambiguous matches text that some reader of YAML takes for a number, a switch, nothing or syntax.
var ambiguous = regexp.MustCompile(`^([-+.0-9][-+.0-9_:eExXoObBTZa-fA-F]*|[-+.]*(?i:inf|nan)|` +
	`(?i:null|true|false|yes|no|on|off|y|n)|- .*|---.*|\.\.\..*)$`)

// printScalar quotes text that would read back as something else.
func (n *node) printScalar(plain *regexp.Regexp) string {
	if n.quoted && ambiguous.MatchString(n.text) {
		return strconv.Quote(n.text)
	}
	return printText(n.text, plain)
}

func printText(s string, plain *regexp.Regexp) string {
	if plain.MatchString(s) {
		return s
	}
	return strconv.Quote(s)
}
