package report

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"pindrop/results"
	"pindrop/results/measure"
)

// splitFigures are figures that a printer may cut in two: those that allow it, and those that are higher than a page,
// which is 297 mm less two margins of 10 mm, at 96 pixels an inch.
const splitFigures = `[...document.querySelectorAll("figure")].filter(f =>
	getComputedStyle(f).breakInside !== "avoid" || f.getBoundingClientRect().height > 277 / 25.4 * 96).map(f => f.textContent.slice(0, 40))`

func TestBrowserPrintsWithoutSplitFigures(t *testing.T) {
	ctx := browser(t)
	pages := studyPages(t)
	for name, r := range records() {
		pages[name] = render(t, r)
	}
	for _, name := range []string{"kill", "company", "compare", "tuning"} {
		call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: ""})
		open(t, ctx, fileOf(t, pages[name]), 718) // the width of the paper less its margins
		call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		if got := eval[[]string](t, ctx, splitFigures); len(got) > 0 {
			t.Errorf("%s: figures that print in two parts: %q", name, got)
		}
		if n := eval[int](t, ctx, `document.querySelectorAll("figure").length`); n == 0 {
			t.Errorf("%s has no figures", name)
		}
		pdf, err := chromedp.Call(ctx, cdppage.PrintToPDF, cdppage.PrintToPDFParams{})
		if err != nil {
			t.Fatal(err)
		}
		if len(pdf.Data) < 20_000 {
			t.Errorf("%s: a PDF of %d bytes", name, len(pdf.Data))
		}
	}
}

// hugeRun is what a page gets of ten million events: each message is published, stored, pulled, delivered, begun, ended and
// acked, which are seven of them, so a million and a half spans of service.
func hugeRun() *results.Record {
	r := newRecord("huge", "")
	const end, services = 600 * sec, 1_430_000
	r.Events = 10_000_000
	r.Findings.Phases = []measure.Phase{{Name: "disturb", Span: span(0, end)}}
	r.Findings.Lanes = []measure.Lane{{Worker: "w1"}, {Worker: "w2"}, {Worker: "w3"}}
	step := end / (services / 3)
	rng := rand.New(rand.NewPCG(5, 6))
	for at, i := int64(0), 0; at < end; at, i = at+step, i+1 {
		for l := range r.Findings.Lanes {
			lane := &r.Findings.Lanes[l]
			s := span(at+rng.Int64N(step/10), at+step*(20+rng.Int64N(70))/100)
			if i%97 == l {
				lane.Redelivered = append(lane.Redelivered, s)
			} else {
				lane.Service = append(lane.Service, s)
			}
		}
	}
	pending := measure.Series{Name: "ack_pending", Unit: "messages"} // as many steps as measure keeps
	for i := range int64(3000) {
		pending.At, pending.V = append(pending.At, i*end/3000), append(pending.V, math.Round(500+400*math.Sin(float64(i*i)/1e4)))
	}
	r.Series = []measure.Series{pending}
	r.Findings.Latencies = []measure.Latency{latencyOf("response", "due to acked", services, 0.004, 21, 4.5)}
	return r
}

// A page of ten million events stays something that one can attach. How long it takes to draw is told, not judged: that is
// the machine's.
func TestBrowserHugePage(t *testing.T) {
	page := render(t, hugeRun())
	if len(page) > 3_000_000 {
		t.Errorf("the page has %d bytes, want at most 3,000,000", len(page))
	}
	ctx := browser(t)
	open(t, ctx, fileOf(t, page), 1400)
	loaded := eval[float64](t, ctx, `performance.timing.domContentLoadedEventEnd - performance.timing.navigationStart`)
	drawn := eval[float64](t, ctx, `performance.getEntriesByName("drawn")[0].startTime`)
	redraw := eval[float64](t, ctx, `(() => { const t = performance.now(); show(full.from, (full.from + full.to) / 2); return performance.now() - t })()`)
	t.Logf("a page of %d bytes: loaded after %.0f ms, drawn after %.0f ms, zoomed in %.0f ms", len(page), loaded, drawn, redraw)
	if n := eval[int](t, ctx, `document.querySelectorAll("*").length`); n > 5000 {
		t.Errorf("%d elements", n)
	}
}
