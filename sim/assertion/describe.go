package assertion

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"
)

// The bounds of what is kept of the details of a call.
const (
	detailsMax = 2000 // bytes of all of them
	valueMax   = 200  // bytes of one value
	framesMax  = 6    // functions of the server on the way to the call
)

// stackDetail is a detail in which the server sends a whole stack: the way to the call says the same, without addresses.
const stackDetail = "stack"

// describe is what the server says of a violation, and how it came there, as JSON.
func describe(details map[string]any) string {
	texts := map[string]string{}
	for key, value := range details {
		if key != stackDetail {
			texts[cut(key)] = cut(fmt.Sprint(value))
		}
	}
	if way := wayHere(); way != "" {
		texts["from"] = way
	}
	for {
		var text bytes.Buffer
		plain := json.NewEncoder(&text)
		plain.SetEscapeHTML(false)
		_ = plain.Encode(texts) // a map of texts has no error
		if text.Len() <= detailsMax {
			return strings.TrimSuffix(text.String(), "\n")
		}
		last := slices.Max(slices.Collect(maps.Keys(texts)))
		delete(texts, last)
	}
}

func cut(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) <= valueMax {
		return text
	}
	return strings.ToValidUTF8(text[:valueMax], "") + "…"
}

// wayHere lists the functions of the server that led to the call, the innermost first, with the place of that one.
func wayHere() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	var way []string
	for more := true; more && len(way) < framesMax; {
		var f runtime.Frame
		f, more = frames.Next()
		_, name, found := strings.Cut(f.Function, "/server.")
		if !found {
			continue
		}
		if len(way) == 0 {
			name = fmt.Sprintf("%s (%s:%d)", name, path.Base(f.File), f.Line)
		}
		way = append(way, name)
	}
	return strings.Join(way, " < ")
}
