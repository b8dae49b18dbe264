package sim

import (
	"errors"
	"net"
	"slices"
	"testing"
)

// Whoever connects again comes to the next address; those that refuse are passed over, and are asked once each.
func TestTurns(t *testing.T) {
	var tried []string
	down := map[string]bool{}
	open := func(address string) (net.Conn, error) {
		tried = append(tried, address)
		if down[address] {
			return nil, errors.New(address + " refuses")
		}
		return nil, nil
	}
	var turns turns
	all := []string{"n1", "n2", "n3"}
	for _, step := range []struct {
		down []string
		want []string
		err  string
	}{
		{nil, []string{"n1"}, ""},
		{nil, []string{"n2"}, ""},
		{[]string{"n3", "n1"}, []string{"n3", "n1", "n2"}, ""},
		{all, []string{"n3", "n1", "n2"}, "n2 refuses"},
		{nil, []string{"n3"}, ""},
	} {
		tried = nil
		clear(down)
		for _, address := range step.down {
			down[address] = true
		}
		_, err := turns.dial(all, open)
		if !slices.Equal(tried, step.want) {
			t.Errorf("with %q down: tried %q, want %q", step.down, tried, step.want)
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != step.err {
			t.Errorf("with %q down: error %q, want %q", step.down, got, step.err)
		}
	}
}
