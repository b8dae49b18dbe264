package pindrop_test

import (
	"go/ast"
)

// checkDocs asks for a comment at everything that a reader of the package's documentation sees. In a group, one comment
// above it is enough.
func checkDocs(s source, bad complain) {
	if s.test() {
		return
	}
	for _, decl := range s.ast.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Doc == nil && (d.Recv == nil || ast.IsExported(receiver(d))) {
				bad(d.Pos(), "%s has no comment; expected a sentence that begins with its name", d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if name := undocumented(spec); name != nil && d.Doc == nil {
					bad(name.Pos(), "%s has no comment; expected a sentence that begins with its name", name.Name)
				}
			}
		}
	}
}

// receiver is the name of the type that a method belongs to.
func receiver(f *ast.FuncDecl) string {
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// undocumented is the first exported name of a spec without a comment of its own, nil if there is none.
func undocumented(spec ast.Spec) *ast.Ident {
	var names []*ast.Ident
	var comments []*ast.CommentGroup
	switch s := spec.(type) {
	case *ast.TypeSpec:
		names, comments = []*ast.Ident{s.Name}, []*ast.CommentGroup{s.Doc, s.Comment}
	case *ast.ValueSpec:
		names, comments = s.Names, []*ast.CommentGroup{s.Doc, s.Comment}
	}
	for _, c := range comments {
		if c != nil {
			return nil
		}
	}
	for _, name := range names {
		if name.IsExported() {
			return name
		}
	}
	return nil
}
