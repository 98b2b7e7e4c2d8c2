// Package version prints what this binary is.
package version

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
)

// New builds `axisor version`.
func New(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "version", Short: "Show the version of this binary",
			Long:     "Show the version, commit and platform of this binary. Needs neither configuration nor database.",
			Examples: []string{"axisor version", "axisor version -o json --jq .version"},
			Exits:    exits.Local(),
		},
		Local: true,
		Run: func(_ context.Context, call *verb.Call) error {
			return output.One(call.Print, output.Desc{Noun: "versions", ID: "version"}, call.Build, func(d *output.Doc) { human(d, call.Build) })
		},
	}.Build(a)
}

func human(d *output.Doc, b buildinfo.Info) {
	d.Field("axisor", b.Version)
	if b.Commit != "" {
		d.Field("commit", b.Commit)
	}
	if b.Date != "" {
		d.Field("date", b.Date)
	}
	d.Field("go", b.GoVersion)
	d.Field("platform", b.Platform)
}
