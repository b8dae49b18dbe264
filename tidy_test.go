// Package pindrop_test keeps the house in order: which package may import which, what the pure ones must not touch, how
// long functions may grow. Every failure names the place and the reason.
package pindrop_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "pindrop"

// floors says on which floor each package stands; a package without an entry stands on that of the folder around it.
// Imports point down. On one floor, only folders within each other may import each other.
var floors = map[string]int{
	"cmd/bench-peers":     4,
	"cmd/build-guest":     4,
	"cmd/list-assertions": 4,
	"cmd/pindrop":         4,
	"cmd/pindrop-guest":   4,
	"sim":                 3,
	"tune":                3,
	"explore":             3,
	"report":              3,
	"audit":               3,
	"results":             2,
	"results/measure":     1,
	"results/safety":      1,
	"scenarios":           1,
	"results/history":     0,
	"redact":              0,
	"scratch":             0,
}

// only names the packages that may import nothing of ours but what stands here.
var only = map[string][]string{
	"cmd/pindrop-guest": {"sim", "sim/disk", "sim/memnet", "scenarios", "results/history"},
}

// pure are the packages whose results depend on nothing but their arguments. None of them imports what is impure, reads
// the clock, or uses the source of random numbers that all packages share.
var (
	pure   = []string{"results/history", "results/measure", "results/safety", "scenarios", "report", "explore"}
	impure = []string{"crypto/rand", "net", "net/http", "os", "os/exec", "os/signal", "os/user", "syscall"}
)

const (
	functionLinesMax = 70
	fileLinesMax     = 400
)

// source is one Go file. Its package is a path from the top of the module, "" for the top itself.
type source struct {
	pkg  string
	path string
	set  *token.FileSet
	ast  *ast.File
}

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

func (s source) lines(from, to token.Pos) int {
	return s.set.Position(to).Line - s.set.Position(from).Line + 1
}

// complain is called for each place where a rule is broken.
type complain func(at token.Pos, format string, args ...any)

// rules look at one file each.
var rules = map[string]func(source, complain){
	"floors":     checkFloors,
	"purity":     checkPurity,
	"randomness": checkRandomness,
	"length":     checkLength,
	"names":      checkNames,
	"docs":       checkDocs,
	"sleep":      checkSleep,
}

func TestTidy(t *testing.T) {
	sources, err := load()
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			for _, s := range sources {
				rule(s, func(at token.Pos, format string, args ...any) {
					t.Errorf("%s: %s", s.set.Position(at), fmt.Sprintf(format, args...))
				})
			}
		})
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	sources, err := load()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, s := range sources {
		if !s.test() || s.pkg == "" {
			said[s.pkg] = said[s.pkg] || s.ast.Doc != nil
		}
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("%s: no file has a package comment; expected one that tells the path of a datum through it", path.Join(module, pkg))
		}
	}
}

// load parses every Go file of the module, also those that other build tags would choose.
var load = sync.OnceValues(func() ([]source, error) {
	// With -e, a module that is missing or an import that does not exist is left to the compiler to report.
	out, err := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var sources []source
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath, Dir                                              string
			GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := dec.Decode(&p); err == io.EOF && len(sources) > 0 {
			return sources, nil
		} else if err != nil {
			return nil, fmt.Errorf("read what go list says: %w", err)
		}
		pkg := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
			s, err := parse(pkg, filepath.Join(p.Dir, name), nil)
			if err != nil {
				return nil, err
			}
			sources = append(sources, s)
		}
	}
})

// parse reads a file from text, or from the disk where text is nil.
func parse(pkg, file string, text any) (source, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
	return source{pkg: pkg, path: file, set: set, ast: parsed}, err
}

// imported is what an import spec asks for, and the name by which the file calls it.
func imported(spec *ast.ImportSpec) (name, importPath string) {
	importPath, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic(fmt.Sprintf("the parser passed the import path %s", spec.Path.Value))
	}
	name = path.Base(importPath)
	if name == "v2" {
		name = path.Base(path.Dir(importPath))
	}
	if spec.Name != nil {
		name = spec.Name.Name
	}
	return name, importPath
}

// floorOf is the floor of a package, or of the nearest folder around it that has one.
func floorOf(pkg string) (floor int, ok bool) {
	for ; pkg != "."; pkg = path.Dir(pkg) {
		if floor, ok = floors[pkg]; ok {
			return floor, true
		}
	}
	return 0, false
}

