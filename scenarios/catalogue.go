package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
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

// Find is the text of a scenario, and the name of its file for [Load]. The name of a built-in scenario or the id of a
// claim is that, also beside a file of the same name, which is reached as ./name. Any other is the path of a file, for read.
func Find(nameOrPath string, read func(path string) ([]byte, error)) (file string, text []byte, err error) {
	if text, ok := Builtin(nameOrPath); ok && !isPath(nameOrPath) {
		return nameOrPath + ".yaml", text, nil
	}
	text, err = read(nameOrPath)
	switch {
	case err == nil:
		return nameOrPath, text, nil
	case !errors.Is(err, fs.ErrNotExist) || isPath(nameOrPath):
		return "", nil, fmt.Errorf("reading scenario: %w", err)
	}
	return "", nil, fmt.Errorf("no built-in scenario and no file is named %q; nearest: %s",
		nameOrPath, Nearest(nameOrPath, slices.Concat(Names(), Claims(), Workloads())))
}

// isPath reports whether a name can only be that of a file.
func isPath(s string) bool {
	return strings.ContainsAny(s, `/\`) || slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(s))
}
