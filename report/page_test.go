package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"pindrop/report/chart"
)

// between is the text of the page from one string to the next.
func between(t *testing.T, page, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, from)
	text, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("the page has no %q … %q", from, to)
	}
	return text
}

func TestPolicyAllowsWhatThePageHolds(t *testing.T) {
	page := string(render(t, hostile()))
	got := html.UnescapeString(between(t, page, `http-equiv="Content-Security-Policy" content="`, `"`))
	want := policy(between(t, page, "<style>", "</style>"), between(t, page, "<script>", "</script>"))
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if strings.Contains(page, " style=") {
		t.Error("a style attribute, which the policy forbids")
	}
}

func TestPageRefersToNothingOutside(t *testing.T) {
	refers := regexp.MustCompile(`(?:src|href|action|xlink:href)="([^"]*)"|@import|url\(([^)]*)\)`)
	for _, m := range refers.FindAllStringSubmatch(string(render(t, killDrill())), -1) {
		if target := m[1] + m[2]; !strings.HasPrefix(target, "#") && target != "data:," {
			t.Errorf("the page refers to %q", m[0])
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	page := string(render(t, hostile()))
	for _, bad := range []string{"<script>window", "<img", "<style>*", "\x1b", "\u202e", "\x00"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	var b bytes.Buffer
	if err := Text(&b, hostile(), TextOptions{Width: 80, Files: []File{{attack, attack}}}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u202e\x00") {
		t.Error("the text contains characters that steer a terminal")
	}
}

func TestColourOnlyOnRequest(t *testing.T) {
	var plain, coloured bytes.Buffer
	if err := Text(&plain, cliffRun(), TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := Text(&coloured, cliffRun(), TextOptions{Colour: true}); err != nil {
		t.Fatal(err)
	}
	stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured.String(), "")
	if coloured.String() == stripped || stripped != plain.String() {
		t.Error("the coloured text must be the plain one and colours")
	}
}

// unpack is what the page's script does.
func unpack(t *testing.T, packed string) []column {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var columns []column
	if err := json.NewDecoder(z).Decode(&columns); err != nil {
		t.Fatal(err)
	}
	return columns
}

func TestBlobStaysSmallAndKeepsPeaks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var at []int64
	var v []float64
	for i := range int64(1_500_000) {
		at, v = append(at, i*2*ms+rng.Int64N(ms)), append(v, float64(rng.IntN(1_000_000)))
	}
	v[777_777] = 5_000_000
	packed, grain, err := blob([]column{stepColumn(at, v)}, at[len(at)-1])
	if err != nil {
		t.Fatal(err)
	}
	if len(packed) > blobMax || grain == 0 {
		t.Errorf("%d bytes at a grain of %d ns", len(packed), grain)
	}
	sum, peak := int64(0), int64(0)
	for _, d := range unpack(t, packed)[0].V {
		sum += d
		peak = max(peak, sum)
	}
	if peak != 5_000_000 {
		t.Errorf("the peak became %d", peak)
	}
}

func TestColumnsSurviveTheirCode(t *testing.T) {
	packed, grain, err := blob([]column{
		spanColumn([]chart.Span{{From: -2 * sec, To: -sec}, {From: sec, To: sec + 5000}}), stepColumn([]int64{0, ms}, []float64{1.5, 2}),
	}, sec)
	if err != nil || grain != 0 {
		t.Fatalf("grain %d, %v", grain, err)
	}
	got, err := json.Marshal(unpack(t, packed))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"t":[-2000000,1000000,2000000,5]},{"t":[0,1000],"v":[1500,500],"scale":1000}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