func checkFloors(s source, bad complain) {
	if s.test() {
		return // tests may look at the floors above
	}
	floor, ok := floorOf(path.Clean(s.pkg))
	if !ok {
		bad(s.ast.Package, "package %q stands on no floor; expected a place in the table of floors", s.pkg)
		return
	}
	for _, spec := range s.ast.Imports {
		_, importPath := imported(spec)
		to, ours := strings.CutPrefix(importPath, module+"/")
		if !ours {
			continue
		}
		under, ok := floorOf(to)
		switch allowed, narrow := only[s.pkg]; {
		case narrow && !slices.Contains(allowed, to):
			bad(spec.Pos(), "%s may import %s only, not %s", s.pkg, strings.Join(allowed, ", "), to)
		case !ok:
			bad(spec.Pos(), "%s stands on no floor", to)
		case under > floor, under == floor && top(to) != top(s.pkg):
			bad(spec.Pos(), "%s (floor %d) imports %s (floor %d); imports only point down", s.pkg, floor, to, under)
		}
	}
}

// top is the first folder of a package's path.
func top(pkg string) string {
	first, _, _ := strings.Cut(pkg, "/")
	return first
}

func within(pkg string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return pkg == f || strings.HasPrefix(pkg, f+"/") })
}

// clock are the functions of package time that wait or tell what time it is.
var clock = []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

func checkPurity(s source, bad complain) {
	if s.test() || !within(s.pkg, pure) {
		return
	}
	for _, spec := range s.ast.Imports {
		if _, importPath := imported(spec); slices.Contains(impure, importPath) {
			bad(spec.Pos(), "%s is pure and must not import %s", s.pkg, importPath)
		}
	}
	eachUse(s, []string{"time"}, func(at token.Pos, name string) {
		if slices.Contains(clock, name) {
			bad(at, "%s is pure and must not call time.%s", s.pkg, name)
		}
	})
}

func checkRandomness(s source, bad complain) {
	if s.test() {
		return
	}
	for _, spec := range s.ast.Imports {
		if _, importPath := imported(spec); s.pkg == "results/measure" && strings.HasPrefix(importPath, "math/rand") {
			bad(spec.Pos(), "a measurement leaves nothing to chance: %s must not import %s", s.pkg, importPath)
		}
	}
	eachUse(s, []string{"math/rand", "math/rand/v2"}, func(at token.Pos, name string) {
		if !strings.HasPrefix(name, "New") && !slices.Contains([]string{"Rand", "Source", "PCG", "ChaCha8", "Zipf"}, name) {
			bad(at, "rand.%s draws from the source that all packages share; expected a *rand.Rand made from the plan's seed", name)
		}
	})
	// The kernel draws where it maps something, and unix.Mmap makes that the key of a map: in a guest, another history.
	eachUse(s, []string{"golang.org/x/sys/unix", "syscall"}, func(at token.Pos, name string) {
		if name == "Mmap" && !s.test() {
			bad(at, "Mmap keeps a map by addresses that the kernel draws; expected unix.MmapPtr")
		}
	})
}

// eachUse calls use for each selector of one of the imported packages: for Now in time.Now.
func eachUse(s source, importPaths []string, use func(at token.Pos, name string)) {
	var names []string
	for _, spec := range s.ast.Imports {
		if name, importPath := imported(spec); slices.Contains(importPaths, importPath) {
			names = append(names, name)
		}
	}
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(names, x.Name) {
				use(sel.Pos(), sel.Sel.Name)
			}
		}
		return true
	})
}

func checkLength(s source, bad complain) {
	if s.test() {
		return
	}
	if n := s.set.File(s.ast.Package).LineCount(); n > fileLinesMax {
		bad(s.ast.Package, "the file has %d lines; expected at most %d, and one idea", n, fileLinesMax)
	}
	for _, decl := range s.ast.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok {
			if n := s.lines(f.Pos(), f.End()); n > functionLinesMax {
				bad(f.Pos(), "%s has %d lines; expected at most %d", f.Name.Name, n, functionLinesMax)
			}
		}
	}
}

func checkNames(s source, bad complain) {
	folder, name := path.Base(s.pkg), strings.TrimSuffix(s.ast.Name.Name, "_test")
	for _, name := range slices.Compact([]string{folder, name}) {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc", "types"}, name) {
			bad(s.ast.Package, "package %s says nothing; expected a noun from the field", name)
		}
	}
}

// checkSleep lets tests sleep only in files that use synctest, where sleeping costs no time and hides no race.
func checkSleep(s source, bad complain) {
	inBubble := slices.ContainsFunc(s.ast.Imports, func(spec *ast.ImportSpec) bool {
		_, importPath := imported(spec)
		return importPath == "testing/synctest"
	})
	if !s.test() || inBubble {
		return
	}
	eachUse(s, []string{"time"}, func(at token.Pos, name string) {
		if name == "Sleep" {
			bad(at, "a test sleeps; expected a synctest bubble, or waiting for the event itself")
		}
	})
}
