package report

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// fileOf writes a page and returns its address.
func fileOf(t *testing.T, page []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// untidyLabels are texts of charts that lie on one another, or reach out of their picture.
const untidyLabels = `[...document.querySelectorAll("svg.chart")].flatMap(svg => {
	const frame = svg.getBoundingClientRect();
	const texts = [...svg.querySelectorAll("text")].filter(e => getComputedStyle(e).visibility === "visible" && e.textContent)
		.map(e => ({text: svg.id + ": " + e.textContent, box: e.getBoundingClientRect()}));
	const out = texts.filter(({box}) => box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
		.map(({text}) => text + " is cut off");
	texts.forEach(({text, box}, i) => texts.slice(i + 1).forEach(other => {
		const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
		const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
		if (across > 1 && down > 3) out.push(text + " lies on " + other.text);
	}));
	return out;
})`

func TestBrowserStudyPagesAreQuietAndFit(t *testing.T) {
	ctx := browser(t)
	noise := listen(t, ctx)
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, log.Enable, cdp.Empty{})
	pages := studyPages(t)
	pages["index"] = indexOf(t)
	for name, page := range pages {
		url := fileOf(t, page)
		for _, width := range []int64{360, 800, 1400} {
			open(t, ctx, url, width)
			if got := eval[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s at %d px: the page is %d px wide", name, width, got)
			}
			if got := eval[[]string](t, ctx, smallText); len(got) > 0 {
				t.Errorf("%s at %d px: text under 10 px: %q", name, width, got)
			}
			if got := eval[[]string](t, ctx, untidyLabels); len(got) > 0 {
				t.Errorf("%s at %d px: %q", name, width, got)
			}
			if eval[bool](t, ctx, `window.hacked === 1`) {
				t.Errorf("%s: a script out of the study ran", name)
			}
		}
	}
	if got := noise(); len(got) > 0 {
		t.Errorf("the pages made noise: %q", got)
	}
}

// pale are the texts with a contrast below 4.5:1 to what is behind them.
const pale = `(() => {
	const parts = colour => colour.match(/[\d.]+/g).map(Number);
	const light = colour => { const [r, g, b] = parts(colour).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05 };
	const ratio = (a, b) => Math.max(light(a), light(b)) / Math.min(light(a), light(b));
	const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if ((parts(c)[3] ?? 1) > 0) return c } };
	return [...document.querySelectorAll("body *")].flatMap(e => {
		const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
		if (!own || !e.getClientRects().length || e.closest("script,style,title,desc")) return [];
		const svg = e.closest("svg"), cell = svg && e.closest(".cell");
		const front = svg ? getComputedStyle(e).fill : getComputedStyle(e).color;
		const back = cell ? getComputedStyle(cell.querySelector("rect")).fill : ground(e);
		const got = ratio(front, back);
		return got < 4.5 ? [e.textContent.slice(0, 30) + " " + front + " on " + back + ": " + got.toFixed(2)] : [];
	});
})()`

func TestBrowserStudyPagesCanBeReadInBothThemes(t *testing.T) {
	ctx := browser(t)
	pages := studyPages(t)
	pages["index"], pages["run"] = indexOf(t), render(t, inCompany())
	for name, page := range pages {
		url := fileOf(t, page)
		for _, scheme := range []string{"light", "dark"} {
			theme(t, ctx, scheme)
			open(t, ctx, url, 1000)
			if got := eval[[]string](t, ctx, pale); len(got) > 0 {
				t.Errorf("%s, %s: %q", name, scheme, got)
			}
		}
		const paper = `getComputedStyle(document.documentElement).backgroundColor`
		dark := eval[string](t, ctx, paper)
		do(t, ctx, chromedp.Click(chromedp.CSS(`[data-do=theme]`)))
		if light := eval[string](t, ctx, paper); light == dark {
			t.Errorf("%s: the button left the theme %s", name, light)
		}
	}
}

