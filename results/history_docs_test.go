package results

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	source "go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"pindrop/results/history"
)

const historyDocs = "../docs/history.md"

// meanings are those of the fields whose comments leave a part to their names.
var meanings = map[string]string{
	"at": "when it happened", "actor": "who wrote it down: `runner`, `nemesis`, `host`, `watcher`, `publisher-1`…, or a worker by its name",
	"kind": "what it reports; see below", "key": "key of the message", "reason": "in words", "outcome": "how a handler, a write or a check ended",
	"worker": "worker that it is about, where that is not the actor", "do": "kind of the fault", "target": "whom a fault hit",
	"ack_pending": "messages delivered and not acked, as the server says", "pending": "messages never delivered, as the server says",
	"redelivered": "messages delivered more than once and still tracked, as the server says",
	"ack_floor":   "highest sequence up to which all is acked, as the server says", "phase": "phase of the run that begins",
	"expires": "of a pull: how long it waits", "delay": "of a nak: when the message may come again; of connect: what the network adds one way, on average",
	"incarnation": "which life of the worker, from 1", "stream": "of a config event: the stream's configuration, as JSON",
	"consumer": "of a config event: the consumer's configuration, as JSON",
}

// docs/history.md has the columns of a file as it is really written, and the kinds of events, with the comments of the code.
func TestHistoryIsDocumented(t *testing.T) {
	text, err := os.ReadFile(historyDocs)
	if err != nil {
		t.Fatal(err)
	}
	fields, kinds := historyComments(t)
	want := between(t, string(text), "columns", columnDocs(t, fields))
	want = between(t, want, "kinds", kindDocs(kinds))
	if *rewrite {
		if err := os.WriteFile(historyDocs, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(string(text), "\n")); diff != "" {
		t.Errorf("%s is not what is written; run the test with -rewrite: %s", historyDocs, diff)
	}
}

// between puts a table between its marks.
func between(t *testing.T, text, name, table string) string {
	t.Helper()
	mark := regexp.MustCompile(`(?s)(<!-- ` + name + ` -->\n).*?(<!-- end -->)`)
	if len(mark.FindAllString(text, -1)) != 1 {
		t.Fatalf("%s has no place, or several, for the %s", historyDocs, name)
	}
	return mark.ReplaceAllString(text, "${1}"+strings.ReplaceAll(table, "$", "$$")+"${2}")
}

// written is the schema of a file as it is written.
func written(t *testing.T) *parquet.Schema {
	t.Helper()
	var b bytes.Buffer
	if err := WriteHistory(&b, history.Of(history.Event{Actor: "w1", N: 1, Kind: history.Start})); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return file.Schema()
}

func columnDocs(t *testing.T, comments map[string]string) string {
	t.Helper()
	schema := written(t)
	var out strings.Builder
	out.WriteString("| column | type | meaning |\n|---|---|---|\n")
	for _, name := range Columns() {
		leaf, ok := schema.Lookup(name)
		if !ok {
			t.Fatalf("the file has no column %s", name)
		}
		meaning := meanings[name]
		if meaning == "" {
			meaning = comments[name]
		}
		if meaning == "" {
			t.Errorf("nothing says what %s is", name)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", name, typeWords(t, leaf.Node.Type().String()), strings.ReplaceAll(meaning, "|", `\|`))
	}
	if n := len(schema.Fields()); n != len(Columns()) {
		t.Errorf("the file has %d columns, want %d", n, len(Columns()))
	}
	return out.String()
}

// typeWords are the types of Parquet as most languages call them.
func typeWords(t *testing.T, name string) string {
	t.Helper()
	words := map[string]string{
		"INT(64,true)": "int64", "INT(64,false)": "uint64", "INT(32,true)": "int32", "INT(32,false)": "uint32", "STRING": "text",
		"BYTE_ARRAY": "bytes",
	}
	if words[name] == "" {
		t.Errorf("a type without a word: %s", name)
	}
	return words[name]
}

// kindDocs is a row for each kind: its writer, and what it says.
func kindDocs(comments map[string]string) string {
	var out strings.Builder
	out.WriteString("| kind | written by | what it reports; columns |\n|---|---|---|\n")
	for _, k := range history.Kinds() {
		writer, text, _ := strings.Cut(comments[string(k)], ": ")
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", k, writer, strings.ReplaceAll(text, "|", `\|`))
	}
	return out.String()
}

// historyComments are the comments of the fields by the names of their columns, and those of the kinds by their words. Where
// they speak of fields by their names in Go, they speak of columns here.
func historyComments(t *testing.T) (fields, kinds map[string]string) {
	t.Helper()
	parsed, err := parser.ParseFile(source.NewFileSet(), "history/event.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	fields, kinds = map[string]string{}, map[string]string{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.ValueSpec:
			if name, ok := x.Type.(*ast.Ident); ok && name.Name == "Kind" && len(x.Values) == 1 {
				kinds[strings.Trim(x.Values[0].(*ast.BasicLit).Value, `"`)] = inColumns(comment(x.Doc, x.Comment))
			}
		case *ast.TypeSpec:
			s, ok := x.Type.(*ast.StructType)
			if !ok || x.Name.Name != "Event" {
				return true
			}
			for _, f := range s.Fields.List {
				tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("parquet")
				name, _, _ := strings.Cut(tag, ",")
				fields[name] = comment(f.Doc, f.Comment)
			}
		}
		return true
	})
	return fields, kinds
}

