package config

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/verb"
)

type pathView struct {
	File     *string  `json:"file"`     // the file in use; null when there is none
	Searched []string `json:"searched"` // in order; empty when the file was named
}

func newPath(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "path", Short: "Show which configuration file is used",
			Long: `Shows which configuration file is used and where it was looked for. The first file found is used alone; files
are not merged. The file is not opened, so this works when it is broken.`,
			Examples: []string{
				"axisor config path",
				`chmod 600 "$(axisor config path -q)"`,
			},
			Exits: exits.Configured(exits.On(clierr.Config, "a file on the way cannot be reached")),
		},
		Local: true, Fields: output.Fields[pathView](),
		Run: runPath,
	}.Build(a)
}

func runPath(_ context.Context, call *verb.Call) error {
	file, searched, err := config.Locate(options(call.App))
	if err != nil {
		return err
	}
	v := pathView{File: output.Optional(file), Searched: searched}
	if v.Searched == nil {
		v.Searched = []string{}
	}
	if file == "" {
		call.Print.Notice("no configuration file; make one with: axisor config init")
	}
	return output.One(call.Print, output.Desc{Noun: "files", ID: "file"}, v, func(d *output.Doc) {
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
