package scenarios

import (
	"bytes"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/nats-io/nats.go/jetstream"
)

// Load makes a scenario of YAML text. File names the text in positions and gives the scenario its name where the text
// has none; sets are overrides, "path=value". Mistakes come as an [ErrorList] or, for YAML that cannot be read at all,
// an [Error]. Files that the text names cannot be read: for those there is [LoadFiles].
func Load(file string, text []byte, sets []string) (*Scenario, error) {
	return LoadFiles(file, text, sets, nil)
}

// byteOrderMark begins what some editors save as UTF-8.
var byteOrderMark = []byte("\uFEFF")

// LoadFiles is [Load] for a text that may name other files; read is given their paths, relative to the folder of file.
func LoadFiles(file string, text []byte, sets []string, read func(path string) ([]byte, error)) (*Scenario, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	root, err := parseYAML(file, text)
	if err != nil {
		return nil, err
	}
	d := &decoder{
		mistakes: &mistakes{lines: strings.Split(string(text), "\n")},
		places:   places{"": {File: file}},
		file:     file,
		read:     read,
	}
	for _, set := range sets {
		d.override(root, set)
	}
	s := defaults(file)
	d.value(root, reflect.ValueOf(s).Elem(), field{}, "")
	if err := d.err(); err != nil {
		return nil, err // the checks would speak of values that nobody wrote
	}
	s.places = d.places
	s.complete()
	c := checker{Scenario: s, mistakes: d.mistakes}
	c.all()
	if err := d.err(); err != nil {
		return nil, err
	}
	return s, nil
}

// defaults is the scenario of an empty file. What a default depends on is settled by complete, after decoding.
func defaults(file string) *Scenario {
	s := &Scenario{Publishers: []Publishers{}, Workers: []Workers{}, Faults: []Fault{}, Expect: []Expectation{}}
	preset(reflect.ValueOf(s).Elem())
	s.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	s.Stream.Storage = jetstream.MemoryStorage
	s.Stream.Replicas = 1
	return s
}
