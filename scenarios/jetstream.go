package scenarios

import (
	"reflect"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
)

// reservedKeys are settings that a scenario cannot make, and why not.
var reservedKeys = map[reflect.Type]map[string]string{
	reflect.TypeFor[Stream](): {
		"name":           "the run names the stream",
		"subjects":       "the run chooses the subjects",
		"mirror":         "publishers fill the stream: it cannot mirror another",
		"sources":        "publishers fill the stream: it cannot have other sources",
		"template_owner": "streams have no templates any more",
		"sealed":         "nothing could be published to a sealed stream",
		"no_ack":         "publishers count the acknowledgements of the stream",
	},
	reflect.TypeFor[Consumer](): {
		"name":            "the run names the consumer",
		"durable_name":    "the run names the consumer",
		"filter_subject":  "the run chooses the subjects",
		"filter_subjects": "the run chooses the subjects",
		"deliver_subject": "push consumers are out of scope",
		"deliver_group":   "push consumers are out of scope",
		"flow_control":    "push consumers are out of scope",
		"idle_heartbeat":  "push consumers are out of scope",
		"rate_limit_bps":  "the server refuses it for pull consumers",
	},
}

// The settings that are shown first, and even where they are zero, which is a word for the enumerations among them.
var (
	streamFirst   = []string{"storage", "num_replicas"}
	consumerFirst = []string{
		"priority_policy", "priority_groups", "priority_timeout", "ack_policy", "ack_wait", "max_ack_pending",
		"max_deliver", "max_waiting",
	}
	shownAlways = []string{"storage", "ack_policy"}
)

func (s Stream) toNode() *node   { return encodeSettings(reflect.ValueOf(s), streamFirst) }
func (c Consumer) toNode() *node { return encodeSettings(reflect.ValueOf(c), consumerFirst) }

// encodeSettings writes the JetStream settings that are set: first the important ones, then the others in the order of
// the client's type.
func encodeSettings(v reflect.Value, first []string) *node {
	fields := slices.Clone(fieldsOf(v.Type()))
	rank := func(f field) int {
		if i := slices.Index(first, f.name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(fields, func(a, b field) int { return rank(a) - rank(b) })
	return encodeFields(v, fields, func(f field) bool { return slices.Contains(shownAlways, f.name) })
}

// ConsumerSettings are some settings of a consumer by their JSON names, durations as text with units. nil is none.
type ConsumerSettings map[string]any

// fromNode checks the settings as those of the consumer itself, and keeps them as they were written.
func (s *ConsumerSettings) fromNode(d *decoder, n *node, path string) {
	if n.kind != mapping {
		d.wrong(n, path, "a mapping of consumer settings")
		return
	}
	d.value(n, reflect.ValueOf(new(Consumer)).Elem(), field{}, path)
	if n.get("count") != nil {
		d.add(d.places.of(join(path, "count")), "count: an update cannot make more consumers")
	}
	*s, _ = n.free().(map[string]any)
}

// Apply makes the settings in a consumer's configuration, which keeps all others.
func (s ConsumerSettings) Apply(to *jetstream.ConsumerConfig) error {
	c := Consumer{ConsumerConfig: *to}
	d := decoder{mistakes: &mistakes{}, places: places{}}
	d.mapping(encode(reflect.ValueOf(map[string]any(s))), reflect.ValueOf(&c).Elem(), "set")
	*to = c.ConsumerConfig
	return d.err()
}
