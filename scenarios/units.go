package scenarios

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Round is a number to so many significant digits, as people read and type it.
func Round(v float64, digits int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		panic(fmt.Sprintf("scenarios: the number %v was written by us, but cannot be read: %v", v, err))
	}
	return rounded
}

// Duration is a time span that reads and writes as a string with a unit ("250ms").
type Duration time.Duration

// D is the span in package time's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// String is the shortest form that reads back as the same span: 2s, 1m30s, 250ms.
func (d Duration) String() string {
	s := strings.Replace(time.Duration(d).String(), "µ", "u", 1)
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText writes the span with its unit.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a span with its unit; a bare number is an error.
func (d *Duration) UnmarshalText(b []byte) error {
	if number.Match(b) {
		return fmt.Errorf("a duration needs a unit: 2s, 250ms; got %s", b)
	}
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("expected a duration such as 2s, 250ms or 1m30s, got %q", b)
	}
	*d = Duration(v)
	return nil
}

var number = regexp.MustCompile(`^[-+]?[0-9._]+$`)

// Rate is messages per second; it reads and writes as "16/s", "90/m".
type Rate float64

// rateMax is one message per microsecond: far above what a client can publish, and far from the nanosecond in which
// instants are counted.
const rateMax = 1e6

// perUnit is how many seconds the units of a rate have.
var perUnit = []struct {
	unit    string
	seconds float64
}{{"/s", 1}, {"/m", 60}, {"/h", 3600}}

// String is the rate with the unit that gives the shortest number.
func (r Rate) String() string {
	var shortest string
	for _, per := range perUnit {
		s := strconv.FormatFloat(float64(r)*per.seconds, 'f', -1, 64)
		n, _ := strconv.ParseFloat(s, 64) // what FormatFloat wrote
		if Rate(n/per.seconds) == r && (shortest == "" || len(s)+len(per.unit) < len(shortest)) {
			shortest = s + per.unit
		}
	}
	return shortest
}

// MarshalText writes the rate with its unit.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a rate with its unit; a bare number is an error.
func (r *Rate) UnmarshalText(b []byte) error {
	text := string(b)
	if number.MatchString(text) {
		return fmt.Errorf("a rate needs a unit: 16/s, 90/m; got %s", text)
	}
	for _, per := range perUnit {
		digits, found := strings.CutSuffix(text, per.unit)
		if !found || !number.MatchString(digits) {
			continue
		}
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			break
		}
		return r.accept(n / per.seconds)
	}
	return fmt.Errorf("expected a rate such as 16/s, 90/m or 1.5/s, got %q", text)
}

func (r *Rate) accept(v float64) error {
	switch {
	case v < 0 || math.Signbit(v):
		return errors.New("a rate must not be negative")
	case v > rateMax:
		return fmt.Errorf("a rate must be at most %s", Rate(rateMax))
	}
	*r = Rate(v)
	return nil
}
