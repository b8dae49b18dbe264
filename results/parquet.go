package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"pindrop/results/history"
)

// WriteHistory writes a history as Parquet, compressed with zstd: one row for each event, with the columns of [Columns].
// The same events always give the same bytes.
func WriteHistory(w io.Writer, events []history.Event) error {
	for i := range events {
		if err := checkConfig(&events[i]); err != nil {
			return fmt.Errorf("write history: row %d: %w", i+1, err)
		}
	}
	out := parquet.NewGenericWriter[history.Event](w,
		parquet.Compression(&parquet.Zstd),
		parquet.CreatedBy("pindrop", "1", "history")) // the default is the build of the library, another in each binary
	if _, err := out.Write(events); err != nil {
		return fmt.Errorf("write history: %w", errors.Join(err, out.Close()))
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// ReadHistory reads what [WriteHistory] wrote. A file with other columns is an error that names the first difference.
func ReadHistory(r io.ReaderAt, size int64) (events []history.Event, err error) {
	defer func() {
		// The library panics on some damaged files. Its input is a user's file, so that is an error.
		if p := recover(); p != nil {
			events, err = nil, fmt.Errorf("read history: the file is damaged: %v", p)
		}
	}()
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, fmt.Errorf("read history: expected a Parquet file: %w", err)
	}
	if err := checkColumns(file.Schema()); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	if events, err = readRows(file); err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	if n := file.NumRows(); n != int64(len(events)) {
		return nil, fmt.Errorf("read history: found %d rows; the file promises %d", len(events), n)
	}
	for i := range events {
		if err := restoreConfig(&events[i]); err != nil {
			return nil, fmt.Errorf("read history: row %d: %w", i+1, err)
		}
	}
	return events, nil
}

// readRows reads in portions, so that a damaged number of rows cannot ask for all the memory there is.
func readRows(file *parquet.File) (events []history.Event, err error) {
	in := parquet.NewGenericReader[history.Event](file)
	portion := make([]history.Event, 4096)
	for {
		clear(portion)
		n, err := in.Read(portion)
		events = append(events, portion[:n]...)
		if err == io.EOF {
			return events, in.Close()
		}
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(events)+1, errors.Join(err, in.Close()))
		}
	}
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
		}
	}
	return nil
}

// restoreConfig makes absent configurations nil again, for which a column that is required has only emptiness.
func restoreConfig(e *history.Event) error {
	if len(e.Stream) == 0 {
		e.Stream = nil
	}
	if len(e.Consumer) == 0 {
		e.Consumer = nil
	}
	return checkConfig(e)
}

// checkConfig refuses a configuration that is not a JSON object: nothing that is read may fail to be written again, and
// the library panics on some other values.
func checkConfig(e *history.Event) error {
	for _, raw := range []json.RawMessage{e.Stream, e.Consumer} {
		var object map[string]json.RawMessage
		if len(raw) == 0 {
			continue
		}
		if err := json.Unmarshal(raw, &object); err != nil || object == nil {
			return fmt.Errorf("expected a configuration as a JSON object, found %q", raw)
		}
	}
	return nil
}
