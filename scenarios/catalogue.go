package scenarios

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed catalogue/*.yaml claims/*.yaml workloads/*.yaml
var builtin embed.FS

// The folders of built-in scenarios. A scenario of the catalogue may make a claim as well; those in the folder of claims
// exist for that alone, and are not listed. Workloads expect nothing: they are there to be tuned.
const (
	catalogueDir = "catalogue"
	claimsDir    = "claims"
	workloadsDir = "workloads"
)

// Names lists the built-in scenarios in alphabetical order.
func Names() []string { return namesIn(catalogueDir) }

// Workloads lists the built-in scenarios that are there to be tuned, in alphabetical order.
func Workloads() []string { return namesIn(workloadsDir) }

func namesIn(dir string) []string {
	entries, err := builtin.ReadDir(dir)
	if err != nil {
		panic(fmt.Sprintf("scenarios: the %s is not in the binary: %v", dir, err))
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Claims lists the ids of the claims that built-in scenarios make, in alphabetical order. Each is the name of its
// scenario.
func Claims() []string {
	ids := namesIn(claimsDir)
	for _, name := range Names() {
		text, _ := Builtin(name)
		root, err := parseYAML(name, text)
		if err == nil && root.get("claim") != nil {
			ids = append(ids, name)
		}
	}
	slices.Sort(ids)
	return ids
}

// Builtin is the text of a built-in scenario, or of one that exists for its claim.
func Builtin(name string) (text []byte, ok bool) {
	for _, dir := range []string{catalogueDir, claimsDir, workloadsDir} {
		if text, err := builtin.ReadFile(path.Join(dir, name+".yaml")); err == nil {
			return text, true
		}
	}
	return nil, false
}

// Find is the text of a scenario, and the name of its file for [Load]. A name with a separator or the ending .yaml or
// .yml is a path, for read; any other is the name of a built-in scenario or the id of a claim.
func Find(nameOrPath string, read func(path string) ([]byte, error)) (file string, text []byte, err error) {
	if isPath(nameOrPath) {
		text, err = read(nameOrPath)
		if err != nil {
			return "", nil, fmt.Errorf("reading scenario: %w", err)
		}
		return nameOrPath, text, nil
	}
	text, ok := Builtin(nameOrPath)
	if !ok {
		return "", nil, fmt.Errorf("no built-in scenario is named %q; nearest: %s (a file's name ends in .yaml)",
			nameOrPath, Nearest(nameOrPath, slices.Concat(Names(), Claims(), Workloads())))
	}
	return nameOrPath + ".yaml", text, nil
}

func isPath(s string) bool {
	return strings.ContainsAny(s, `/\`) || strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml")
}
