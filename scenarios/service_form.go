package scenarios

import (
	"reflect"
	"slices"
	"strings"
)

// distForm is one way to write a distribution: the word after dist, and the keys that go with it.
type distForm struct {
	dist     string
	required []string
	optional []string
}

var distForms = []distForm{
	{dist: DistConstant, optional: []string{"time"}},
	{dist: DistLognormal, required: []string{"p50", "p99"}},
	{dist: DistExponential, required: []string{"mean"}},
	{dist: DistUniform, required: []string{"max"}, optional: []string{"min"}},
}

// measured are the keys of a measured distribution.
var measured = []string{"from", "unit", "points"}

func (s *Service) fromNode(d *decoder, n *node, path string) {
	*s = Service{}
	if n.kind != mapping {
		s.Distribution.fromNode(d, n, path)
		return
	}
	d.mapping(n, reflect.ValueOf(s).Elem(), path)
	if !d.places.has(join(path, "steps")) {
		s.Distribution.check(d, n, path)
		return
	}
	for _, name := range distKeys() {
		if d.places.has(join(path, name)) {
			d.add(d.places.of(join(path, name)), "%s: give it in the steps", name)
		}
	}
	s.checkSteps(d, n, path)
}

func (dist *Distribution) fromNode(d *decoder, n *node, path string) {
	*dist = Distribution{}
	switch n.kind {
	case scalar:
		dist.Dist = DistConstant
		d.value(n, reflect.ValueOf(&dist.Time).Elem(), *fieldNamed(reflect.TypeFor[Distribution](), "time"), path)
	case mapping:
		d.mapping(n, reflect.ValueOf(dist).Elem(), path)
		dist.check(d, n, path)
	default:
		d.wrong(n, path, "a duration such as 50ms, or a mapping with dist, steps or from")
	}
}

func distKeys() []string { return fieldNames(reflect.TypeFor[Distribution]()) }

// check refuses keys that do not go together, and distributions without sense.
func (dist *Distribution) check(d *decoder, n *node, path string) {
	given := func(name string) bool { return d.places.has(join(path, name)) }
	switch {
	case given("dist") && !given("from") && !given("points"):
		i := slices.IndexFunc(distForms, func(f distForm) bool { return f.dist == dist.Dist })
		if i < 0 {
			return // an unknown word, which the decoder has reported
		}
		dist.checkForm(d, n, path, distForms[i])
		dist.checkOrder(d, path)
	case given("from") || given("points"):
		for _, name := range distKeys() {
			if given(name) && !slices.Contains(measured, name) {
				d.add(d.places.of(join(path, name)), "%s does not go with a measured distribution", name)
			}
		}
		dist.measure(d, n, path)
	default:
		d.add(n.at, "%s: expected a duration such as 50ms, or a mapping with dist, steps or from", last(path))
	}
}

func (dist *Distribution) checkForm(d *decoder, n *node, path string, form distForm) {
	for _, name := range form.required {
		at := join(path, name)
		switch {
		case !d.places.has(at):
			d.add(n.at, "dist %s needs %s", form.dist, strings.Join(form.required, " and "))
		case reflect.ValueOf(dist).Elem().FieldByIndex(fieldNamed(reflect.TypeFor[Distribution](), name).index).Int() == 0:
			d.add(d.places.of(at), "%s must be more than 0s", name)
		}
	}
	for _, name := range distKeys() {
		allowed := name == "dist" || slices.Contains(form.required, name) || slices.Contains(form.optional, name)
		if at := join(path, name); d.places.has(at) && !allowed {
			d.add(d.places.of(at), "%s does not go with dist %s", name, form.dist)
		}
	}
}

func (dist *Distribution) checkOrder(d *decoder, path string) {
	if dist.Dist == DistLognormal && d.places.has(join(path, "p99")) && dist.P99 < dist.P50 {
		d.add(d.places.of(join(path, "p99")), "p99 must be at least p50 (%s), got %s", dist.P50, dist.P99)
	}
	if dist.Dist == DistUniform && dist.Max < dist.Min {
		d.add(d.places.of(join(path, "max")), "max must be at least min (%s), got %s", dist.Min, dist.Max)
	}
}

// measure completes a measured distribution from its file, and checks its points.
func (dist *Distribution) measure(d *decoder, n *node, path string) {
	at := d.places.of(join(path, "from"))
	if dist.From != "" && !d.places.has(join(path, "points")) {
		if dist.Unit == "" {
			dist.Unit = "ms"
		}
		text, err := d.open(dist.From)
		if err == nil {
			dist.Points, err = parseMeasured(dist.From, text, dist.Unit)
		}
		if err != nil {
			d.add(at, "from: reading %s: %v", dist.From, err)
			return
		}
	}
	if len(dist.Points) == 0 {
		d.add(n.at, "%s: a measured distribution needs at least one point", last(path))
	}
	for i := 1; i < len(dist.Points); i++ {
		if a, b := dist.Points[i-1], dist.Points[i]; b.Q < a.Q || b.Time < a.Time {
			d.add(d.places.of(join(path, "points")),
				"points: expected rising shares and times, got q %v (%s) after q %v (%s)",
				b.Q, b.Time, a.Q, a.Time)
			return
		}
	}
}

func (s *Service) checkSteps(d *decoder, n *node, path string) {
	if len(s.Steps) == 0 {
		d.add(n.at, "steps: expected at least one")
	}
	for i, step := range s.Steps {
		at := itemPath(join(path, "steps"), i)
		if step.For == 0 && i < len(s.Steps)-1 {
			d.add(d.places.of(at), "for: only the last step may leave it out")
		}
		if !d.places.has(at + ".service") {
			d.add(d.places.of(at), "a step needs a service")
		}
	}
}

func (s Service) toNode() *node {
	if len(s.Steps) == 0 && s.Pool == 0 {
		return s.Distribution.toNode()
	}
	return encodeFields(reflect.ValueOf(s), fieldsOf(reflect.TypeFor[Service]()), func(field) bool { return false })
}

func (dist Distribution) toNode() *node {
	if dist.Dist == DistConstant {
		return plainNode(dist.Time.String())
	}
	return encodeFields(reflect.ValueOf(dist), fieldsOf(reflect.TypeFor[Distribution]()), func(field) bool { return false })
}
