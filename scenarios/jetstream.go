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

// Settings are some settings of a stream or a consumer by their JSON names, durations as text with units. nil is none.
type Settings map[string]any

// fromNode keeps the settings as they were written. Whose they are the fault says, which checks them.
func (s *Settings) fromNode(d *decoder, n *node, path string) {
	if n.kind != mapping {
		d.wrong(n, path, "a mapping of settings")
		return
	}
	*s, _ = n.free().(map[string]any)
}

// notUpdated are settings of a consumer that an update cannot make, and why not.
var notUpdated = map[string]string{
	"count":          "an update cannot make more consumers",
	"pause_until":    "the server ignores it in an update; expected do: pause",
	"opt_start_time": "an update cannot change where the consumer begins",
}

// fromNode decodes a fault, and checks the settings of an update as those of the stream or of the consumer itself.
func (f *Fault) fromNode(d *decoder, n *node, path string) {
	d.mapping(n, reflect.ValueOf(f).Elem(), path)
	set := n.get("set")
	if set == nil || set.kind != mapping {
		return
	}
	path = join(path, "set")
	if either := f.Do.either(); f.Target == TargetStream || f.Target == "" && len(either) > 0 && either[0] == TargetStream {
		d.value(set, reflect.ValueOf(new(Stream)).Elem(), field{}, path)
		return
	}
	d.value(set, reflect.ValueOf(new(Consumer)).Elem(), field{}, path)
	for _, k := range set.keys {
		if reason := notUpdated[k.name]; reason != "" {
			d.add(k.at, "%s: %s", k.name, reason)
		}
	}
}

// ToStream makes the settings in a stream's configuration, which keeps all others.
func (s Settings) ToStream(config *jetstream.StreamConfig) error {
	all := Stream{StreamConfig: *config}
	err := s.decode(&all)
	*config = all.StreamConfig
	return err
}

// ToConsumer makes the settings in a consumer's configuration, which keeps all others.
func (s Settings) ToConsumer(config *jetstream.ConsumerConfig) error {
	all := Consumer{ConsumerConfig: *config}
	err := s.decode(&all)
	*config = all.ConsumerConfig
	return err
}

func (s Settings) decode(into any) error {
	d := decoder{mistakes: &mistakes{}, places: places{}}
	d.mapping(encode(reflect.ValueOf(map[string]any(s))), reflect.ValueOf(into).Elem(), "set")
	return d.err()
}
