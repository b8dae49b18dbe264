package scenarios

import (
	"fmt"
	"strings"
)

// Counted is a count with its noun: 1 message, 7 messages.
func Counted(n int, noun string) string { return fmt.Sprintf("%d %s", n, Plural(n, noun)) }

// Plural is a noun as it stands behind a count: message behind 1, messages behind all others. Those in -y become -ies.
func Plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		return stem + "ies"
	}
	return noun + "s"
}
