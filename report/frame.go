package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"pindrop/report/chart"
	"pindrop/results"
)

//go:embed assets/frame.html.tmpl
var frameText string

//go:embed assets/study.html.tmpl
var studyText string

//go:embed assets/study.css
var studyStyle string

//go:embed assets/draw.js
var drawScript string

//go:embed assets/study.js
var studyScript string

// frame is what every page has: its head, with the policy that lets it use its own style and script and nothing else.
type frame struct {
	Policy  string // the content security policy
	Style   template.CSS
	Script  template.JS
	Title   string
	Version string // of pindrop
}

func newFrame(title, version, style, script string) frame {
	f := frame{Title: title, Version: version, Style: chart.Style() + template.CSS(style), Script: template.JS(drawScript + "\n" + script)}
	f.Policy = policy(string(f.Style), string(f.Script))
	return f
}

// pageOf is the template of a page, with those that all pages share. It is parsed when it is first filled: most processes of
// pindrop run a plan and write no page.
func pageOf(texts ...string) func() *template.Template {
	return sync.OnceValue(func() *template.Template {
		t := template.New("page").Funcs(template.FuncMap{"sign": Sign, "name": nameAnchor})
		for _, text := range append([]string{frameText}, texts...) {
			template.Must(t.Parse(text))
		}
		return t
	})
}

// nameAnchor makes an identifier of the name of a metric, which stays what it is where it is one of ours.
func nameAnchor(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' {
			return c
		}
		return '-'
	}, name)
}

// fill writes a page, or nothing where its template cannot be filled.
func fill(w io.Writer, t func() *template.Template, scenario string, page any) error {
	var b strings.Builder
	if err := t().Execute(&b, page); err != nil {
		return fmt.Errorf("report of %s: fill the template: %w", scenario, err)
	}
	if _, err := io.WriteString(w, visible(b.String())); err != nil {
		return fmt.Errorf("report of %s: write the page: %w", scenario, err)
	}
	return nil
}

// studyFrame is what the pages of sweeps and tunings share.
type studyFrame struct {
	frame
	S       *results.Study
	Virtual bool
	Runs    int
	Seeds   string
	File    string // that has every number, in the directory of the page
	Sure    []string
}

func newStudyFrame(s *results.Study, title, file string, probes []results.Probe) studyFrame {
	return studyFrame{
		frame: newFrame(title, s.Versions.Pindrop, pageStyle+studyStyle, studyScript),
		S:     s, Virtual: s.Clock == "virtual", Runs: len(probes), Seeds: seedRange(s.Seed, s.Repeat), File: file, Sure: studySure(s, probes),
	}
}

// seedRange are so many seeds from the first on.
func seedRange(first uint64, n int) string {
	if n < 2 {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, first+uint64(n)-1)
}
