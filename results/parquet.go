package results

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// writtenRows is how many rows are written at a time, and groupRows how many are in one group: a writer keeps the pages
// of its group in memory.
const (
	writtenRows = 1024
	groupRows   = 1 << 20
)

// WriteHistory writes a history as Parquet, compressed with zstd: one row for each event, with the columns of [Columns].
// The same events always give the same bytes.
func WriteHistory(w io.Writer, h *history.History) error {
	out := parquet.NewGenericWriter[history.Event](w, append(boundless,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.MaxRowsPerRowGroup(groupRows),
		parquet.CreatedBy("pindrop", "1", "history"))...) // the default is the build of the library, another in each binary
	if err := errors.Join(writeRows(out, h), out.Close()); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// boundless leaves out the least and the greatest text of each page: nobody looks for a range of texts, and finding them
// took a fifth of the time.
var boundless = func() []parquet.WriterOption {
	var options []parquet.WriterOption
	for _, c := range columns {
		if c.kind == reflect.String || c.kind == reflect.Slice {
			options = append(options, parquet.SkipPageBounds(c.name), parquet.SkipPageStatistics(c.name))
		}
	}
	return slices.Clip(options)
}()

func writeRows(out *parquet.GenericWriter[history.Event], h *history.History) error {
	portion, row := make([]history.Event, 0, min(h.Len(), writtenRows)), 0
	for e := range h.Events() {
		row++
		if err := cmp.Or(e.Check(), checkConfig(e)); err != nil {
			return fmt.Errorf("row %d: %w", row, err)
		}
		portion = append(portion, *e)
		if len(portion) == cap(portion) {
			if _, err := out.Write(portion); err != nil {
				return err
			}
			portion = portion[:0]
		}
	}
	_, err := out.Write(portion)
	return err
}

// ReadHistory reads what [WriteHistory] wrote. A file with other columns is an error that names the first difference.
func ReadHistory(r io.ReaderAt, size int64) (h *history.History, err error) {
	defer func() {
		// The library panics on some damaged files. Its input is a user's file, so that is an error.
		if p := recover(); p != nil {
			h, err = nil, fmt.Errorf("read history: the file is damaged: %v", p)
		}
	}()
	file, err := openParquet(r, size)
	if err != nil {
		return nil, fmt.Errorf("read history: expected a Parquet file: %w", err)
	}
	if err := checkColumns(file.Schema()); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	h = &history.History{}
	t := &table{groups: file.RowGroups()}
	defer t.close()
	for e := range history.Ahead(t.read) {
		h.Append(e)
	}
	if t.err != nil {
		return nil, fmt.Errorf("read history: %w", t.err)
	}
	if n := file.NumRows(); n != int64(h.Len()) {
		return nil, fmt.Errorf("read history: found %d rows; the file promises %d", h.Len(), n)
	}
	return h, nil
}

// checkColumns compares the columns of a file with those of an event: the library would fill a missing one with zeros.
func checkColumns(found *parquet.Schema) error {
	for _, want := range parquet.SchemaOf(history.Event{}).Fields() {
		leaf, ok := found.Lookup(want.Name())
		switch {
		case !ok && want.Name() == "shard": // histories of one consumer were written without it; zero is what it would say
		case !ok:
			return fmt.Errorf("expected a history; found no column %q", want.Name())
		case leaf.Node.Type().Kind() != want.Type().Kind():
			return fmt.Errorf("expected a history; column %q is %v, not %v", want.Name(), leaf.Node.Type(), want.Type())
		case leaf.MaxRepetitionLevel > 0:
			return fmt.Errorf("expected a history; column %q is a list", want.Name())
		}
	}
	return nil
}

// checkConfig refuses a configuration that is not a JSON object: nothing that is read may fail to be written again, and
// the library panics on some other values.
func checkConfig(e *history.Event) error {
	if len(e.Stream)+len(e.Consumer) == 0 {
		return nil
	}
	for _, raw := range []json.RawMessage{e.Stream, e.Consumer} {
		var object map[string]json.RawMessage
		if len(raw) == 0 {
			continue
		}
		if err := json.Unmarshal(raw, &object); err != nil || object == nil {
			return fmt.Errorf("expected a configuration as a JSON object, found %q", scenarios.Brief(string(raw), shownMax))
		}
	}
	return nil
}
