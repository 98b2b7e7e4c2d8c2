// Package version prints what this binary is.
package version

import (
	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/buildinfo"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
)

// New builds `axisor version`.
func New(a *app.App) *cobra.Command {
	c := &cobra.Command{
		Use:     "version",
		Short:   "Show the version of this binary",
		Long:    "Show the version, commit and platform of this binary. Needs neither configuration nor database.\n\nExit codes: 0, 2.",
		Example: "  axisor version\n  axisor version -o json --jq .version",
		Args:    flags.None(),
		RunE:    func(*cobra.Command, []string) error { return run(a) },
	}
	flags.Mark(c, flags.EffectKey, flags.Read)
	flags.Mark(c, flags.LocalKey, "true")
	return c
}

func run(a *app.App) error {
	p, err := a.Printer()
	if err != nil {
		return err
	}
	return output.One(p, output.Desc{Noun: "versions", ID: "version"}, a.Build, func(d *output.Doc) { human(d, a.Build) })
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
