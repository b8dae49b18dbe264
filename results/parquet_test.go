package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"pindrop/results/history"
)

// anyEvent draws events with any value in any field, but for times without end, also combinations that no run would produce.
func anyEvent() *rapid.Generator[history.Event] {
	return rapid.Custom(func(t *rapid.T) history.Event {
		e := rapid.MakeCustom[history.Event](rapid.MakeConfig{
			Types: map[reflect.Type]*rapid.Generator[any]{
				reflect.TypeFor[json.RawMessage](): rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"b":[1,2],"a":"<"}`)}).AsAny(),
				reflect.TypeFor[history.Kind]():    rapid.SampledFrom(history.Kinds()).AsAny(),
				reflect.TypeFor[history.Outcome](): rapid.SampledFrom(append(history.Outcomes(), "")).AsAny(),
			},
		}).Draw(t, "event")
		e.Actor = "w" + e.Actor
		for _, t := range []*int64{&e.At, &e.Due, &e.Expires, &e.Delay, &e.Stamp} {
			*t %= history.TimeMax
		}
		return e
	})
}

func anyHistory(t *rapid.T) []history.Event {
	return rapid.SliceOfN(anyEvent(), 0, 20).Draw(t, "history")
}

func parquetOf(t interface {
	Helper()
	Fatal(...any)
}, events []history.Event) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteHistory(&out, history.Of(events...)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readParquet(file []byte) ([]history.Event, error) {
	h, err := ReadHistory(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	return h.Slice(), nil
}

func TestParquetReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := anyHistory(t)
		got, err := readParquet(parquetOf(t, events))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(events, got, func(a, b history.Event) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatal(cmp.Diff(events, got))
		}
	})
}

func TestParquetOfManyRows(t *testing.T) {
	events := make([]history.Event, 10_000) // more than one portion of readRows
	for i := range events {
		events[i] = history.Event{At: int64(i), Actor: fmt.Sprintf("w%d", i%3), N: int64(i/3 + 1), Kind: history.Begin, Seq: uint64(i)}
	}
	events[0].Consumer = json.RawMessage(`{}`) // must not leak into rows of later portions
	file := parquetOf(t, events)
	got, err := readParquet(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, got); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(file, parquetOf(t, got)) {
		t.Error("the same events gave other bytes")
	}
}

// One set of names everywhere: whoever knows the JSON lines can write SQL over the Parquet file.
func TestColumnsHaveOneNameInEveryForm(t *testing.T) {
	var inJSON []string
	for field := range reflect.TypeFor[history.Event]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		inJSON = append(inJSON, name)
	}
	var inParquet []string
	for _, column := range parquet.SchemaOf(history.Event{}).Columns() {
		inParquet = append(inParquet, strings.Join(column, "."))
	}
	if diff := cmp.Diff(Columns(), inJSON); diff != "" {
		t.Errorf("JSON: %s", diff)
	}
	if diff := cmp.Diff(Columns(), inParquet); diff != "" {
		t.Errorf("Parquet: %s", diff)
	}
}

func someEvents() []history.Event {
	return []history.Event{
		{At: 0, Actor: history.Watcher, N: 1, Kind: history.Config, Consumer: json.RawMessage(`{"ack_wait":1}`)},
		{At: 5, Actor: "w1", N: 1, Kind: history.Begin, Seq: 1, Delivery: 1, Gen: 1},
		{At: 9, Actor: "w1", N: 2, Kind: history.End, Seq: 1, Delivery: 1, Gen: 1, Outcome: history.OK},
	}
}

// A damaged file must give an error or, where the damage hits nothing of ours, the very events, but never others.
func TestDamagedParquetNeverGivesOtherEvents(t *testing.T) {
	whole := someEvents()
	file := parquetOf(t, whole)
	var refused int
	for at := 0; at < len(file); at += 173 {
		damaged := bytes.Clone(file)
		damaged[at] ^= 0x55
		switch got, err := readParquet(damaged); {
		case err != nil:
			refused++
			if !strings.HasPrefix(err.Error(), "read history: ") {
				t.Errorf("byte %d: the error does not say what was done: %v", at, err)
			}
		case !reflect.DeepEqual(got, whole):
			t.Errorf("byte %d: damage went unnoticed: %v", at, got)
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed at all")
	}
	for size := 0; size < len(file); size += 499 {
		if _, err := readParquet(file[:size]); err == nil {
			t.Errorf("a file cut off at byte %d was read", size)
		}
	}
}

func TestReadHistoryRefusesOtherTables(t *testing.T) {
	type strange struct {
		At int64 `parquet:"at"`
	}
	type typed struct {
		At string `parquet:"at"`
	}
	for _, test := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"no Parquet", func(w io.Writer) error { _, err := io.WriteString(w, "at,actor,n,kind\n"); return err }, "expected a Parquet file"},
		{"a column is missing", func(w io.Writer) error { return parquet.Write(w, []strange{{1}}) }, `found no column "actor"`},
		{"a column of another type", func(w io.Writer) error { return parquet.Write(w, []typed{{"1"}}) }, `column "at" is STRING, not INT(64,true)`},
		{"a configuration that is no object", func(w io.Writer) error {
			return parquet.Write(w, []history.Event{{}, {Stream: json.RawMessage("[]")}})
		}, `row 2: expected a configuration as a JSON object, found "[]"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var file bytes.Buffer
			if err := test.write(&file); err != nil {
				t.Fatal(err)
			}
			if _, err := readParquet(file.Bytes()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestWriteHistoryRefusesBadConfigurations(t *testing.T) {
	for _, raw := range []string{"{", "null", "true", `"text"`, "7"} {
		events := append(someEvents(), history.Event{Actor: "watcher", Kind: history.Config, Consumer: json.RawMessage(raw)})
		want := fmt.Sprintf("row 4: expected a configuration as a JSON object, found %q", raw)
		if err := WriteHistory(io.Discard, history.Of(events...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestWriteHistoryPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	if err := WriteHistory(failingWriter{broken}, history.Of(someEvents()...)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
