package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// sideMark parts the sides of a fault of routes.
const sideMark = "/"

// Sides are the groups of servers that the target of a fault of routes names: "n1 / n2 n3". Words such as leader are in them
// as they are. One side alone is meant against all other servers.
func Sides(target string) [][]string {
	var sides [][]string
	for side := range strings.SplitSeq(target, sideMark) {
		sides = append(sides, strings.Fields(side))
	}
	return sides
}

// SidesText is how a target says which sides it means: the opposite of [Sides].
func SidesText(sides [][]string) string {
	var texts []string
	for _, side := range sides {
		texts = append(texts, strings.Join(side, " "))
	}
	return strings.Join(texts, " "+sideMark+" ")
}

// checkSides checks the target of a fault of routes.
func (c *checker) checkSides(f *Fault, path string) {
	known, seen := c.nodeTargets(), map[string]bool{}
	sides := Sides(f.Target)
	for _, side := range sides {
		if len(side) == 0 {
			c.errorf(path, "target: expected servers on both sides of %q, such as n1 / n2 n3; got %q", sideMark, f.Target)
			return
		}
		for _, name := range side {
			switch {
			case !slices.Contains(known, name):
				c.errorf(path, "target: there is no %q; nearest: %s", name, Nearest(name, known))
			case seen[name]:
				c.errorf(path, "target: %s is named twice", name)
			}
			seen[name] = true
		}
	}
	if len(sides) > 2 && f.Way != "" && f.Way != WayBoth {
		c.errorf(path, "target: way: %s is seen from the first of two sides, and there are %d", f.Way, len(sides))
	}
	if len(sides) == 1 && len(sides[0]) >= c.Server.Nodes && c.Server.Nodes > 1 {
		c.errorf(path, "target: there is nobody on the other side of %s", f.Target)
	}
}

// nodeTargets are the words for a server.
func (s *Scenario) nodeTargets() []string {
	nodes := []string{TargetLeader, TargetStreamLeader, TargetMetaLeader, TargetFollower}
	for i := range s.Server.Nodes {
		nodes = append(nodes, fmt.Sprintf("n%d", i+1))
	}
	return nodes
}

// names reports whether the target of a fault has a word in it.
func (f *Fault) names(word string) bool {
	return slices.ContainsFunc(Sides(f.Target), func(side []string) bool { return slices.Contains(side, word) })
}
