package sim

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"pindrop/scenarios"
)

// binaryWords is what every nats-server answers when it is asked for its version, before the number.
const binaryWords = "nats-server: v"

// binaryTime is how long a program may take to say which version it is.
const binaryTime = 10 * time.Second

// fitting says why another nats-server binary cannot run a scenario, before anything is started; nil if it can, and where
// none is asked for. Any nats-server is good, of any version that knows the policy.
func fitting(binary string, s *scenarios.Scenario) error {
	if binary == "" {
		return nil
	}
	unfit := func(format string, args ...any) error {
		return fmt.Errorf("%w: server.binary %s: %w", ErrUnfit, binary, fmt.Errorf(format, args...))
	}
	path, err := exec.LookPath(binary)
	if err != nil {
		return unfit("%w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), binaryTime)
	defer cancel()
	asked := exec.CommandContext(ctx, path, "--version")
	asked.Env = environ()
	asked.WaitDelay = time.Second
	said, err := asked.Output()
	first, _, _ := strings.Cut(string(said), "\n")
	version, ok := strings.CutPrefix(strings.TrimSpace(first), binaryWords)
	switch {
	case !ok && err != nil:
		return unfit("expected a nats-server, but --version fails: %w", err)
	case !ok:
		return unfit("expected a nats-server, but --version says %.60q", first)
	}
	if major, minor, policy := needs(s.Consumer.PriorityPolicy); older(version, major, minor) {
		return unfit("priority_policy: %s needs nats-server %d.%d or later, and this is %s", policy, major, minor, version)
	}
	return nil
}
