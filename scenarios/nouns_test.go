package scenarios

import "testing"

func TestCounted(t *testing.T) {
	for _, c := range []struct {
		n          int
		noun, want string
	}{
		{0, "message", "0 messages"}, {1, "message", "1 message"}, {7, "message", "7 messages"},
		{1, "delivery", "1 delivery"}, {2, "delivery", "2 deliveries"}, {2000, "more fault", "2000 more faults"},
	} {
		if got := Counted(c.n, c.noun); got != c.want {
			t.Errorf("%d %s: got %q, want %q", c.n, c.noun, got, c.want)
		}
	}
}
