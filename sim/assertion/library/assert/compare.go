package assert

import (
	"pindrop/results/history"
	"pindrop/sim/assertion"
)

// Number is what can be compared.
type Number interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~float32 | ~float64 | ~uint64 | ~uintptr
}

// AlwaysGreaterThan says that left > right, and that the place is reached.
func AlwaysGreaterThan[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertAlways, left > right, message, details)
}

// AlwaysGreaterThanOrEqualTo says that left >= right, and that the place is reached.
func AlwaysGreaterThanOrEqualTo[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertAlways, left >= right, message, details)
}

// SometimesGreaterThan says that left > right at least once.
func SometimesGreaterThan[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertSometimes, left > right, message, details)
}

// SometimesGreaterThanOrEqualTo says that left >= right at least once.
func SometimesGreaterThanOrEqualTo[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertSometimes, left >= right, message, details)
}

// AlwaysLessThan says that left < right, and that the place is reached.
func AlwaysLessThan[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertAlways, left < right, message, details)
}

// AlwaysLessThanOrEqualTo says that left <= right, and that the place is reached.
func AlwaysLessThanOrEqualTo[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertAlways, left <= right, message, details)
}

// SometimesLessThan says that left < right at least once.
func SometimesLessThan[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertSometimes, left < right, message, details)
}

// SometimesLessThanOrEqualTo says that left <= right at least once.
func SometimesLessThanOrEqualTo[T Number](left, right T, message string, details map[string]any) {
	assertion.Heard(history.AssertSometimes, left <= right, message, details)
}

// NamedBool is a condition with a name.
type NamedBool struct {
	First  string `json:"first"`
	Second bool   `json:"second"`
}

// NewNamedBool gives a condition a name.
func NewNamedBool(first string, second bool) *NamedBool { return &NamedBool{first, second} }

// AlwaysSome says that one of the conditions holds, and that the place is reached.
func AlwaysSome(conditions []NamedBool, message string, details map[string]any) {
	some := false
	for _, c := range conditions {
		some = some || c.Second
	}
	assertion.Heard(history.AssertAlways, some, message, details)
}

// SometimesAll says that all conditions hold at least once.
func SometimesAll(conditions []NamedBool, message string, details map[string]any) {
	all := true
	for _, c := range conditions {
		all = all && c.Second
	}
	assertion.Heard(history.AssertSometimes, all, message, details)
}

// NumericGuidanceRaw tells a search where to look; pindrop draws by seed alone.
func NumericGuidanceRaw[T Number](_, _ T, _, _, _, _, _ string, _ int, _ string, _ bool) {}

// BooleanGuidanceRaw tells a search where to look; pindrop draws by seed alone.
func BooleanGuidanceRaw(_ []NamedBool, _, _, _, _, _ string, _ int, _ string, _ bool) {}
