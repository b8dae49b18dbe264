package chart

import (
	"html/template"
	"math"
	"strconv"
	"strings"
)

// svg collects markup. Element and attribute names are written by this package; every value and every text is escaped,
// so that names chosen by users cannot become markup.
type svg struct{ b strings.Builder }

// attr is one attribute of an element.
type attr struct{ name, value string }

func str(name, value string) attr        { return attr{name, value} }
func num(name string, v float64) attr    { return attr{name, px(v)} }
func whole(name string, value int) attr  { return attr{name, strconv.Itoa(value)} }
func (s *svg) close(name string)         { s.b.WriteString("</" + name + ">") }
func (s *svg) String() template.HTML     { return template.HTML(s.b.String()) }
func (s *svg) escaped(text string)       { s.b.WriteString(template.HTMLEscapeString(text)) }
func (s *svg) leaf(n string, as ...attr) { s.tag(n, "/>", as) }
func (s *svg) open(n string, as ...attr) { s.tag(n, ">", as) }

// tag leaves out attributes without a value.
func (s *svg) tag(name, end string, attrs []attr) {
	s.b.WriteString("<" + name)
	for _, a := range attrs {
		if a.value == "" {
			continue
		}
		s.b.WriteString(" " + a.name + `="`)
		s.escaped(a.value)
		s.b.WriteString(`"`)
	}
	s.b.WriteString(end)
}

// element writes an element that holds nothing but text.
func (s *svg) element(name, text string, attrs ...attr) {
	s.open(name, attrs...)
	s.escaped(text)
	s.close(name)
}

// px writes a coordinate with at most one decimal: a tenth of a pixel is finer than any screen.
func px(v float64) string {
	r := math.Round(v*10) / 10
	if r == 0 {
		r = 0 // no "-0"
	}
	return strconv.FormatFloat(r, 'f', -1, 64)
}
