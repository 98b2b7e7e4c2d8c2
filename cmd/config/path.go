package config

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
)

type pathOptions struct {
	app *app.App
}

type pathView struct {
	File     *string  `json:"file"`     // the file in use; null when there is none
	Searched []string `json:"searched"` // in order; empty when the file was named
}

func newPath(a *app.App) *cobra.Command {
	o := &pathOptions{app: a}
	c := &cobra.Command{
		Use:   "path",
		Short: "Show which configuration file is used",
		Long: `Shows which configuration file is used and where it was looked for. The first file found is used alone; files
are not merged. The file is not opened, so this works when it is broken.

Exit codes: 10 when a file on the way cannot be reached.`,
		Example: `  axisor config path
  chmod 600 "$(axisor config path -q)"`,
		Args: flags.None(),
		RunE: func(c *cobra.Command, _ []string) error { return runPath(c.Context(), o) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.LocalKey, "true")
	flags.Fields(c, output.Fields[pathView]())
	return c
}

func runPath(_ context.Context, o *pathOptions) error {
	p, err := o.app.Printer()
	if err != nil {
		return err
	}
	file, searched, err := config.Locate(options(o.app))
	if err != nil {
		return err
	}
	v := pathView{File: optional(file), Searched: searched}
	if v.Searched == nil {
		v.Searched = []string{}
	}
	if file == "" {
		p.Notice("no configuration file; make one with: axisor config init")
	}
	return output.One(p, output.Desc{Noun: "files", ID: "file"}, v, func(d *output.Doc) {
		if file != "" {
			d.Line(streams.Emphasis, "%s", file)
		}
		for _, s := range searched {
			if s != file {
				d.Line(streams.Muted, "searched: %s", s)
			}
		}
	})
}
