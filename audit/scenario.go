package audit

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"pindrop/scenarios"
)

//go:embed scenario.yaml.tmpl
var scenarioText string

var scenarioTemplate = template.Must(template.New("scenario.yaml").Parse(scenarioText))

// page is what the template is filled with. Lists of text are lines of comments.
type page struct {
	Name, Doc                      string
	Head                           []string
	StreamLeftOut, ConsumerLeftOut []string
	Stream, Consumer               string // indented
	Network                        []string
	PublisherAsked                 [][]string
	Sizes                          []string
	Publishers                     string // one group; "" for none
	Workers                        workers
	CountAsked, ConcurrencyAsked   []string
	BatchAsked, ServiceAsked       []string
	AckAsked                       []string
	PriorityAsked                  [][]string
	Service, Disturb               string
}

// Scenario is a scenario file with the settings of the consumer and of its stream, with what was measured, and with
// questions about the rest, each with an assumption in its place. m is nil where nothing was measured. The text loads,
// and pindrop can run it; where it would not, that is the error.
func (l *Live) Scenario(m *Measured) ([]byte, error) {
	stream, streamLeftOut := l.streamSettings()
	consumer, consumerLeftOut := l.consumerSettings()
	w := l.assume(m)
	p := page{
		Name: l.name(), Doc: strconv.Quote(fmt.Sprintf("The consumer %s of the stream %s, imported.", l.Consumer.Name, l.Stream.Config.Name)),
		Head:          l.head(m),
		StreamLeftOut: leftOut(streamLeftOut), ConsumerLeftOut: leftOut(consumerLeftOut),
		Stream: indented(stream.YAML()), Consumer: indented(consumer.YAML()),
		Workers: w, Service: span(max(w.Service, 1e-9)),
		CountAsked: wrap(w.CountAsked), ConcurrencyAsked: wrap(w.ConcurrencyAsked),
		BatchAsked: wrap(w.BatchAsked), ServiceAsked: wrap(w.ServiceAsked),
		AckAsked: l.ackAsked(m), PriorityAsked: l.priorityAsked(), Disturb: "30s",
	}
	if l.Trip != "" {
		p.Network = wrap("The round trip from here to the server took " + l.Trip + ". If the way from the workers is another one: " +
			"network: {latency: half of theirs}. Part of what was measured as service is that way.")
	}
	l.publish(&p, m)
	var out bytes.Buffer
	if err := scenarioTemplate.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("write the scenario: %w", err)
	}
	s, err := scenarios.Load(p.Name+".yaml", out.Bytes(), nil)
	if err == nil {
		err = scenarios.Unsupported(s)
	}
	if err != nil {
		return nil, fmt.Errorf("the settings of consumer %s make no scenario: %w", l.Consumer.Name, err)
	}
	return out.Bytes(), nil
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// name is a name for the scenario.
func (l *Live) name() string {
	name := notInNames.ReplaceAllString(l.Stream.Config.Name+"-"+l.Consumer.Name, "-")
	name = strings.TrimLeft(name, "._-")
	if name = name[:min(len(name), 64)]; name == "" {
		return "imported"
	}
	return strconv.Quote(name) // it may look like a number
}

func indented(yaml []byte) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(string(yaml)), "\n", "\n  ") + "\n"
}

// leftOut says which settings are not there.
func leftOut(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return wrap("Left out: " + strings.Join(list, "; ") + ".")
}

// publish fills in the publishers, and how long the scenario lasts.
func (l *Live) publish(p *page, m *Measured) {
	ask := func(text string) { p.PublisherAsked = append(p.PublisherAsked, wrap(text)) }
	parts := []string{}
	rate, arrival := float64(rateAssumed), scenarios.ArrivalPoisson
	switch {
	case m == nil:
		var why string
		rate, why = l.pastRate()
		ask(why)
	case m.Arrivals == nil:
		ask(fmt.Sprintf("At which rate are messages published? None was in %s: assumed %s.", span(m.Seconds), perSecond(rate)))
	default:
		rate, arrival = m.Arrivals.PerSecond, m.Arrivals.Arrival
		ask(m.Arrivals.text())
	}
	if m != nil && m.Arrivals != nil && !m.Arrivals.Steady {
		stages, seconds := shape(m.Arrivals.Stages)
		parts = append(parts, "shape: ["+stages+"]")
		p.Disturb = span(seconds)
	} else {
		parts = append(parts, "rate: "+perSecond(rate))
	}
	parts = append(parts, "arrival: "+arrival)
	if m != nil && m.Pending.First > 0 {
		ask(fmt.Sprintf("Shall it begin with a backlog? num_pending was %s at first and %s at last: assumed none (backlog: %s).",
			number(m.Pending.First), number(m.Pending.Last), number(min(1e6, m.Pending.First))))
	}
	if size, ok := l.size(m); ok {
		p.Sizes = wrap(fmt.Sprintf("The messages of the stream have %d bytes on average, with their headers: what they take, less subjects and "+
			"what the store adds.", size))
		parts = append(parts, "size: "+strconv.Itoa(size))
	}
	if keys := min(l.Stream.State.NumSubjects, 10_000_000); keys > 1 && !l.filtered() {
		parts = append(parts, fmt.Sprintf("keys: %d", keys))
	}
	p.Publishers = "{" + strings.Join(parts, ", ") + "}"
}