func theme(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// bareFigures are those that show no shape, or nothing but black: there the picture is lost.
const bareFigures = `[...document.querySelectorAll("svg.chart")].filter(svg => {
	const shapes = [...svg.querySelectorAll(".spot path, .cell rect, .stretch path")];
	const colours = new Set(shapes.flatMap(s => [getComputedStyle(s).fill, getComputedStyle(s).stroke]));
	return !shapes.some(s => s.getBoundingClientRect().width > 2) || colours.size < 2;
}).map(svg => svg.id)`

// Where scripts are blocked the picture stands at the width that Go drew, labels and all.
func TestBrowserStudyPagesStandWithoutScripts(t *testing.T) {
	ctx := browser(t)
	scripts(t, ctx, false)
	for name, page := range studyPages(t) {
		url := fileOf(t, page)
		for _, width := range []int64{360, 1400} {
			do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url))
			if got := eval[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s at %d px: the page is %d px wide", name, width, got)
			}
			for _, wrong := range []string{bareFigures, untidyLabels} {
				if got := eval[[]string](t, ctx, wrong); len(got) > 0 {
					t.Errorf("%s at %d px: %q", name, width, got)
				}
			}
			if n := eval[int](t, ctx, `[...document.querySelectorAll("button")].filter(b => b.getClientRects().length).length`); n != 0 {
				t.Errorf("%s at %d px: %d buttons that do nothing are shown", name, width, n)
			}
		}
	}
}

// A server may forbid all scripts and styles: the pictures keep their colours, because those stand in the shapes.
func TestBrowserStudyPagesStandWithoutStyles(t *testing.T) {
	ctx := browser(t)
	for name, page := range studyPages(t) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'self'")
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write(page)
		}))
		do(t, ctx, chromedp.EmulateViewport(1400, 900), chromedp.Navigate(server.URL))
		for _, wrong := range []string{bareFigures, untidyLabels} {
			if got := eval[[]string](t, ctx, wrong); len(got) > 0 {
				t.Errorf("%s: %q", name, got)
			}
		}
		server.Close()
	}
}

// placed is where everything of the charts stands that moves with the width.
const placed = `[...document.querySelectorAll("svg.chart")].map(svg => [...svg.querySelectorAll(".tick, .mark, .mark text, .spot, .cell rect, .cell text")].map(e =>
	[e.getAttribute("transform"), e.getAttribute("x"), e.getAttribute("y"), e.getAttribute("width"), e.getAttribute("visibility") === "hidden", e.getAttribute("text-anchor")].join(" ")))`

// The picture that Go draws and the one that the script draws are the same one at the same width.
func TestBrowserScriptDrawsTheSameStudies(t *testing.T) {
	ctx := browser(t)
	for name, page := range studyPages(t) {
		if name == "exploration" { // a page without a chart
			continue
		}
		url := fileOf(t, page)
		scripts(t, ctx, false)
		do(t, ctx, chromedp.EmulateViewport(1400, 900), chromedp.Navigate(url))
		want := eval[[][]string](t, ctx, placed)
		scripts(t, ctx, true)
		open(t, ctx, url, 1400)
		got := eval[[][]string](t, ctx, fmt.Sprintf(
			`document.querySelectorAll(".plot").forEach(p => p.style.width = "%dpx"), dispatchEvent(new Event("resize")), %s`, chartWidth, placed))
		if len(want) == 0 || len(want) != len(got) {
			t.Fatalf("%s: %d charts of Go, %d of the script", name, len(want), len(got))
		}
		for i := range want {
			for j := range want[i] {
				if want[i][j] != got[i][j] {
					t.Errorf("%s: chart %d, shape %d\n go     %s\n script %s", name, i, j, want[i][j], got[i][j])
				}
			}
		}
	}
}

// Pictures of every page go to the folder in PINDROP_SHOTS, for people to look at, or to a folder that is thrown away.
func TestBrowserStudyScreenshots(t *testing.T) {
	dir := os.Getenv("PINDROP_SHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	ctx := browser(t)
	for name, page := range studyPages(t) {
		if os.Getenv("PINDROP_SHOTS") == "" && name != "tuning" {
			continue // as for the page of a run
		}
		url := fileOf(t, page)
		for scheme, width := range map[string]int64{"light": 1200, "dark": 360} {
			theme(t, ctx, scheme)
			open(t, ctx, url, width)
			png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			if err != nil {
				t.Fatal(err)
			}
			if len(png) < 20_000 {
				t.Errorf("%s, %s: a picture of %d bytes shows nothing", name, scheme, len(png))
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), png, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