func comment(groups ...*ast.CommentGroup) string {
	var words []string
	for _, g := range groups {
		words = append(words, strings.Fields(g.Text())...)
	}
	return strings.Join(words, " ")
}

// inColumns gives fields the names of their columns.
func inColumns(text string) string {
	event := reflect.TypeFor[history.Event]()
	for i := range event.NumField() {
		column, _, _ := strings.Cut(event.Field(i).Tag.Get("parquet"), ",")
		text = regexp.MustCompile(`\b`+event.Field(i).Name+`\b`).ReplaceAllString(text, "`"+column+"`")
	}
	return strings.Replace(text, "as Sample", "as `sample`", 1)
}

// The queries of the document speak of columns that are there, and of words that occur in them.
func TestHistoryQueries(t *testing.T) {
	text, err := os.ReadFile(historyDocs)
	if err != nil {
		t.Fatal(err)
	}
	queries := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(queries) < 2 {
		t.Fatalf("%d queries, want at least 2", len(queries))
	}
	for _, q := range queries {
		for _, wrong := range unknownWords(t, q[1]) {
			t.Errorf("there is no %s:\n%s", wrong, q[1])
		}
	}
	if got := unknownWords(t, `SELECT nme, sum("wrker") AS total FROM 'history.parquet' WHERE kind = 'bgin' GROUP BY total`); !slices.Equal(got, []string{"bgin", "nme", "wrker"}) {
		t.Errorf("of four words of which three are wrong, %q are found", got)
	}
}

// unknownWords are the words of a query that are no column, no name that it gives, no function and no value of a column.
// Words of SQL are written in capitals.
func unknownWords(t *testing.T, query string) []string {
	t.Helper()
	var unknown []string
	texts := regexp.MustCompile(`'[^']*'`)
	for _, literal := range texts.FindAllString(query, -1) {
		value := strings.Trim(literal, "'")
		if value != HistoryFile && !history.Kind(value).Known() && !slices.Contains(history.Outcomes(), history.Outcome(value)) {
			unknown = append(unknown, value)
		}
	}
	query = texts.ReplaceAllString(query, "")
	known := append([]string{"count", "max", "min", "sum"}, Columns()...)
	for _, m := range regexp.MustCompile(`\bAS (\w+)`).FindAllStringSubmatch(query, -1) {
		known = append(known, m[1])
	}
	for _, word := range regexp.MustCompile(`\b[a-z_]\w*\b`).FindAllString(query, -1) {
		if _, ok := written(t).Lookup(word); !ok && !slices.Contains(known, word) {
			unknown = append(unknown, word)
		}
	}
	return unknown
}
