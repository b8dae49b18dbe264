package calls

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const library = "../library"

// The table of package safety is what the server of go.mod asserts, and the library fits that server.
func TestTableIsThatOfTheServer(t *testing.T) {
	version, dir, err := Source()
	if err != nil {
		t.Fatal(err)
	}
	all, err := Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Table(version, all)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../results/safety/asserted.go")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
		t.Errorf("run: go run ./cmd/list-assertions > results/safety/asserted.go, and say what is new in meanings.go: %s", diff)
	}
	if err := Check(dir, library); err != nil {
		t.Error(err)
	}
}

// serverOf is the source of a server with one file.
func serverOf(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "raft.go"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

const imports = "package server\n\nimport \"github.com/antithesishq/antithesis-sdk-go/assert\"\n\n"

// A server that asks more of its library than the one in its place has is refused, by place and name.
func TestALibraryThatDoesNotFit(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"another function", imports + "func f() {\n\tassert.Never(true, \"m\", nil)\n}\n", "raft.go:6: nats-server calls assert.Never of github.com/antithesishq/antithesis-sdk-go; the library in sim/assertion/library has no such function, but Always, "},
		{"another argument", imports + "func f() {\n\tassert.Unreachable(\"m\", nil, 3)\n}\n", "raft.go:6: nats-server calls assert.Unreachable of github.com/antithesishq/antithesis-sdk-go with 3 arguments; the library in sim/assertion/library expects 2"},
		{"under another name", strings.Replace(imports, "import ", "import x ", 1) + "func f() {\n\tx.Always(true)\n}\n", "with 1 arguments; the library in sim/assertion/library expects 3"},
		{"another package", strings.Replace(imports, "/assert", "/random", 1), "raft.go:3: it imports github.com/antithesishq/antithesis-sdk-go/random; pindrop stands in for"},
		{"no Go", "package server import \"github.com/antithesishq/antithesis-sdk-go/assert\"", "raft.go:1:16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := Check(serverOf(t, c.text), library); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	if err := Check(serverOf(t, imports+"func f() {\n\tassert.Unreachable(\"m\", nil)\n}\n"), library); err != nil {
		t.Error(err)
	}
	if err := Check(serverOf(t, "//go:build enable_antithesis_sdk\n\n"+imports+"func f() {\n\tassert.Never()\n}\n"), library); err != nil {
		t.Errorf("a file that is built with the real library only: %v", err)
	}
}

// Calls are found with their place and the function around them; a message that is no literal has no table.
func TestFind(t *testing.T) {
	dir := serverOf(t, imports+"func (n *raft) f() {\n\tgo func() {\n\t\tassert.AlwaysLessThan(1, 2, \"m\", nil)\n\t}()\n}\n")
	got, err := Find(dir)
	if want := []Call{{"AlwaysLessThan", "m", "raft.go", 7, "f", 4}}; err != nil || !cmp.Equal(want, got, cmp.AllowUnexported(Call{})) {
		t.Errorf("got %+v, error %v", got, err)
	}
	got[0].Message = ""
	if _, err := Table("1", got); err == nil || !strings.Contains(err.Error(), "raft.go:7") {
		t.Errorf("got %v", err)
	}
	if kind := kindOf("AlwaysLessThan"); kind != "always" {
		t.Errorf("got %s", kind)
	}
}
