package report

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"pindrop/results"
)

// browser starts one chromium for a test; a machine without it fails the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()))
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute) // a busy machine draws slowly
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() { _ = chromedp.Cancel(ctx); cancel() })
	do(t, ctx, chromedp.Navigate("about:blank"))
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// call runs a command of the browser's own protocol.
func call[P, R any](t *testing.T, ctx context.Context, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

func scripts(t *testing.T, ctx context.Context, allowed bool) {
	t.Helper()
	call(t, ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

// eval is the value of a JavaScript expression.
func eval[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pageFile writes the page of a record and returns its address.
func pageFile(t *testing.T, r *results.Record) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, render(t, r), 0o644); err != nil {
		t.Fatal(err)
	}
	return "file://" + path
}

// open loads a page and waits until its script is done.
func open(t *testing.T, ctx context.Context, url string, width int64) {
	t.Helper()
	do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url),
		chromedp.WaitReady(chromedp.CSS(`html[data-ready=yes]`)))
}

// listen collects everything that a quiet page would not do.
func listen(t *testing.T, ctx context.Context) func() []string {
	t.Helper()
	var mu sync.Mutex
	var noise []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *cdpruntime.EventConsoleAPICalled:
			noise = append(noise, fmt.Sprintf("console %s", e.Type))
		case *cdpruntime.EventExceptionThrown:
			noise = append(noise, "exception: "+e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			noise = append(noise, "log: "+e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if e.Type != network.ResourceTypeDocument && e.Request.URL != "data:," {
				noise = append(noise, "request: "+e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(noise)
	}
}

func TestBrowserPageIsQuietAndFits(t *testing.T) {
	ctx := browser(t)
	noise := listen(t, ctx)
	call(t, ctx, network.Enable, network.EnableParams{})
	call(t, ctx, log.Enable, cdp.Empty{})
	for name, r := range records() {
		url := pageFile(t, r)
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
				t.Errorf("%s: a script out of the record ran", name)
			}
		}
	}
	if got := noise(); len(got) > 0 {
		t.Errorf("the pages made noise: %q", got)
	}
}

// smallText are the texts that show at less than 10 px, the scaling of SVG included.
const smallText = `[...document.querySelectorAll("body *")].filter(e => {
	const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
	if (!own || !e.getClientRects().length || e.closest("script,style")) return false;
	const svg = e.closest("svg");
	const k = svg ? svg.getBoundingClientRect().width / (svg.viewBox.baseVal.width || svg.getBoundingClientRect().width) : 1;
	return parseFloat(getComputedStyle(e).fontSize) * k < 10;
}).map(e => e.textContent.slice(0, 40))`

// paths are the coordinates of all shapes in a chart.
const paths = `[...document.querySelectorAll("svg.chart")].map(svg => [...svg.querySelectorAll("path.bars, path.steps")].map(p => p.getAttribute("d")))`

const labels = `[...document.querySelectorAll("svg.chart .tick text")].filter(e => e.getAttribute("visibility") !== "hidden").map(e => e.textContent)`

// The picture that Go draws and the one that the script draws are the same one at the same width: so the one can stand
// in for the other.
func TestBrowserScriptDrawsTheSamePicture(t *testing.T) {
	ctx := browser(t)
	for name, r := range map[string]*results.Record{"kill": killDrill(), "cliff": cliffRun()} {
		url := pageFile(t, r)
		scripts(t, ctx, false)
		do(t, ctx, chromedp.EmulateViewport(1400, 900), chromedp.Navigate(url))
		wantPaths, wantLabels := eval[[][]string](t, ctx, paths), eval[[]string](t, ctx, labels)
		scripts(t, ctx, true)
		open(t, ctx, url, 1400)
		gotPaths := eval[[][]string](t, ctx, fmt.Sprintf(`document.querySelectorAll(".plot").forEach(p => p.style.width = "%dpx"), dispatchEvent(new Event("resize")), %s`, chartWidth, paths))
		gotLabels := eval[[]string](t, ctx, labels)
		if len(wantPaths) < 2 || !slices.Equal(wantLabels, gotLabels) {
			t.Errorf("%s: ticks\n go     %q\n script %q", name, wantLabels, gotLabels)
		}
		for i := range wantPaths {
			for j := range wantPaths[i] {
				if want, got := wantPaths[i][j], gotPaths[i][j]; want != got {
					t.Errorf("%s: chart %d, shape %d\n go     %.300s\n script %.300s", name, i, j, want, got)
				}
			}
		}
	}
}

func TestBrowserPageStandsWithoutScripts(t *testing.T) {
	ctx := browser(t)
	url := pageFile(t, killDrill())
	scripts(t, ctx, false)
	for _, width := range []int64{360, 1400} {
		do(t, ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(url))
		if got := eval[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("at %d px: the page is %d px wide", width, got)
		}
		for _, id := range []string{"lanes", "ack-pending", "backlog", "rates", "latency"} {
			shapes := fmt.Sprintf(`[...document.querySelectorAll("#%s path[d]")].filter(p => p.getBBox().width > 0).length`, id)
			if eval[int](t, ctx, shapes) == 0 {
				t.Errorf("at %d px: the chart %s shows nothing", width, id)
			}
		}
		if got := eval[int](t, ctx, `[...document.querySelectorAll("button")].filter(b => b.getClientRects().length).length`); got != 0 {
			t.Errorf("at %d px: %d buttons that do nothing are shown", width, got)
		}
	}
}

// A server may forbid all scripts and styles: the pictures keep their colours, because those stand in the shapes.
func TestBrowserPageStandsWithoutStyles(t *testing.T) {
	ctx := browser(t)
	page := render(t, killDrill())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src 'self'; style-src 'self'")
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write(page)
	}))
	t.Cleanup(server.Close)
	do(t, ctx, chromedp.EmulateViewport(1400, 900), chromedp.Navigate(server.URL))
	want := "rgb(47, 143, 203)"
	if got := eval[string](t, ctx, `getComputedStyle(document.querySelector("#lanes path.bars[data-label='in service']")).fill`); got != want {
		t.Errorf("work in service is painted %s, want %s", got, want)
	}
	if got := eval[string](t, ctx, `getComputedStyle(document.querySelector("#ack-pending path.steps")).fill`); got != "none" {
		t.Errorf("the line of ack pending is filled with %s", got)
	}
}

