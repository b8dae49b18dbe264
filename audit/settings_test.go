package audit

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

// settled are streams and consumers with settings that a scenario takes or must leave out, and what a scenario must then
// say (or, after a !, not say).
var settled = []struct {
	name     string
	stream   jetstream.StreamConfig
	consumer jetstream.ConsumerConfig
	want     []string
}{
	{"the defaults", jetstream.StreamConfig{}, jetstream.ConsumerConfig{}, []string{
		"  storage: file", "  max_ack_pending: 1000", "  ack_wait: 30s", "!max_msgs", "!_nats", "!durable_name:"}},
	{"limits of the stream", jetstream.StreamConfig{
		Retention: jetstream.WorkQueuePolicy, MaxMsgs: 5000, MaxBytes: 1 << 20, MaxAge: time.Hour, MaxMsgSize: 4096, Discard: jetstream.DiscardNew,
		MaxMsgsPerSubject: 10, DiscardNewPerSubject: true, Duplicates: time.Minute, Compression: jetstream.S2Compression, MaxConsumers: 3,
		ConsumerLimits: jetstream.StreamConsumerLimits{MaxAckPending: 77, InactiveThreshold: time.Hour}, DenyDelete: true,
		AllowDirect: true, AllowRollup: true, Description: "yes: #1 \"of\" {many}", Metadata: map[string]string{"team": "on", "io.x": "1"},
	}, jetstream.ConsumerConfig{AckWait: 1500 * time.Millisecond, InactiveThreshold: time.Minute}, []string{
		"  retention: workqueue", "  max_msgs: 5000", "  max_age: 1h", "  discard: new", "  max_ack_pending: 77", "  ack_wait: 1.5s",
		`team: "on"`, "  duplicate_window: 1m", "max_consumers: 3"}},
	{"what belongs to this stream alone", jetstream.StreamConfig{
		FirstSeq: 1000, RePublish: &jetstream.RePublish{Source: "orders.>", Destination: "copy.>"},
		SubjectTransform: &jetstream.SubjectTransformConfig{Source: "orders.>", Destination: "orders.>"}, NoAck: true,
	}, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 1000, FilterSubjects: []string{"orders.a", "orders.b"},
	}, []string{"!opt_start_seq:", "!deliver_policy: all", "!  first_seq", "the filter orders.a orders.b", "republish (", "no_ack ("}},
	{"start time", jetstream.StreamConfig{}, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: new(time.Unix(1e9, 0)), FilterSubject: "orders.>",
		PauseUntil: new(time.Now().Add(time.Hour)),
	}, []string{"!opt_start_time:", "!  pause_until", "pause_until ("}},
	{"redelivery", jetstream.StreamConfig{}, jetstream.ConsumerConfig{
		BackOff: []time.Duration{time.Second, 5 * time.Second}, MaxDeliver: 4, SampleFrequency: "50%", HeadersOnly: true,
		MaxRequestBatch: 20, MaxRequestExpires: 5 * time.Second, MaxRequestMaxBytes: 1 << 20, MaxWaiting: 17, ReplayPolicy: jetstream.ReplayInstantPolicy,
	}, []string{"  backoff: [1s, 5s]", "  ack_wait: 1s", "  max_deliver: 4", "  max_waiting: 17", "    batch: 20", "    expires: 5s"}},
	{"short pulls", jetstream.StreamConfig{}, jetstream.ConsumerConfig{MaxRequestExpires: 200 * time.Millisecond}, []string{
		"    api: fetch", "    expires: 200ms"}},
	{"no acks", jetstream.StreamConfig{}, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy}, []string{
		"  ack_policy: none", "!max_ack_pending", "!ack_wait"}},
	{"all acks, without a limit", jetstream.StreamConfig{}, jetstream.ConsumerConfig{AckPolicy: jetstream.AckAllPolicy, MaxAckPending: -1}, []string{
		"  ack_policy: all", "  max_ack_pending: -1"}},
	{"pinned", jetstream.StreamConfig{}, jetstream.ConsumerConfig{
		PriorityPolicy: jetstream.PriorityPolicyPinned, PriorityGroups: []string{"jobs"}, PinnedTTL: 7 * time.Second,
	}, []string{"  priority_policy: pinned_client", "  priority_groups: [jobs]", "  priority_timeout: 7s"}},
	{"overflow", jetstream.StreamConfig{}, jetstream.ConsumerConfig{
		PriorityPolicy: jetstream.PriorityPolicyOverflow, PriorityGroups: []string{"jobs"},
	}, []string{"  priority_policy: overflow", "# ? Which clients have thresholds"}},
	{"prioritized", jetstream.StreamConfig{}, jetstream.ConsumerConfig{
		PriorityPolicy: jetstream.PriorityPolicyPrioritized, PriorityGroups: []string{"jobs"},
	}, []string{"  priority_policy: prioritized", "# ? Which priority"}},
	{"counters and schedules", jetstream.StreamConfig{AllowMsgCounter: true, AllowDirect: true}, jetstream.ConsumerConfig{}, []string{
		"allow_msg_counter ("}},
	{"markers", jetstream.StreamConfig{AllowMsgTTL: true, SubjectDeleteMarkerTTL: time.Minute, AllowRollup: true, AllowAtomicPublish: true,
		AllowMsgSchedules: true, AllowBatchPublish: true}, jetstream.ConsumerConfig{MemoryStorage: true}, []string{
		"  allow_msg_ttl: true", "  subject_delete_marker_ttl: 1m", "  mem_storage: true"}},
}

