package main

import (
	"github.com/spf13/cobra"

	"pindrop/scenarios"
)

func schemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "The JSON Schema of scenario files, for editors",
		Long: `Prints the JSON Schema (2020-12) of a scenario file, with what each key means, its default, its words and its bounds.
An editor that knows it completes keys and marks mistakes. pindrop run checks more: which settings go together.

In a scenario, the editor's YAML language server finds the schema by a first line such as

  # yaml-language-server: $schema=scenario.schema.json`,
		Example: `  pindrop schema > scenario.schema.json`,
		Args:    arguments(0, 0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			_, err := a.stdout.Write(scenarios.Schema())
			return printed(err)
		},
	}
}