func TestBrowserZoomReadOutAndTheme(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, pageFile(t, killDrill()), 1200)
	const ticks = `[...document.querySelectorAll("#rates .tick")].map(e => e.dataset.at).join()`
	const extent = `document.querySelector(".range").textContent`
	all, before := eval[string](t, ctx, extent), eval[string](t, ctx, ticks)

	do(t, ctx, chromedp.Click(chromedp.CSS(`.events [data-zoom-from]`)))
	if got := eval[string](t, ctx, ticks); got == before {
		t.Errorf("zooming to the fault left the ticks at %s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS(`[data-do=reset]`)))
	if got := eval[string](t, ctx, extent); got != all {
		t.Errorf("after show all: %s, want %s", got, all)
	}
	do(t, ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("#lanes").parentElement.focus()`), chromedp.KeyEvent("+"))
	if got := eval[string](t, ctx, extent); got == all {
		t.Error("the key + did not zoom")
	}
	do(t, ctx, chromedp.KeyEvent("0"))

	// half way through the charts is 19 s after the start of disturb
	hover := `(() => { const svg = document.querySelector("#lanes"), box = svg.getBoundingClientRect();
		svg.dispatchEvent(new PointerEvent("pointermove", {clientX: box.left + 84 + (box.width - 98) / 2, clientY: box.top + 50}));
		return document.querySelector(".readout").innerText })()`
	got := eval[string](t, ctx, hover)
	for _, want := range []string{"19.", "w1", "down", "w2", "holds the pin", "ack pending", "17", "handled/s", "16"} {
		if !strings.Contains(got, want) {
			t.Errorf("the read-out lacks %q:\n%s", want, got)
		}
	}
	const cursors = `[...document.querySelectorAll(".cursor")].filter(c => c.getAttribute("visibility") === "visible").length`
	if n := eval[int](t, ctx, cursors); n != 4 {
		t.Errorf("the cursor stands in %d charts, want all 4", n)
	}

	const paper = `getComputedStyle(document.documentElement).backgroundColor`
	light := eval[string](t, ctx, paper)
	do(t, ctx, chromedp.Click(chromedp.CSS(`[data-do=theme]`)))
	if dark := eval[string](t, ctx, paper); dark == light {
		t.Errorf("the theme stayed %s", dark)
	}
	call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	if printed := eval[string](t, ctx, paper); printed != light {
		t.Errorf("dark paper is printed as %s, want %s", printed, light)
	}
}

// Dragging over a chart zooms all of them to what was selected.
func TestBrowserDragZooms(t *testing.T) {
	ctx := browser(t)
	open(t, ctx, pageFile(t, killDrill()), 1200)
	got := eval[string](t, ctx, `(() => { const svg = document.querySelector("#backlog"), box = svg.getBoundingClientRect();
		svg.setPointerCapture = () => {};
		const at = share => ({clientX: box.left + 84 + share * (box.width - 98), clientY: box.top + 50, button: 0, pointerType: "mouse"});
		svg.dispatchEvent(new PointerEvent("pointerdown", at(0.25)));
		svg.dispatchEvent(new PointerEvent("pointermove", at(0.5)));
		svg.dispatchEvent(new PointerEvent("pointerup", at(0.5)));
		return document.querySelector(".range").textContent })()`)
	if want := "8.500 s to 19.000 s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Pictures of every page go to the folder in PINDROP_SHOTS, for people to look at, or to a folder that is thrown away.
func TestBrowserScreenshots(t *testing.T) {
	dir := os.Getenv("PINDROP_SHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	ctx := browser(t)
	taken := 0
	defer func() {
		if taken == 0 {
			t.Error("no picture was taken")
		}
	}()
	for name, r := range records() {
		if os.Getenv("PINDROP_SHOTS") == "" && name != "kill" {
			continue // pictures that nobody looks at: one page tells whether they can be taken
		}
		url := pageFile(t, r)
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{360, 800, 1400} {
				features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
				call(t, ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
				open(t, ctx, url, width)
				png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				taken++
				if len(png) < 20_000 {
					t.Errorf("%s, %s, %d px: a picture of %d bytes shows nothing", name, scheme, width, len(png))
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%s-%d.png", name, scheme, width)), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
