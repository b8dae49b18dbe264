package scenarios

import (
	"reflect"
	"slices"
	"testing"
)

// Who writes a scenario leaves the fields of its types, which all share, in their order: many are written at once.
func TestFieldsStayInOrder(t *testing.T) {
	s, err := Load("order.yaml", []byte("publishers: []\nworkers: []\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	s.YAML()
	for _, typ := range []reflect.Type{reflect.TypeFor[Consumer](), reflect.TypeFor[Stream]()} {
		var got, want []string
		for _, f := range fieldsOf(typ) {
			got = append(got, f.name)
		}
		for _, f := range readFields(typ) {
			want = append(want, f.name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: the fields are %q, want %q", typ, got, want)
		}
	}
}
