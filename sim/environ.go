package sim

import (
	"os"
	"slices"
	"strings"
)

// What of pindrop's environment its children get: how to run at all, and pindrop's own settings. Everything else may hold secrets of the
// person who started pindrop, and has no place in a process that does not need it: least of all in a server of another make.
var (
	inherited = []string{
		"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "GOCOVERDIR", "GORACE",
	}
	inheritedPrefixes = []string{"LC_", "XDG_", "PINDROP_"}
)

// environ is the environment of a child, with more variables behind it.
func environ(more ...string) []string {
	var kept []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		prefixed := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		if slices.Contains(inherited, name) || slices.ContainsFunc(inheritedPrefixes, prefixed) {
			kept = append(kept, variable)
		}
	}
	return append(kept, more...)
}

// setenv gives this process variables of pindrop's that it was not started with: a context may name any.
func setenv(variables []string) error {
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if _, known := os.LookupEnv(name); known || name == "" {
			continue
		}
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
