package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"

	"pindrop/results/history"
)

// The library's own reader of rows takes some 3 µs for each of them, most of it in columns that are zero. So rows are
// read here column by column, in portions, and only what is not zero is put into an event.

// cells is one column of a group of rows as it is read.
type cells struct {
	column
	from parquet.ColumnChunkValueReader
}

// readGroup appends the rows of a group to a history.
func readGroup(group parquet.RowGroup, h *history.History) (err error) {
	var all []cells
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.from.Close())
		}
	}()
	for _, c := range columns {
		leaf, ok := group.Schema().Lookup(c.name)
		if !ok {
			continue // and zero in every event: see checkColumns
		}
		all = append(all, cells{c, parquet.NewColumnChunkValueReader(group.ColumnChunks()[leaf.ColumnIndex])})
	}
	portion := make([]history.Event, portionRows)
	values := make([]parquet.Value, portionRows)
	for {
		rows, err := readPortion(all, portion, values, h)
		if err != nil || rows == 0 {
			return err
		}
		for i := range portion[:rows] {
			if err := checkConfig(&portion[i]); err != nil {
				return fmt.Errorf("row %d: %w", h.Len()+1, err)
			}
			h.Append(&portion[i])
		}
	}
}

// readPortion reads the next rows, 0 at the end.
func readPortion(all []cells, portion []history.Event, values []parquet.Value, h *history.History) (rows int, err error) {
	clear(portion)
	for i, c := range all {
		n, err := readFull(c.from, values)
		if err != nil {
			return 0, fmt.Errorf("rows from %d, column %q: %w", h.Len()+1, c.name, err)
		}
		if i > 0 && n != rows {
			return 0, fmt.Errorf("rows from %d: %d of column %q, %d of the columns before", h.Len()+1, n, c.name, rows)
		}
		rows = n
		for k := range values[:n] {
			if v := &values[k]; !zero(v) {
				c.set(&portion[k], v, h)
			}
		}
	}
	return rows, nil
}

// readFull reads values until there are as many as there is room for, or no more.
func readFull(r parquet.ValueReader, values []parquet.Value) (n int, err error) {
	for n < len(values) && err == nil {
		var more int
		more, err = r.ReadValues(values[n:])
		n += more
		if more == 0 && err == nil {
			err = io.ErrNoProgress
		}
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// zero reports whether a value is what an event has there anyhow.
func zero(v *parquet.Value) bool {
	switch v.Kind() {
	case parquet.Int32:
		return v.Int32() == 0
	case parquet.Int64:
		return v.Int64() == 0
	case parquet.ByteArray:
		return len(v.ByteArray()) == 0
	}
	return v.IsNull()
}

// set gives a value to the column's field.
func (c *column) set(e *history.Event, v *parquet.Value, h *history.History) {
	switch c.kind {
	case reflect.String:
		*c.text(e) = h.Text(v.ByteArray())
	case reflect.Int32:
		*c.int32(e) = v.Int32()
	case reflect.Int64:
		*c.int64(e) = v.Int64()
	case reflect.Uint32:
		*c.uint32(e) = v.Uint32()
	case reflect.Uint64:
		*c.uint64(e) = v.Uint64()
	case reflect.Slice:
		*c.raw(e) = json.RawMessage(h.Text(v.ByteArray()))
	default:
		panic("an event has a field of kind " + c.kind.String())
	}
}
