package results

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// WriteJSONL writes each event as a line of JSON. Fields that are zero are left out, but for at, actor, n and kind.
func WriteJSONL(w io.Writer, h *history.History) error {
	buffered := bufio.NewWriter(w)
	l, number := newLiner(), 0
	for e := range h.Events() {
		number++
		line, err := l.line(e)
		if err == nil {
			_, err = buffered.Write(line)
		}
		if err != nil {
			return fmt.Errorf("write event %d (%s %d): %w", number, e.Actor, e.N, err)
		}
	}
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return nil
}

// Digest is the SHA-256 of a history in hexadecimal: over every event, in its order, as [WriteJSONL] writes it.
func Digest(h *history.History) (string, error) {
	sum := sha256.New()
	if err := WriteJSONL(sum, h); err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// lineMax is how many bytes a line has at most: the longest of a run holds the configuration of a stream.
const lineMax = 16 << 20

// ReadJSONL reads lines of JSON, one event each, whoever wrote them; empty lines are passed over. It stops at the first
// line that is no event, with an error that names the line, from 1, and what was expected.
func ReadJSONL(r io.Reader) (*history.History, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, lineMax)
	h, number := &history.History{}, 1
	for ; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		e, err := parseEvent(line)
		if err != nil {
			return nil, fmt.Errorf("read history: line %d: %w", number, err)
		}
		h.Append(&e)
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		err = fmt.Errorf("expected at most %d MB in a line", lineMax>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("read history: line %d: %w", number, err)
	}
	return h, nil
}

func parseEvent(line []byte) (history.Event, error) {
	var e history.Event
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return e, explainLine(line, err)
	}
	end := dec.InputOffset()
	if _, err := dec.Token(); err != io.EOF {
		return e, fmt.Errorf("column %d: expected the end of the line behind one event", end+1)
	}
	switch {
	case e.Kind == "":
		return e, errors.New("no kind; expected one such as begin")
	case !e.Kind.Known():
		return e, fmt.Errorf("unknown kind %q; nearest: %s", scenarios.Brief(string(e.Kind), shownMax), scenarios.Nearest(string(e.Kind), wordsOf(history.Kinds())))
	case e.Outcome != "" && !slices.Contains(history.Outcomes(), e.Outcome):
		return e, fmt.Errorf("unknown outcome %q; nearest: %s", scenarios.Brief(string(e.Outcome), shownMax), scenarios.Nearest(string(e.Outcome), wordsOf(history.Outcomes())))
	case e.Actor == "":
		return e, errors.New("no actor; expected who writes, such as w1")
	}
	return e, cmp.Or(e.Check(), checkConfig(&e))
}

// explainLine says what is wrong with a line that could not be decoded.
func explainLine(line []byte, err error) error {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) {
		return fmt.Errorf("column %d: found %s in %s; expected %s", typed.Offset, typed.Value, typed.Field, typed.Type)
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(line, &fields) == nil {
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			if !slices.Contains(Columns(), name) {
				return fmt.Errorf("unknown field %q; nearest: %s", scenarios.Brief(name, shownMax), scenarios.Nearest(name, Columns()))
			}
		}
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("column %d: expected one event as a JSON object: %w", syntax.Offset, err)
	}
	return fmt.Errorf("expected one event as a JSON object: %w", err)
}

// wordsOf are the words of kinds or of outcomes.
func wordsOf[T ~string](of []T) []string {
	list := make([]string, len(of))
	for i, word := range of {
		list[i] = string(word)
	}
	return list
}
