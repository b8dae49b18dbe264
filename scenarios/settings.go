package scenarios

import (
	"maps"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Settings lists the numeric settings by the names that expectations use, durations in seconds.
//
// Names are the paths of overrides: network.latency, consumer.ack_wait, workers.w.batch, publishers.0.rate. Settings of
// the consumer also go by their bare names (ack_wait), those of the first group of workers and of publishers without a
// number (workers.batch). JetStream settings that are not set, and services that are not constant, have no name here.
func (s *Scenario) Settings() map[string]float64 {
	m := map[string]float64{}
	numbers(m, reflect.ValueOf(*s), "")
	for _, list := range []string{"publishers.", "workers."} {
		copyNames(m, list+"0.", list)
	}
	for i, w := range s.Workers {
		copyNames(m, itemPath("workers", i)+".", "workers."+w.Name+".")
	}
	copyNames(m, "consumer.", "")
	return m
}

// copyNames gives every name that begins with one prefix another one with a different prefix.
func copyNames(m map[string]float64, from, to string) {
	for name, v := range maps.Clone(m) {
		if rest, ok := strings.CutPrefix(name, from); ok {
			m[to+rest] = v
		}
	}
}

// numbers adds the numbers in v under its path.
func numbers(m map[string]float64, v reflect.Value, path string) {
	switch value := v.Interface().(type) {
	case Service:
		if len(value.Steps) == 0 && value.Distribution.constant() {
			m[path] = value.Distribution.Time.D().Seconds()
		}
		return
	case Duration:
		m[path] = value.D().Seconds()
		return
	case time.Duration:
		m[path] = value.Seconds()
		return
	}
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		numbers(m, v.Elem(), path)
	case v.Kind() == reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			if value := v.FieldByIndex(f.index); !value.IsZero() || !isJetStream(path) {
				numbers(m, value, join(path, f.name))
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			numbers(m, v.Index(i), join(path, strconv.Itoa(i)))
		}
	case isEnum(v.Type()):
	case v.CanInt():
		m[path] = float64(v.Int())
	case v.CanUint():
		m[path] = float64(v.Uint())
	case v.CanFloat():
		m[path] = v.Float()
	}
}

// isJetStream reports whether a path is that of JetStream settings, where zero says that a setting was left out.
func isJetStream(path string) bool {
	for _, section := range []string{"stream", "consumer", "server.jetstream", "server.account"} {
		if path == section || strings.HasPrefix(path, section+".") {
			return true
		}
	}
	return false
}
