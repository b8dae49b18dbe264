package scenarios

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema is that of the types.
func TestSchemaIsMadeOfTheTypes(t *testing.T) {
	want := makeSchema(t)
	if *rewrite {
		if err := os.WriteFile("schema.json", want, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(Schema()), "\n")); diff != "" {
		t.Errorf("the schema is not what the types say; run the test with -rewrite: %s", diff)
	}
}

// compiledSchema is the schema as a validator reads it, which has checked it by then.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate looks at YAML as an editor does: read by another parser than ours.
func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	asJSON, err := json.Marshal(doc)
	if err != nil {
		return err // .nan and .inf: nothing that JSON has
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(instance)
}

// Every built-in scenario is valid, as it was written and with every default.
func TestSchemaTakesEveryScenario(t *testing.T) {
	s, count := compiledSchema(t), 0
	err := fs.WalkDir(builtin, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		count++
		text, err := builtin.ReadFile(name)
		if err != nil {
			return err
		}
		if err := validate(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		loaded, err := Load(path.Base(name), text, nil)
		if err != nil {
			return err
		}
		if err := validate(t, s, loaded.YAML()); err != nil {
			t.Errorf("%s with every default: %v", name, err)
		}
		return nil
	})
	if err != nil || count == 0 {
		t.Errorf("looked at %d scenarios: %v", count, err)
	}
}

