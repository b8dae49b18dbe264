package results

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// Encode writes the record as indented JSON. The same record always gives the same bytes.
func (r *Record) Encode(w io.Writer) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("encode record of %s: %w", r.Scenario, err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write record of %s: %w", r.Scenario, err)
	}
	return nil
}

// Decode reads what [Record.Encode] wrote. It reads the present [Format] only.
func Decode(r io.Reader) (*Record, error) {
	text, err := readBounded(r)
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	var head struct {
		Format *int `json:"format"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("read record: %w", place(text, err))
	}
	if head.Format == nil {
		return nil, fmt.Errorf("read record: no format found; expected the record.json of a run, with format %d", Format)
	}
	if *head.Format != Format {
		return nil, fmt.Errorf("read record: found format %d; this pindrop reads format %d", *head.Format, Format)
	}
	rec := &Record{}
	if err := decodeBounded(text, rec); err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	if rec.Plan, err = compact(rec.Plan); err != nil {
		return nil, fmt.Errorf("read record: plan: %w", err)
	}
	switch rec.Verdict {
	case measure.Pass, measure.Fail, measure.Unknown:
		return rec, nil
	}
	return nil, fmt.Errorf("read record: found verdict %q; expected pass, fail or unknown", scenarios.Brief(string(rec.Verdict), shownMax))
}

// compact undoes the indentation that Encode gave to raw JSON, so that a record reads back as it was.
func compact(raw json.RawMessage) (json.RawMessage, error) {
	if len(raw) == 0 {
		return raw, nil
	}
	var out bytes.Buffer
	err := json.Compact(&out, raw)
	return out.Bytes(), err
}

// place adds line and column to an error of encoding/json, which knows only an offset.
func place(text []byte, err error) error {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	var offset int64
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &typed):
		offset = typed.Offset
	default:
		return err
	}
	before := text[:min(offset, int64(len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - (bytes.LastIndexByte(before, '\n') + 1)
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}
