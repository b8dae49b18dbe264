package main

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"pindrop/scenarios"
)

func listCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "The built-in scenarios, and what each of them shows",
		Example: `  pindrop list`,
		Args:    arguments(0, 0, "no argument"),
		RunE:    func(*cobra.Command, []string) error { return a.list() },
	}
}

// list prints names and docs: as a table that fits a terminal, else a line each, with a tab between.
func (a *app) list() error {
	t := plainTable()
	t.SuppressTrailingSpaces()
	widest := 0
	for _, name := range scenarios.Names() {
		widest = max(widest, len(name))
		s, err := load(name, nil)
		if err != nil {
			return &exit{exitInternal, err}
		}
		t.AppendRow(table.Row{name, s.Doc})
	}
	if !terminal(a.stdout) {
		_, err := fmt.Fprintln(a.stdout, t.RenderTSV())
		return printed(err)
	}
	const margins = 5
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, WidthMax: max(30, a.textOptions(nil).Width-widest-margins), WidthMaxEnforcer: text.WrapSoft},
	})
	_, err := fmt.Fprintln(a.stdout, t.Render())
	return printed(err)
}

func showCommand(a *app) *cobra.Command {
	var sets []string
	c := &cobra.Command{
		Use:   "show SCENARIO",
		Short: "A scenario with every default filled in",
		Example: `  pindrop show kill-mid-batch > mine.yaml
  pindrop show mine.yaml --set workers.batch=1`,
		Args: arguments(1, 1, "one scenario"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := load(args[0], sets)
			if err != nil {
				return failed(err)
			}
			_, err = a.stdout.Write(s.YAML())
			return printed(err)
		},
	}
	c.Flags().StringArrayVar(&sets, "set", nil, "override a setting, as `path=value`")
	return c
}

// printed gives the error of writing to standard output its exit code.
func printed(err error) error {
	if err == nil {
		return nil
	}
	return &exit{exitIO, fmt.Errorf("print: %w", err)}
}
