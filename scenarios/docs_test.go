package scenarios

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const reference = "../docs/scenarios.md"

// documented are the types of which the reference has a table.
var documented = []reflect.Type{
	reflect.TypeFor[Scenario](), reflect.TypeFor[Server](), reflect.TypeFor[JetStream](), reflect.TypeFor[Account](), reflect.TypeFor[Limits](), reflect.TypeFor[Consumer](), reflect.TypeFor[Network](),
	reflect.TypeFor[Sample](), reflect.TypeFor[State](), reflect.TypeFor[Publishers](), reflect.TypeFor[Stage](), reflect.TypeFor[Workers](),
	reflect.TypeFor[Errors](), reflect.TypeFor[Adaptive](), reflect.TypeFor[Service](), reflect.TypeFor[Step](), reflect.TypeFor[Quantile](),
	reflect.TypeFor[Fault](), reflect.TypeFor[Damage](), reflect.TypeFor[Phases](), reflect.TypeFor[Explore](), reflect.TypeFor[Offer](), reflect.TypeFor[Claim](), reflect.TypeFor[Arm](),
	reflect.TypeFor[Control](),
}

// The tables of the reference are those of the types: their keys, their tags, and the comments of their fields.
func TestReference(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	comments := fieldComments(t)
	want := string(text)
	for _, typ := range documented {
		want = fillIn(t, want, "fields of "+typ.Name(), fieldTable(t, typ, comments))
	}
	want = fillIn(t, want, "kinds of faults", faultTable())
	if *rewrite {
		if err := os.WriteFile(reference, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("the reference is not what the types say; run the test with -rewrite: %s", diff)
	}
}

// fillIn puts a table between its marks.
func fillIn(t *testing.T, text, name, table string) string {
	t.Helper()
	mark := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
	if len(mark.FindAllString(text, -1)) != 1 {
		t.Fatalf("%s has no place, or several, for the %s", reference, name)
	}
	return mark.ReplaceAllString(text, "${1}"+strings.ReplaceAll(table, "$", "$$")+"${2}")
}

func fieldTable(t *testing.T, typ reflect.Type, comments map[string]string) string {
	var out strings.Builder
	out.WriteString("| key | value | default | meaning |\n|---|---|---|---|\n")
	for _, f := range fieldsOf(typ) {
		of := typ.Name()
		if len(f.index) > 1 {
			owner := typ.FieldByIndex(f.index[:1])
			if !strings.HasPrefix(owner.Type.PkgPath(), "pindrop") {
				continue // JetStream's own
			}
			of = owner.Type.Name()
		}
		comment := comments[of+"."+typ.FieldByIndex(f.index).Name]
		if comment == "" {
			t.Errorf("%s of %s has no comment", f.name, of)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", f.name, valueOf(f), code(f.tag.Get("default")), comment)
	}
	return out.String()
}

// valueOf says what a key takes: its words, or its type with its bounds.
func valueOf(f field) string {
	if words := f.words(); words != nil {
		return strings.Join(words, ", ")
	}
	typ := f.typ
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	lower, upper := f.tag.Get("min"), f.tag.Get("max")
	switch {
	case lower != "" && upper != "":
		return kind(typ) + ", " + lower + " to " + upper
	case lower != "":
		return kind(typ) + ", from " + lower
	case upper != "":
		return kind(typ) + ", to " + upper
	}
	return kind(typ)
}

func kind(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[Rate]():
		return "rate"
	case reflect.TypeFor[Trigger]():
		return "trigger"
	case reflect.TypeFor[Menu]():
		return "fault, or a list of them"
	case reflect.TypeFor[Numbers]():
		return "metric, or a list of them"
	case reflect.TypeFor[Expectation]():
		return "condition"
	case reflect.TypeFor[Sets]():
		return "mapping"
	case reflect.TypeFor[Service](), reflect.TypeFor[Distribution]():
		return "duration or mapping"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true, false"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list"
	case reflect.Struct, reflect.Map:
		return "mapping"
	}
	return "whole number"
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func faultTable() string {
	var out strings.Builder
	out.WriteString("| fault | hits | `for` |\n|---|---|---|\n")
	hits := map[hit]string{hitsWorkers: "workers", hitsGroup: "a group of workers", hitsNode: "a server", hitsRoutes: "routes between servers", hitsLeader: "a leader"}
	for _, k := range faultKinds {
		heals, what := "", hits[k.hits]
		if k.heals {
			heals = "yes"
		}
		if k.hits == hitsStream {
			what = strings.Join(k.of, " or ")
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", k.do, what, heals)
	}
	return out.String()
}

// fieldComments are the comments above the fields of this package's types, by "Type.Field".
func fieldComments(t *testing.T) map[string]string {
	comments := map[string]string{}
	for _, file := range []string{"scenario.go", "state.go", "service.go", "claim.go", "limits.go", "explore.go", "damage.go"} {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := spec.Type.(*ast.StructType); ok {
				for _, f := range s.Fields.List {
					for _, name := range f.Names {
						comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
					}
				}
			}
			return false
		})
	}
	return comments
}

// The examples of the reference are right: the scenario at its beginning, and the ways to write a service.
func TestReferenceExamples(t *testing.T) {
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("there is no example")
	}
	if s := mustLoad(t, example); s.Name != "kill-mid-batch" {
		t.Errorf("the example is named %s", s.Name)
	}
	services := regexp.MustCompile(`(?m)^service: (.*)$`).FindAllStringSubmatch(string(text), -1)
	if len(services) == 0 {
		t.Fatal("there is no service")
	}
	for _, m := range services {
		read := func(name string) ([]byte, error) {
			if strings.HasSuffix(name, ".csv") {
				return []byte("1\n"), nil
			}
			return []byte("1 1 1\n"), nil
		}
		_, err := LoadFiles("a.yaml", []byte("publishers: []\nworkers: [{}]\n"), []string{"workers.service=" + m[1]}, read)
		if err != nil {
			t.Error(err)
		}
	}
}
