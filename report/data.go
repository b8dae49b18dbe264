package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"math"
	"sort"

	"pindrop/report/chart"
)

// blobMax is the size above which the page's data is made coarser: a report must stay something that one can attach.
// The full data stays in the run directory.
const blobMax = 2 << 20

// microsecond is the grain of the page's data: no screen shows less.
const microsecond = 1000

// column is what one shape of a time chart is drawn from. Times are microseconds since the start of disturb, each
// but the first told as the difference to the one before it: small numbers, which compress well.
type column struct {
	T     []int64 `json:"t"`           // of spans: from, to, from, to, …
	V     []int64 `json:"v,omitempty"` // of a quantity: Scale times the values, as differences too
	Scale float64 `json:"scale,omitempty"`

	spans []chart.Span
	at    []int64
	v     []float64
}

func spanColumn(spans []chart.Span) column { return column{spans: spans} }

func stepColumn(at []int64, v []float64) column { return column{at: at, v: v} }

// blob packs the columns for the page's script: JSON, gzip, base64url. It makes them coarser until they fit.
// It also tells the grain in nanoseconds, 0 where every change is in.
func blob(columns []column, span int64) (packed string, grain int64, err error) {
	packed, err = pack(columns, 0)
	for buckets := int64(1 << 16); err == nil && len(packed) > blobMax && buckets > 1<<8; buckets /= 2 {
		grain = max(span/buckets, 1)
		packed, err = pack(columns, grain)
	}
	return packed, grain, err
}

func pack(columns []column, grain int64) (string, error) {
	coded := make([]column, len(columns))
	for i, c := range columns {
		coded[i] = c.encode(grain)
	}
	text, err := json.Marshal(coded)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(text); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

func (c column) encode(grain int64) column {
	if c.at == nil {
		var flat []int64
		for _, s := range mergeNear(c.spans, grain) {
			flat = append(flat, s.From/microsecond, s.To/microsecond)
		}
		return column{T: deltas(flat)}
	}
	at, v := thin(c.at, c.v, grain)
	scale := scaleOf(v)
	out := column{Scale: scale}
	for i := range at {
		out.T = append(out.T, at[i]/microsecond)
		out.V = append(out.V, int64(math.Round(v[i]*scale)))
	}
	out.T, out.V = deltas(out.T), deltas(out.V)
	return out
}

// deltas is never nil, so that an empty column is [] in JSON.
func deltas(values []int64) []int64 {
	out := make([]int64, len(values))
	last := int64(0)
	for i, v := range values {
		out[i], last = v-last, v
	}
	return out
}

// scaleOf is 1 for whole numbers; otherwise three decimals are kept.
func scaleOf(v []float64) float64 {
	for _, x := range v {
		if x != math.Trunc(x) {
			return 1000
		}
	}
	return 1
}

// mergeNear joins spans that are less than grain apart.
func mergeNear(spans []chart.Span, grain int64) []chart.Span {
	var out []chart.Span
	for _, s := range spans {
		if n := len(out); grain > 0 && n > 0 && s.From-out[n-1].To < grain {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// thin keeps of all steps within one grain of time the first, the lowest, the highest and the last.
func thin(at []int64, v []float64, grain int64) ([]int64, []float64) {
	if grain <= 0 {
		return at, v
	}
	var outAt []int64
	var outV []float64
	for i := 0; i < len(at); {
		lo, hi, j := i, i, i+1
		for ; j < len(at) && at[j]/grain == at[i]/grain; j++ {
			if v[j] < v[lo] {
				lo = j
			}
			if v[j] > v[hi] {
				hi = j
			}
		}
		kept := []int{i, lo, hi, j - 1}
		sort.Ints(kept)
		for n, k := range kept {
			if n == 0 || k != kept[n-1] {
				outAt, outV = append(outAt, at[k]), append(outV, v[k])
			}
		}
		i = j
	}
	return outAt, outV
}
