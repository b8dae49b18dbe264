package results

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"

	"pindrop/results/history"
)

// The bounds of what is read: a file is untrusted, whoever wrote it, and may be made to take all memory or never to end.
const (
	fileMax    = 256 << 20           // bytes of a file that is read as a whole
	objectsMax = 3_000_000           // of them, JSON objects: an empty one of three bytes takes hundreds in memory
	numberMax  = 1 << 53             // of a value: beyond it, whole numbers are no longer exact
	timeMax    = 4 * history.TimeMax // nanoseconds
)

// ReadFile is [os.ReadFile] for files that may be anything: those of more than 256 MB, and those without an end, are refused.
func ReadFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := readBounded(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, fileMax+1))
	if err == nil && len(text) > fileMax {
		err = fmt.Errorf("expected at most %d MB", fileMax>>20)
	}
	return text, err
}

// decodeBounded decodes JSON, and refuses what no run can have measured. Errors have line and column, or the path of the value.
func decodeBounded(text []byte, into any) error {
	if n := countObjects(text); n > objectsMax {
		return fmt.Errorf("found %d objects; expected at most %d", n, objectsMax)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return place(text, err)
	}
	return bounded(reflect.ValueOf(into), nil)
}

func countObjects(text []byte) int {
	n := 0
	for _, c := range text {
		if c == '{' {
			n++
		}
	}
	return n
}

// bounded finds the first number that is out of bounds in what v holds, and says where it is. Seeds, sequences and
// revisions may be anything.
func bounded(v reflect.Value, path []string) error {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return bounded(v.Elem(), path)
		}
	case reflect.Struct:
		return boundedFields(v, path)
	case reflect.Slice, reflect.Array:
		return boundedItems(v, path)
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if err := bounded(entries.Value(), append(path, fmt.Sprint(entries.Key()))); err != nil {
				return err
			}
		}
	case reflect.Float64:
		if !finite(v.Float()) {
			return fmt.Errorf("%s is %v; expected a number of at most %d", strings.Join(path, "."), v.Float(), numberMax)
		}
	case reflect.Int, reflect.Int64:
		if i := v.Int(); i > timeMax || i < -timeMax {
			return fmt.Errorf("%s is %d; expected at most %d", strings.Join(path, "."), i, timeMax)
		}
	}
	return nil
}

func boundedFields(v reflect.Value, path []string) error {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := path
		if name != "" {
			at = append(path, name)
		}
		if err := bounded(v.Field(i), at); err != nil {
			return err
		}
	}
	return nil
}

func boundedItems(v reflect.Value, path []string) error {
	if k := v.Type().Elem().Kind(); k == reflect.Uint8 || k == reflect.String {
		return nil
	}
	for i := range v.Len() {
		if err := bounded(v.Index(i), append(path, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	return nil
}

// finite reports whether a value can be kept.
func finite(v float64) bool { return !math.IsNaN(v) && math.Abs(v) <= numberMax }
