package results

import (
	"encoding/json"
	"reflect"
	"strings"
	"unsafe"

	"pindrop/results/history"
)

// column is one field of an event, as files know it.
type column struct {
	name  string
	label string // as JSON writes it before the value
	kind  reflect.Kind
	at    uintptr // offset of the field
}

// The places of a column in an event. Ten million events have 330 million of them: package reflect would take longer
// for the way there than all else that is done with them.

func (c *column) text(e *history.Event) *string         { return (*string)(c.place(e)) }
func (c *column) raw(e *history.Event) *json.RawMessage { return (*json.RawMessage)(c.place(e)) }
func (c *column) int32(e *history.Event) *int32         { return (*int32)(c.place(e)) }
func (c *column) int64(e *history.Event) *int64         { return (*int64)(c.place(e)) }
func (c *column) uint32(e *history.Event) *uint32       { return (*uint32)(c.place(e)) }
func (c *column) uint64(e *history.Event) *uint64       { return (*uint64)(c.place(e)) }

func (c *column) place(e *history.Event) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(e), c.at) }

// columns are the fields of an event in the order in which they are written.
var columns = func() []column {
	event := reflect.TypeFor[history.Event]()
	all := make([]column, event.NumField())
	for i := range all {
		name, _, _ := strings.Cut(event.Field(i).Tag.Get("parquet"), ",")
		all[i] = column{name, `"` + name + `":`, event.Field(i).Type.Kind(), event.Field(i).Offset}
	}
	return all
}()

// Columns are the names of the fields of a history, in JSON lines as in Parquet, in the order in which they are written.
func Columns() []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return names
}
