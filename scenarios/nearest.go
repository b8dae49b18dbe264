package scenarios

import "strings"

// Nearest is the candidate that a mistyped name most likely means: one that begins with it, else the one with the
// smallest edit distance; the first of several in the order given, and "" where there is none. There is no threshold:
// whoever mistyped is told one valid name in any case.
func Nearest(name string, candidates []string) string {
	best, at := "", -1
	name = Brief(name, nameMax)
	for _, c := range candidates {
		d := editDistance([]rune(name), []rune(c))
		if name != "" && strings.HasPrefix(c, name) {
			d = 0
		}
		if at < 0 || d < at {
			best, at = c, d
		}
	}
	return best
}

// nameMax is how much of a name counts: none that is known is longer.
const nameMax = 200

// editDistance counts the runes to insert, delete or replace to get from one name to the other.
func editDistance(from, to []rune) int {
	above := make([]int, len(to)+1) // distances of the part of from read so far to every prefix of to
	for j := range above {
		above[j] = j
	}
	for i, a := range from {
		left, corner := i+1, i
		for j, b := range to {
			d := min(above[j+1], left) + 1
			if a == b {
				d = min(d, corner)
			} else {
				d = min(d, corner+1)
			}
			corner, above[j] = above[j+1], left
			left = d
		}
		above[len(to)] = left
	}
	return above[len(to)]
}
