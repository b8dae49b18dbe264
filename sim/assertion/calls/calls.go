// Package calls reads from the source of nats-server what it asserts, and whether the library that pindrop puts in the place of its
// assertion library fits.
package calls

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Server is the module of nats-server, Library the one that it asserts with, and pkg the one package of that which pindrop stands in for.
const (
	Server  = "github.com/nats-io/nats-server/v2"
	Library = "github.com/antithesishq/antithesis-sdk-go"
	pkg     = Library + "/assert"
)

// Source is the version of nats-server that the module around the current folder asks for, and the folder of its source.
func Source() (version, dir string, err error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", Server).Output()
	if err != nil {
		return "", "", fmt.Errorf("ask Go for nats-server: %w", err)
	}
	version, dir, _ = strings.Cut(strings.TrimSpace(string(out)), " ")
	return strings.TrimPrefix(version, "v"), dir, nil
}

// Call is a place at which the server asserts something.
type Call struct {
	Function string // of the library
	Message  string // "": it is no literal, and says something else each time
	File     string // below the module
	Line     int
	In       string // the function that calls
	args     int
}

// Find reads the calls from the source of a server, in the order of files and lines. Tests are left out.
func Find(module string) ([]Call, error) {
	var all []Call
	err := filepath.WalkDir(module, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(text, []byte(`"`+Library)) {
			return err
		}
		name, err := filepath.Rel(module, path)
		if err != nil {
			return err
		}
		found, err := inFile(filepath.ToSlash(name), text)
		all = append(all, found...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what nats-server asserts: %w", err)
	}
	slices.SortFunc(all, func(a, b Call) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	return all, nil
}

// inFile reads the calls of one file. A file that is built with the real library only has none.
func inFile(name string, text []byte) ([]Call, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || built(file, "enable_antithesis_sdk") {
		return nil, err
	}
	local := ""
	for _, i := range file.Imports {
		switch path, _ := strconv.Unquote(i.Path.Value); {
		case path == pkg && i.Name != nil:
			local = i.Name.Name
		case path == pkg:
			local = "assert"
		case path == Library || strings.HasPrefix(path, Library+"/"):
			return nil, fmt.Errorf("%s:%d: it imports %s; pindrop stands in for %s only", name, files.Position(i.Pos()).Line, path, pkg)
		}
	}
	var all []Call
	for _, d := range file.Decls {
		in := ""
		if f, ok := d.(*ast.FuncDecl); ok {
			in = f.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if c, function := callOf(n, local); function != "" {
				all = append(all, Call{function, message(c), name, files.Position(c.Pos()).Line, in, len(c.Args)})
			}
			return true
		})
	}
	return all, nil
}

// callOf is a call of a package under its name in the file; the function is "" where the node is none.
func callOf(n ast.Node, pkg string) (call *ast.CallExpr, function string) {
	call, _ = n.(*ast.CallExpr)
	if call == nil {
		return nil, ""
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	if x, ok := selector.X.(*ast.Ident); !ok || x.Name != pkg {
		return nil, ""
	}
	return call, selector.Sel.Name
}

// built reports whether a file is built only with a tag.
func built(file *ast.File, tag string) bool {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if c.Text == "//go:build "+tag {
				return true
			}
		}
	}
	return false
}

// message is the first argument that is a text.
func message(c *ast.CallExpr) string {
	for _, a := range c.Args {
		if l, ok := a.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text, err := strconv.Unquote(l.Value)
			if err == nil {
				return text
			}
		}
	}
	return ""
}

// Check says where the server calls its library in a way that the library in another folder does not know: a server of another version
// may ask for more.
func Check(module, library string) error {
	all, err := Find(module)
	if err != nil {
		return err
	}
	has, err := functions(filepath.Join(library, "assert"))
	if err != nil {
		return err
	}
	for _, c := range all {
		switch params, known := has[c.Function]; {
		case !known:
			return fmt.Errorf("%s:%d: nats-server calls assert.%s of %s; the library in sim/assertion/library has no such function, but %s",
				c.File, c.Line, c.Function, Library, strings.Join(slices.Sorted(maps.Keys(has)), ", "))
		case params != c.args:
			return fmt.Errorf("%s:%d: nats-server calls assert.%s of %s with %d arguments; the library in sim/assertion/library expects %d",
				c.File, c.Line, c.Function, Library, c.args, params)
		}
	}
	return nil
}

// functions are the exported functions of a package, with how many arguments each takes.
func functions(dir string) (map[string]int, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	all := map[string]int{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("read the assertion library: %w", err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
				all[f.Name.Name] = f.Type.Params.NumFields()
			}
		}
	}
	return all, nil
}
