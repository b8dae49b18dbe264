package scenarios

import (
	"embed"
	"fmt"
	"path"
	"strings"
)

//go:embed catalogue/*.yaml
var catalogue embed.FS

const catalogueDir = "catalogue"

// Names lists the built-in scenarios in alphabetical order.
func Names() []string {
	entries, err := catalogue.ReadDir(catalogueDir)
	if err != nil {
		panic(fmt.Sprintf("scenarios: the catalogue is not in the binary: %v", err))
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

// Builtin is the text of a built-in scenario.
func Builtin(name string) (text []byte, ok bool) {
	text, err := catalogue.ReadFile(path.Join(catalogueDir, name+".yaml"))
	return text, err == nil
}

// Find is the text of a scenario, and the name of its file for [Load]. A name with a separator or the ending .yaml or
// .yml is a path, for read; any other is the name of a built-in scenario.
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
			nameOrPath, Nearest(nameOrPath, Names()))
	}
	return nameOrPath + ".yaml", text, nil
}

func isPath(s string) bool {
	return strings.ContainsAny(s, `/\`) || strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml")
}
