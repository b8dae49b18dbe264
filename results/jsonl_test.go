package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	source "go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pindrop/results/history"
)

func digest(t *testing.T, events []history.Event) string {
	t.Helper()
	sum, err := Digest(history.Of(events...))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestJSONLinesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := anyHistory(t)
		var lines bytes.Buffer
		if err := WriteJSONL(&lines, history.Of(events...)); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(lines.Bytes(), []byte("\n")); n != len(events) {
			t.Fatalf("%d lines for %d events", n, len(events))
		}
		h, err := ReadJSONL(&lines)
		if err != nil {
			t.Fatal(err)
		}
		got := h.Slice()
		if !slices.EqualFunc(events, got, func(a, b history.Event) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatal(cmp.Diff(events, got))
		}
	})
}

// Whatever kind or outcome the code names can be printed and read again.
func TestEveryWordReadsBack(t *testing.T) {
	parsed, err := parser.ParseFile(source.NewFileSet(), "history/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]int{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		of, _ := spec.Type.(*ast.Ident)
		if of == nil || of.Name != "Kind" && of.Name != "Outcome" {
			return true
		}
		words[of.Name]++
		e := history.Event{Actor: "w1", N: 1, Kind: history.End}
		word := strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`)
		if of.Name == "Kind" {
			e.Kind = history.Kind(word)
		} else {
			e.Outcome = history.Outcome(word)
		}
		var lines bytes.Buffer
		if err := WriteJSONL(&lines, history.Of(e)); err != nil {
			t.Fatal(err)
		}
		if h, err := ReadJSONL(&lines); err != nil || !reflect.DeepEqual(h.Slice(), []history.Event{e}) {
			t.Errorf("%s %q does not read back: %v", of.Name, word, err)
		}
		return true
	})
	if words["Kind"] != len(history.Kinds()) || words["Outcome"] != len(history.Outcomes()) {
		t.Errorf("the code names %v, the lists have %d kinds and %d outcomes", words, len(history.Kinds()), len(history.Outcomes()))
	}
}

func TestJSONLinesAreAsDocumented(t *testing.T) {
	var lines strings.Builder
	if err := WriteJSONL(&lines, history.Of(append(someEvents(), history.Event{At: 1_250_000_000, Actor: "w1", N: 5, Kind: history.Disconnect, Reason: "read <nil> & gone"})...)); err != nil {
		t.Fatal(err)
	}
	want := `{"at":0,"actor":"watcher","n":1,"kind":"config","consumer":{"ack_wait":1}}
{"at":5,"actor":"w1","n":1,"kind":"begin","seq":1,"delivery":1,"gen":1}
{"at":9,"actor":"w1","n":2,"kind":"end","seq":1,"delivery":1,"gen":1,"outcome":"ok"}
{"at":1250000000,"actor":"w1","n":5,"kind":"disconnect","reason":"read <nil> & gone"}
`
	if diff := cmp.Diff(want, lines.String()); diff != "" {
		t.Error(diff)
	}
}

func TestReadJSONLIsLenientAboutSpace(t *testing.T) {
	text := "\n  {\"at\": 5, \"actor\": \"w1\", \"kind\": \"begin\"}  \r\n\n{\"actor\":\"w1\",\"kind\":\"end\"}" // no newline at the end
	want := []history.Event{{At: 5, Actor: "w1", Kind: history.Begin}, {Actor: "w1", Kind: history.End}}
	got, err := ReadJSONL(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Slice()); diff != "" {
		t.Error(diff)
	}
}

func TestReadJSONLSaysWhatIsWrong(t *testing.T) {
	const good = `{"at":5,"actor":"w1","n":1,"kind":"begin"}` + "\n"
	for _, test := range []struct{ name, line, want string }{
		{"unknown field", `{"at":5,"actor":"w1","kind":"begin","sequence":1}`, `unknown field "sequence"; nearest: seq`},
		{"the first of several unknown fields", `{"zeta":1,"actr":"w1","kind":"begin"}`, `unknown field "actr"; nearest: actor`},
		{"unknown kind", `{"actor":"w1","kind":"begn"}`, `unknown kind "begn"; nearest: begin`},
		{"no kind", `{"actor":"w1"}`, "no kind; expected one such as begin"},
		{"no actor", `{"kind":"begin"}`, "no actor; expected who writes, such as w1"},
		{"unknown outcome", `{"actor":"w1","kind":"end","outcome":"okay"}`, `unknown outcome "okay"; nearest: ok`},
		{"truncated", `{"at":5,"actor":"w1","ki`, "expected one event as a JSON object: unexpected EOF"},
		{"no JSON", `at=5 actor=w1`, "column 1: expected one event as a JSON object: invalid character 'a'"},
		{"an array", `[1]`, "found array"},
		{"a text for a number", `{"at":"5ms","actor":"w1","kind":"begin"}`, "column 11: found string in at; expected int64"},
		{"a negative sequence", `{"actor":"w1","kind":"begin","seq":-1}`, "found number -1 in seq; expected uint64"},
		{"a configuration that is no object", `{"actor":"watcher","kind":"config","stream":null}`, `expected a configuration as a JSON object, found "null"`},
		{"two on a line", `{"actor":"w1","kind":"end"} {"actor":"w1","kind":"end"}`, "column 28: expected the end of the line behind one event"},
		{"a brace too many", `{"actor":"w1","kind":"end"}}`, "column 28: expected the end of the line behind one event"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadJSONL(strings.NewReader(good + test.line + "\n" + good))
			if err == nil || !strings.HasPrefix(err.Error(), "read history: line 2: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestJSONLinesPassErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	if _, err := ReadJSONL(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("read: %v", err)
	}
	if err := WriteJSONL(failingWriter{broken}, history.Of(someEvents()...)); !errors.Is(err, broken) {
		t.Errorf("write: %v", err)
	}
	if _, err := Digest(history.Of(history.Event{Actor: "w1", N: 7, Stream: json.RawMessage("{")})); err == nil || !strings.Contains(err.Error(), "event 1 (w1 7)") {
		t.Errorf("digest of a configuration that is no JSON: %v", err)
	}
}

func TestDigestIsStable(t *testing.T) {
	const want = "a0f6a740be314b2cdae094d691fc7d55736d6b3ef479181e991a85d34cb91538"
	if got := digest(t, someEvents()); got != want {
		t.Errorf("digest is %s, want %s: digests in old records no longer fit", got, want)
	}
}

// Every field of every event counts, and so does the order.
func TestDigestCoversEveryField(t *testing.T) {
	base := someEvents()
	sums := map[string]string{digest(t, base): "the base", digest(t, base[:2]): "one less", digest(t, nil): "none"}
	add := func(name string, events []history.Event) {
		sum := digest(t, events)
		if other, ok := sums[sum]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		sums[sum] = name
	}
	swapped := someEvents()
	swapped[0], swapped[1] = swapped[1], swapped[0]
	add("another order", swapped)
	event := reflect.TypeFor[history.Event]()
	for i := range event.NumField() {
		changed := someEvents()
		switch field := reflect.ValueOf(&changed[2]).Elem().Field(i); {
		case field.CanInt():
			field.SetInt(77)
		case field.CanUint():
			field.SetUint(77)
		case field.Kind() == reflect.String:
			field.SetString("changed")
		default:
			field.SetBytes([]byte(`{"changed":true}`))
		}
		add(event.Field(i).Name, changed)
	}
}

func TestDigestDoesNotSeeWhiteSpace(t *testing.T) {
	spaced := someEvents()
	spaced[0].Consumer = json.RawMessage("{ \"ack_wait\":\n1 }")
	if got, want := digest(t, spaced), digest(t, someEvents()); got != want {
		t.Errorf("digest is %s with white space, %s without", got, want)
	}
}