// Every setting that a scenario takes is in it, what it does not take is named, and pindrop's own server accepts it.
func TestSettings(t *testing.T) {
	server := serve(t, natsserver.Options{})
	js := connect(t, server.ClientURL())
	ctx := context.Background()
	for i, c := range settled {
		t.Run(c.name, func(t *testing.T) {
			stream, consumer := c.stream, c.consumer
			stream.Name, stream.Subjects = fmt.Sprintf("S=%d", i), []string{"orders.>"}
			consumer.Durable = "worker_1=+"
			create(t, js, stream, consumer)
			live := find(t, Target{URL: server.ClientURL()}, stream.Name, consumer.Durable)
			if err := js.DeleteStream(ctx, stream.Name); err != nil {
				t.Fatal(err)
			}
			text, err := live.Scenario(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				want, not := strings.CutPrefix(want, "!")
				// What was left out stands in comments, which may be wrapped.
				said := string(text)
				if strings.HasSuffix(want, "(") {
					said = strings.ReplaceAll(said, "\n#", "")
				}
				if strings.Contains(said, want) == not {
					t.Errorf("contains %q: %v\n%s", want, not, text)
				}
			}
			accepted(t, js, fmt.Sprintf("AGAIN%d", i), scenario(t, live, nil))
		})
	}
}

// accepted makes stream and consumer of a scenario, as a run does.
func accepted(t *testing.T, js jetstream.JetStream, name string, s *scenarios.Scenario) {
	t.Helper()
	stream, consumer := s.Stream.StreamConfig, s.Consumer.ConsumerConfig
	stream.Name, stream.Subjects = name, []string{"pindrop.>"}
	consumer.Name, consumer.Durable = "again", "again"
	create(t, js, stream, consumer)
	if err := js.DeleteStream(context.Background(), name); err != nil {
		t.Error(err)
	}
}

// Whatever settings JetStream gets, someone has said whether they go into a scenario: those that are not zero and not in
// it are the ones that are left out on purpose.
func TestNoSettingIsForgotten(t *testing.T) {
	dropped := map[string]bool{}
	for _, name := range []string{"Name", "Durable", "Subjects", "Mirror", "Sources", "NoAck", "Sealed", "Template", "Placement", "RePublish",
		"SubjectTransform", "FirstSeq", "AllowMsgCounter", "MirrorDirect", "FilterSubject", "FilterSubjects", "PauseUntil", "OptStartSeq",
		"OptStartTime", "RateLimit", "DeliverSubject", "DeliverGroup", "FlowControl", "IdleHeartbeat", "DeliverPolicy", "PinnedTTL"} {
		dropped[name] = true
	}
	live := consumer(jetstream.ConsumerConfig{})
	filled(reflect.ValueOf(&live.Stream.Config).Elem())
	filled(reflect.ValueOf(&live.Consumer.Config).Elem())
	stream, _ := live.streamSettings()
	settings, _ := live.consumerSettings()
	for _, v := range []reflect.Value{reflect.ValueOf(stream.StreamConfig), reflect.ValueOf(settings.ConsumerConfig)} {
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; v.Field(i).IsZero() != dropped[name] {
				t.Errorf("%s of %s: left out %v, want %v", name, v.Type().Name(), v.Field(i).IsZero(), dropped[name])
			}
		}
	}
}

// filled makes every field something that is not zero.
func filled(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				filled(v.Field(i))
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		filled(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		filled(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key"), reflect.ValueOf("value"))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		if v.CanInt() {
			v.SetInt(3)
		} else if v.CanUint() {
			v.SetUint(3)
		}
	}
}