// The examples of the reference are valid: the scenario, and each way to write a service.
func TestSchemaTakesTheReference(t *testing.T) {
	s := compiledSchema(t)
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ := strings.Cut(rest, "```")
	if err := validate(t, s, []byte(example)); err != nil {
		t.Error(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(service: .*)$`).FindAllString(string(text), -1) {
		if err := validate(t, s, []byte("publishers: []\nworkers:\n  - "+m+"\n")); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
}

// What loads is valid, in all the forms that it may have.
func TestSchemaTakesWhatLoads(t *testing.T) {
	s := compiledSchema(t)
	for _, text := range []string{
		"publishers: []\nworkers: []\nsample: off\nexpect:\nclaim:\n",
		"publishers: [{backlog: 1_000}]\nworkers: []\nconsumer: {metadata: {a: , b: 1}}\n",
		"name: 5\npublishers: []\nworkers: []\nconsumer: {priority_groups: [jobs], priority_policy: pinned_client, backoff: [1s, 1.5m]}\n",
		"publishers: [{rate: .5/m, shape: [{rate: 1/s}]}]\nworkers: [{service: {steps: [{for: 1s, service: 5ms}, {service: {dist: uniform, max: 1s}}]}, start: 0s, adaptive: {max: 3}}]\nconsumer: {max_ack_pending: 10}\n",
		"publishers: []\nworkers: [{}]\nfaults: [{at: 1s, do: [kill, freeze], target: w1}, {on: 'begin  of w1', do: kill}, {at: 2s, do: update, set: {max_ack_pending: 5, ack_wait: 3s}}]\n",
		"publishers: []\nworkers: []\nconsumer: {opt_start_time: -5s, pause_until: 1m30s, deliver_policy: by_start_time, metadata: {a: b}}\nstream: {storage: file, subject_transform: {src: a, dest: b}}\n",
	} {
		if _, err := Load("a.yaml", []byte(text), nil); err != nil {
			t.Errorf("does not load: %v in\n%s", err, text)
		}
		if err := validate(t, s, []byte(text)); err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
	}
}

// What the schema refuses the loader refuses, and these mistakes both do.
func TestSchemaRefusesMistakes(t *testing.T) {
	s := compiledSchema(t)
	const sound = "publishers: []\nworkers: []\n"
	for _, text := range []string{
		"publishers: []\n", "workers: []\n", "publishers:\nworkers: []\n",
		sound + "nmae: a\n", sound + "clock: vitrual\n", sound + "phases: {disturb: 40}\n", sound + "phases: {disturb: -2s}\n", sound + "phases: {disturb: 2 s}\n",
		sound + "phases: {disturb: 1d}\n", sound + "network: {latency: [1s]}\n", sound + "server: {node: 3}\n", sound + "server: {nodes: 7}\n",
		sound + "sample: on\n", sound + "sample: {evry: 1s}\n", sound + "consumer: {max_ack_pendign: 5}\n", sound + "consumer: {ack_wait: 30}\n",
		sound + "consumer: {durable_name: a}\n", sound + "consumer: {max_ack_pending: many}\n", sound + "consumer: {ack_policy: explict}\n",
		sound + "consumer: {count: 0}\n", sound + "stream: {storage: disk}\n", sound + "stream: {subjects: [a]}\n", sound + "expect: lost.count == 0\n",
		sound + "expect: ['']\n", sound + "state: {remember: 0}\n", sound + "workers:\n",
		"workers: []\npublishers: [{rate: 16}]\n", "workers: []\npublishers: [{rate: 5/d}]\n", "workers: []\npublishers: [{rate: -1/s}]\n",
		"workers: []\npublishers: [{keys: 0, rate: 1/s}]\n", "workers: []\npublishers: [{size: 1.5, rate: 1/s}]\n", "workers: []\npublishers: {rate: 1/s}\n",
		"publishers: []\nworkers: [{batch: 0}]\n", "publishers: []\nworkers: [{api: pull}]\n", "publishers: []\nworkers: [{service: 50}]\n",
		"publishers: []\nworkers: [{service: {dits: uniform}}]\n", "publishers: []\nworkers: [{service: {dist: normal}}]\n", "publishers: []\nworkers: [{jitter: 2}]\n",
		"publishers: []\nworkers: [{errors: {rate: 1.5}}]\n", "publishers: []\nworkers: [{adaptive: {up: 2}}]\n", "publishers: []\nworkers: [null]\n",
		sound + "faults: [{at: 1s}]\n", sound + "faults: [{at: 1s, do: kil}]\n", sound + "faults: [{at: 1s, do: []}]\n", sound + "faults: [{on: bgin of w1, do: kill}]\n",
		sound + "faults: [{on: 'begin#0 of w1', do: kill}]\n", sound + "faults: [{at: 1s, do: update, set: {ack_wiat: 1s}}]\n",
		sound + "faults: [{at: 1s, do: update, set: {count: 2}}]\n", sound + "claim: {statement: a}\n",
	} {
		text := lastOfEach(text)
		if err := validate(t, s, []byte(text)); err == nil {
			t.Errorf("the schema takes\n%s", text)
		}
		if _, err := Load("a.yaml", []byte(text), nil); err == nil {
			t.Errorf("the loader takes\n%s", text)
		}
	}
}

// lastOfEach keeps the last of the lines that begin with one key: YAML takes each key once.
func lastOfEach(text string) string {
	var keys []string
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		key, _, _ := strings.Cut(line, ":")
		if _, ok := lines[key]; !ok {
			keys = append(keys, key)
		}
		lines[key] = line
	}
	var out strings.Builder
	for _, key := range keys {
		out.WriteString(lines[key])
	}
	return out.String()
}

// Of the mistakes that the loader's own tests hold, the schema finds those of keys, words, units and bounds; and it never
// refuses what loads.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	s := compiledSchema(t)
	names, _ := fs.Glob(os.DirFS("testdata/errors"), "*.txtar")
	found, all := 0, 0
	for _, name := range names {
		archive, err := txtar.ParseFile("testdata/errors/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			text := archive.Files[i].Data
			if !bytes.Contains(text, []byte("#bare")) {
				text = withSections(text)
			}
			var doc any
			if bytes.Contains(text, []byte("#set")) || yaml.Unmarshal(text, &doc) != nil {
				continue
			}
			refused := validate(t, s, text)
			_, loadErr := LoadFiles("a.yaml", text, nil, readTestdata)
			if refused != nil && loadErr == nil {
				t.Errorf("%s, %s: it loads, but: %v", name, archive.Files[i].Name, refused)
			}
			if loadErr != nil {
				all++
			}
			if refused != nil {
				found++
			}
		}
	}
	if found < all/4 {
		t.Errorf("the schema finds %d of %d scenarios with mistakes; expected a good part of them", found, all)
	}
}

// Each key that the schema requires is one that the loader asks for.
func TestRequiredKeysAreAskedFor(t *testing.T) {
	sound := map[reflect.Type]map[string]string{
		reflect.TypeFor[Scenario](): {"publishers": "[]", "workers": "[]"},
		reflect.TypeFor[Fault]():    {"at": "1s", "do": "kill"},
		reflect.TypeFor[Offer]():    {"do": "kill", "target": "[w1]"},
		reflect.TypeFor[Damage]():   {"do": "truncate", "file": "block"},
		reflect.TypeFor[Step]():     {"for": "1s", "service": "5ms"},
		reflect.TypeFor[Claim]():    {"source": "R", "statement": "a", "predicts": "lost.count == 0", "number": "lost.count", "arms": "[{name: a}]", "control": "{set: {seed: 1}}", "expected": "holds"},
	}
	around := map[reflect.Type]string{
		reflect.TypeFor[Scenario](): "%", reflect.TypeFor[Fault](): "{publishers: [], workers: [{}], faults: [%]}",
		reflect.TypeFor[Offer]():  "{publishers: [], workers: [{}], explore: {menu: [%]}}",
		reflect.TypeFor[Damage](): "{clock: virtual, server: {mode: process}, publishers: [], workers: [{}], faults: [{at: 1s, do: kill_server, damage: %}]}",
		reflect.TypeFor[Step]():   "{publishers: [], workers: [{service: {steps: [%]}}]}",
		reflect.TypeFor[Claim]():  "{publishers: [], workers: [], claim: %}",
	}
	for typ, keys := range requiredKeys {
		for _, key := range keys {
			var parts []string
			for _, k := range slices.Sorted(maps.Keys(sound[typ])) {
				if k != key {
					parts = append(parts, k+": "+sound[typ][k])
				}
			}
			text := strings.Replace(around[typ], "%", "{"+strings.Join(parts, ", ")+"}", 1)
			if _, err := Load("a.yaml", []byte(text), nil); err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s without %s: the loader says %v", typ.Name(), key, err)
			}
		}
	}
}
