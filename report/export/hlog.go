package export

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"pindrop/results/measure"
)

// hlogDigits are the significant digits that a histogram keeps of each value: it may be off by a thousandth.
const hlogDigits = 3

// writeHLog writes HdrHistogram's interval log, version 2 encoding: for each interval and latency a histogram of the times
// that were over in it. Responses have no tag, since that is the series that tools show first; the other latencies are
// tagged with their names.
func writeHLog(w io.Writer, runs []Run, o Options) error {
	r, d := runs[0].Record, runs[0].detail()
	start, err := time.Parse(time.RFC3339, r.Started)
	if err != nil {
		start = time.Unix(0, 0).UTC()
	}
	log := hdr.NewHistogramLogWriter(w)
	log.SetBaseTime(start.UnixMilli())
	for _, step := range []func() error{
		func() error {
			return log.OutputComment(clean(fmt.Sprintf(
				"[%s: times of the %s clock, seed %d; values in ns, Interval_Max in ms; without a tag: response]", r.Scenario, r.Clock, r.Seed)))
		},
		log.OutputLogFormatVersion,
		func() error { return log.OutputStartTime(start.UnixMilli()) },
		log.OutputLegend,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return writeIntervals(log, d, start.UnixMilli(), o.every())
}

// writeIntervals writes the intervals from the start of what metrics count on. Those in which nothing was over are left
// out, as interval logs may.
func writeIntervals(log *hdr.HistogramLogWriter, d *measure.Detail, startMS, every int64) error {
	first := d.Window.From / every
	latencies := slices.DeleteFunc(d.Times(), func(t measure.Times) bool { return t.Phase != "" })
	times, most := byInterval(latencies, every)
	numbers := map[int64]bool{}
	for k := range times {
		if k.number >= first && k.number <= d.Whole.To/every {
			numbers[k.number] = true
		}
	}
	for _, at := range slices.Sorted(maps.Keys(numbers)) {
		for _, t := range latencies {
			values := times[interval{t.Latency, at}]
			if len(values) == 0 {
				continue
			}
			h := hdr.New(1, max(most, 2), hlogDigits)
			for _, v := range values {
				if err := h.RecordValue(v); err != nil {
					return fmt.Errorf("interval log: %s: %w", t.Latency, err)
				}
			}
			if t.Latency != "response" {
				h.SetTag(t.Latency)
			}
			h.SetStartTimeMs(startMS + at*every/1e6)
			h.SetEndTimeMs(startMS + (at+1)*every/1e6)
			if err := log.OutputIntervalHistogram(h); err != nil {
				return err
			}
		}
	}
	return nil
}

// interval is one latency in one interval, by its number.
type interval struct {
	latency string
	number  int64
}

// byInterval deals the times out among intervals, and finds the longest of all.
func byInterval(latencies []measure.Times, every int64) (times map[interval][]int64, most int64) {
	times = map[interval][]int64{}
	for _, t := range latencies {
		for _, v := range t.Values {
			k := interval{t.Latency, v.At / every}
			times[k] = append(times[k], v.Value)
			most = max(most, v.Value)
		}
	}
	return times, most
}
