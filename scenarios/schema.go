package scenarios

import (
	_ "embed"
	"slices"
)

// schema is made by the tests from the types that the loader fills, their tags and the comments of their fields.
//
//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of a scenario file, for editors. What it refuses, [Load] refuses; what keys and
// values have to do with each other only Load knows.
func Schema() []byte { return slices.Clone(schema) }
