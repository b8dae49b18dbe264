package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"pindrop/results/history"
)

// A table that has been through other hands is read as well: its columns may be optional, its numbers in dictionaries, its
// texts in none, its groups and pages of any size.
func TestHistoryOfOtherWriters(t *testing.T) {
	var events []history.Event
	for i := range 1000 {
		e := history.Event{At: int64(i), Actor: fmt.Sprintf("w%d", i%3), N: int64(i + 1), Kind: history.Begin, Seq: uint64(i % 7), Delivery: uint32(i % 2)}
		if i%5 == 0 {
			e.Key, e.Due, e.Size, e.Delay, e.Sum = fmt.Sprintf("k%d", i%4), int64(-i), int32(i%3), 1<<40, 1<<63+uint64(i)
		}
		if i%100 == 0 {
			e.Consumer = json.RawMessage(fmt.Sprintf(`{"ack_wait":%d}`, i))
		}
		events = append(events, e)
	}
	for _, tags := range []string{",optional", ",optional,dict", ",dict", ""} {
		t.Run(tags, func(t *testing.T) {
			got, err := readParquet(foreign(t, events, tags))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(events, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// foreign writes events with other tags on each of their columns.
func foreign(t *testing.T, events []history.Event, tags string) []byte {
	t.Helper()
	event := reflect.TypeFor[history.Event]()
	var fields []reflect.StructField
	for i := range event.NumField() {
		f := event.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("parquet"), ",")
		f.Tag = reflect.StructTag(fmt.Sprintf("parquet:%q", name+tags))
		fields = append(fields, f)
	}
	row := reflect.StructOf(fields)
	var file bytes.Buffer
	out := parquet.NewWriter(&file, parquet.SchemaOf(reflect.New(row).Interface()), parquet.MaxRowsPerRowGroup(300), parquet.PageBufferSize(500))
	for _, e := range events {
		if err := out.Write(reflect.ValueOf(e).Convert(row).Interface()); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
