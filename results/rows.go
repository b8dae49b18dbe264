package results

import (
	"bytes"
	"cmp"
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

// table reads the rows of a file, group by group.
type table struct {
	groups []parquet.RowGroup // those still to come
	group  []*chunk           // the columns of the one being read
	rows   int                // read so far
	err    error              // the first one: nothing is read after it
}

// read fills a portion with the next rows. One that is not full is the last.
func (t *table) read(portion []history.Event) (n int) {
	clear(portion)
	for n < len(portion) && t.err == nil {
		if t.group == nil && !t.open() {
			break
		}
		rows, err := readRows(t.group, portion[n:])
		if err != nil {
			t.err = fmt.Errorf("rows from %d, %w", t.rows+1, err)
			break
		}
		if rows < len(portion)-n {
			t.close()
		}
		for i := range rows {
			e := &portion[n+i]
			if err := cmp.Or(e.Check(), checkConfig(e)); err != nil && t.err == nil {
				t.err = fmt.Errorf("row %d: %w", t.rows+i+1, err)
			}
		}
		n += rows
		t.rows += rows
	}
	return n
}

// open goes on to the next group.
func (t *table) open() bool {
	if len(t.groups) == 0 {
		return false
	}
	group := t.groups[0]
	t.groups = t.groups[1:]
	for _, c := range columns {
		leaf, ok := group.Schema().Lookup(c.name)
		if !ok {
			continue // and zero in every event: see checkColumns
		}
		t.group = append(t.group, &chunk{column: c, pages: group.ColumnChunks()[leaf.ColumnIndex].Pages()})
	}
	return true
}

// close ends the group that is being read.
func (t *table) close() {
	for _, c := range t.group {
		t.err = errors.Join(t.err, c.close())
	}
	t.group = nil
}

// readRows reads the next rows of a group into events that are zero, fewer than there is room for at its end.
func readRows(group []*chunk, portion []history.Event) (rows int, err error) {
	for i, c := range group {
		n, err := c.read(portion)
		if err != nil {
			return 0, fmt.Errorf("column %q: %w", c.name, err)
		}
		if i > 0 && n != rows {
			return 0, fmt.Errorf("column %q: %d of it, %d of the columns before", c.name, n, rows)
		}
		rows = n
	}
	return rows, nil
}

// chunk is one column of a group of rows as it is read, page by page.
type chunk struct {
	column
	pages parquet.Pages
	page  parquet.Page
	rows  int // of the page
	next  int // the first of them that has not been read
	fill  func(portion []history.Event) error

	dictionary parquet.Dictionary
	texts      []string // of the dictionary
}

// read gives the column's next values to events that are zero. It returns how many there were.
func (c *chunk) read(portion []history.Event) (n int, err error) {
	for n < len(portion) {
		if c.next == c.rows {
			if err := c.turn(); err == io.EOF {
				return n, nil
			} else if err != nil {
				return n, err
			}
		}
		more := min(len(portion)-n, c.rows-c.next)
		if err := c.fill(portion[n : n+more]); err != nil {
			return n, err
		}
		n += more
		c.next += more
	}
	return n, nil
}

// turn goes on to the next page. Pages as [WriteHistory] makes them are read as what they are, those of other writers
// value by value.
func (c *chunk) turn() (err error) {
	parquet.Release(c.page)
	if c.page, err = c.pages.ReadPage(); err != nil {
		return err
	}
	c.rows, c.next = int(c.page.NumValues()), 0
	data, dictionary := c.page.Data(), c.page.Dictionary()
	optional := len(c.page.DefinitionLevels()) > 0
	switch {
	case data.Size() == 0:
		c.fill = func([]history.Event) error { return nil }
	case optional:
		c.fill = c.fillFrom(c.page.Values())
	case dictionary != nil && c.kind == reflect.String:
		c.translate(dictionary)
		c.fill = c.fillTexts(data.Int32())
	case dictionary == nil && (c.kind == reflect.Int64 || c.kind == reflect.Uint64):
		c.fill = c.fillLong(data.Int64())
	case dictionary == nil && (c.kind == reflect.Int32 || c.kind == reflect.Uint32):
		c.fill = c.fillShort(data.Int32())
	default:
		c.fill = c.fillFrom(c.page.Values())
	}
	return nil
}

func (c *chunk) close() error {
	parquet.Release(c.page)
	return c.pages.Close()
}

// translate makes the texts of a dictionary, once for all pages that share it.
func (c *chunk) translate(d parquet.Dictionary) {
	if c.dictionary == d {
		return
	}
	c.dictionary, c.texts = d, make([]string, d.Len())
	for i := range c.texts {
		c.texts[i] = string(d.Index(int32(i)).ByteArray())
	}
}

func (c *chunk) fillTexts(numbers []int32) func([]history.Event) error {
	return func(portion []history.Event) error {
		for i, number := range numbers[c.next:][:len(portion)] {
			if text := c.texts[number]; text != "" {
				*c.text(&portion[i]) = text
			}
		}
		return nil
	}
}

func (c *chunk) fillLong(values []int64) func([]history.Event) error {
	return func(portion []history.Event) error {
		for i, v := range values[c.next:][:len(portion)] {
			if v != 0 {
				*c.int64(&portion[i]) = v // or uint64: the same bits
			}
		}
		return nil
	}
}

func (c *chunk) fillShort(values []int32) func([]history.Event) error {
	return func(portion []history.Event) error {
		for i, v := range values[c.next:][:len(portion)] {
			if v != 0 {
				*c.int32(&portion[i]) = v // or uint32
			}
		}
		return nil
	}
}

// fillFrom reads values that may be anything.
func (c *chunk) fillFrom(values parquet.ValueReader) func([]history.Event) error {
	var buffer [64]parquet.Value
	return func(portion []history.Event) error {
		for n := 0; n < len(portion); {
			more, err := values.ReadValues(buffer[:min(len(portion)-n, len(buffer))])
			for i := range buffer[:more] {
				if v := &buffer[i]; !v.IsNull() {
					c.set(&portion[n+i], v)
				}
			}
			if n += more; more == 0 {
				return cmp.Or(err, io.ErrNoProgress)
			}
		}
		return nil
	}
}

// set gives a value to the column's field.
func (c *column) set(e *history.Event, v *parquet.Value) {
	switch c.kind {
	case reflect.String:
		*c.text(e) = string(v.ByteArray())
	case reflect.Int32, reflect.Uint32:
		*c.int32(e) = v.Int32()
	case reflect.Int64, reflect.Uint64:
		*c.int64(e) = v.Int64()
	case reflect.Slice:
		if raw := v.ByteArray(); len(raw) > 0 {
			*c.raw(e) = json.RawMessage(bytes.Clone(raw))
		}
	default:
		panic("an event has a field of kind " + c.kind.String())
	}
}
