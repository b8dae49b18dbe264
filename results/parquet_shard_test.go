package results

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"pindrop/results/history"
)

// A history from before there were several consumers has no column for their numbers, and is read as one of a single
// consumer.
func TestHistoryWithoutShards(t *testing.T) {
	whole := reflect.TypeFor[history.Event]()
	var fields []reflect.StructField
	for i := range whole.NumField() {
		if f := whole.Field(i); f.Name != "Shard" {
			fields = append(fields, f)
		}
	}
	row := reflect.New(reflect.StructOf(fields))
	row.Elem().FieldByName("Actor").SetString("w1")
	row.Elem().FieldByName("Kind").SetString(string(history.Begin))
	row.Elem().FieldByName("Gen").SetUint(3)
	var file bytes.Buffer
	out := parquet.NewWriter(&file)
	if err := out.Write(row.Interface()); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := ReadHistory(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]history.Event{{Actor: "w1", Kind: history.Begin, Gen: 3}}, got.Slice()); diff != "" {
		t.Error(diff)
	}
}