// pastRate is the rate at which the stream's messages were published, as far back as it has any.
func (l *Live) pastRate() (rate float64, why string) {
	s := l.Stream.State
	seconds := s.LastTime.Sub(s.FirstTime).Seconds()
	if s.Msgs < 2 || seconds <= 0 {
		return rateAssumed, "At which rate are messages published? Nothing was observed: assumed " + perSecond(rateAssumed) + "."
	}
	count := float64(s.LastSeq - s.FirstSeq)
	rate = count / seconds
	why = fmt.Sprintf("At which rate are messages published? Nothing was observed. Between the first and the last message of the "+
		"stream there were %s, in %s", number(count), span(seconds))
	if l.filtered() {
		why += "; the consumer's filter lets only a part of them through"
	}
	return rate, why + ": assumed to go on like that."
}

// shape are the stages as YAML, and how long they last.
func shape(stages []Stage) (yaml string, seconds float64) {
	var parts []string
	for _, s := range stages {
		seconds += s.Seconds
		parts = append(parts, fmt.Sprintf("{for: %s, rate: %s}", span(s.Seconds), perSecond(s.PerSecond)))
	}
	return strings.Join(parts, ", "), math.Ceil(seconds)
}

// size is the payload of a message with its headers, in bytes: what it takes in the stream, less its subject and what
// the store adds (fileStoreMsgSizeRaw and memStoreMsgSizeRaw of the server).
func (l *Live) size(m *Measured) (bytes int, ok bool) {
	var stored float64
	switch {
	case m != nil && m.MessageSize != nil:
		stored = *m.MessageSize
	case m == nil && l.Stream.State.Msgs > 0:
		stored = float64(l.Stream.State.Bytes) / float64(l.Stream.State.Msgs)
	default:
		return 0, false
	}
	record := 30.0
	if l.Stream.Config.Storage == jetstream.MemoryStorage {
		record = 16
	}
	if subjects := l.Stream.Config.Subjects; len(subjects) > 0 {
		record += float64(len(subjects[0])) // a wildcard stands for about as much as it is long
	}
	most := 1_000_000.0
	if limit := l.Stream.Config.MaxMsgSize; limit > 0 {
		most = min(most, float64(limit))
	}
	return int(math.Round(min(most, max(0, stored-record)))), true
}

// priorityAsked are the questions about the priority policy.
func (l *Live) priorityAsked() [][]string {
	switch l.Consumer.Config.PriorityPolicy {
	case jetstream.PriorityPolicyOverflow:
		return [][]string{wrap("Which clients have thresholds (min_pending, min_ack_pending)? The server does not tell: assumed none. " +
			"Clients with other thresholds make another group.")}
	case jetstream.PriorityPolicyPrioritized:
		return [][]string{wrap("Which priority have which clients? The server does not tell: assumed 0 for all. " +
			"Clients with another priority make another group.")}
	}
	return nil
}

// ackAsked is the question about acks and failures.
func (l *Live) ackAsked(m *Measured) []string {
	if !l.acks() {
		return wrap("The consumer has no acks, so the server knows nothing of the handlers.")
	}
	text := "When is a message acked, and do handlers fail? Assumed after each message (ack: each), and never"
	if m != nil && m.Redelivered.Count > 0 {
		text += fmt.Sprintf(", though at least %s of %s deliveries were not the first of their message", number(m.Redelivered.Count),
			number(m.Delivered.Count))
	}
	return wrap(text + " (errors: {rate: 0.01, do: nak}).")
}

// lasted is how long the observation lasted, in words.
func (m *Measured) lasted() string {
	text := fmt.Sprintf("%s, %d samples", span(m.Seconds), m.Samples)
	if m.Cut != "" {
		text += fmt.Sprintf(" (of %s that were asked for: %s)", span(m.Asked), m.Cut)
	}
	return text
}

// stamp is a time to the second.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
