package report

import (
	"fmt"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// trend says in words how a metric goes along an axis: "handled.rate rises from 900/s at 3 to 2,993/s at 130 and stays
// there." Values that are written alike count as equal.
func trend(name string, readings []reading) string {
	var seen []told
	var absent, broken []string
	widest := results.Spread{}
	at := ""
	for _, r := range readings {
		switch {
		case r.has:
			seen = append(seen, told{r.label, metric(name, r.spread.Median), r.spread.Median})
			if r.spread.Max-r.spread.Min > widest.Max-widest.Min {
				widest, at = r.spread, r.label
			}
		case !r.valid():
			broken = append(broken, r.label)
		case r.probes > 0:
			absent = append(absent, r.label)
		}
	}
	text := name + " " + course(seen) + "."
	if low, high := metric(name, widest.Min), metric(name, widest.Max); low != high {
		text += fmt.Sprintf(" Repeats differ most at %s: %s to %s.", at, low, high)
	}
	if len(absent) > 0 && len(seen) > 0 {
		text += fmt.Sprintf(" It does not apply at %s.", fewer(absent))
	}
	if len(broken) > 0 {
		text += fmt.Sprintf(" At %s a premise does not hold: what was measured there is left out.", fewer(broken))
	}
	return text
}

// told is a value with its place, in words.
type told struct {
	place, text string
	v           float64
}

// course describes a sequence of values.
func course(seen []told) string {
	if len(seen) == 0 {
		return "applies nowhere"
	}
	first, last := seen[0], seen[len(seen)-1]
	if len(seen) == 1 {
		return fmt.Sprintf("is %s at %s", first.text, first.place)
	}
	turns := turning(seen)
	switch len(turns) {
	case 0:
		return fmt.Sprintf("is %s from %s to %s", first.text, first.place, last.place)
	case 1:
		return oneWay(seen)
	case 2:
		peak := seen[turns[1].from]
		return fmt.Sprintf("%s from %s at %s to %s at %s, and %s to %s at %s", turns[0].verb(), first.text, first.place,
			peak.text, peak.place, turns[1].verb(), last.text, last.place)
	}
	low, high := first, first
	for _, s := range seen {
		if s.v < low.v {
			low = s
		}
		if s.v > high.v {
			high = s
		}
	}
	return fmt.Sprintf("goes up and down between %s (at %s) and %s (at %s)", low.text, low.place, high.text, high.place)
}

// leg is a part of a course in one direction.
type leg struct {
	from int // index of the value at which it begins
	up   bool
}

func (l leg) verb() string {
	if l.up {
		return "rises"
	}
	return "falls"
}

// turning lists the legs of a course; none where all values are written alike.
func turning(seen []told) []leg {
	var legs []leg
	for i := 1; i < len(seen); i++ {
		a, b := seen[i-1], seen[i]
		if a.text == b.text {
			continue
		}
		if up := b.v > a.v; len(legs) == 0 || legs[len(legs)-1].up != up {
			legs = append(legs, leg{i - 1, up})
		}
	}
	return legs
}

// oneWay describes values that only rise or only fall, with the plateaus at both ends.
func oneWay(seen []told) string {
	first, last := seen[0], seen[len(seen)-1]
	leaves, arrives := 0, len(seen)-1
	for seen[leaves+1].text == first.text {
		leaves++
	}
	for seen[arrives-1].text == last.text {
		arrives--
	}
	verb := turning(seen)[0].verb()
	way := fmt.Sprintf("%s from %s at %s", verb, first.text, first.place)
	if leaves > 0 {
		way = fmt.Sprintf("is %s up to %s, then %s", first.text, seen[leaves].place, verb)
	}
	way += fmt.Sprintf(" to %s at %s", last.text, seen[arrives].place)
	if arrives < len(seen)-1 {
		way += " and stays there"
	}
	return way
}

// fewer lists words, of many only the first and the last.
func fewer(words []string) string {
	if len(words) <= 6 {
		return list(words)
	}
	return fmt.Sprintf("%s to %s (%s places)", words[0], words[len(words)-1], count(int64(len(words))))
}

// unitOf is the unit of a metric; "" where the table does not know it.
func unitOf(name string) string {
	m, _ := measure.Lookup(name)
	return m.Unit
}

// meaning is the definition of a metric; "" where the table does not know it, or where the definition leans on the one
// before it.
func meaning(name string) string {
	m, _ := measure.Lookup(name)
	if strings.Contains(m.Doc, " such ") {
		return ""
	}
	return m.Doc
}

// once drops what stands in a list already.
func once(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
