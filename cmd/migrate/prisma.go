package migrate

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/migrate"
)

// prismaIndexView is one index of the design, as a model of a schema.prisma declares it.
type prismaIndexView struct {
	Model string `json:"model"`
	Index string `json:"index"`
	Line  string `json:"line"`
}

func newPrisma(a *app.App) *cobra.Command {
	return verb.Command{
		Words: verb.Words{
			Use: "prisma [FILE]", Short: "Print what a schema.prisma needs to keep the design's indexes",
			Long: `Prints, model by model, the lines that make Prisma keep the indexes of the design. An index that no model declares
is dropped by every "prisma db push". With FILE, the schema.prisma of the web application, only the lines that are
missing there are printed; the file is read and not changed. The models have the design's names: where a model
or a field has another name in your file (@@map, @map), write that name instead and keep the map of the index.

Unique indexes belong to @unique in the models. Partial indexes Prisma can neither declare nor see; they stay.
It works without a database.`,
			Examples: []string{
				"axisor migrate prisma",
				"axisor migrate prisma ../web/prisma/schema.prisma",
				"axisor migrate prisma ../web/prisma/schema.prisma -o json --jq '.items[].line'",
			},
			Try:   "axisor migrate prisma ../web/prisma/schema.prisma",
			Exits: exits.Local(exits.OK("also when nothing is missing"), exits.NotFound("no such file")),
		},
		Local: true, Fields: output.Fields[prismaIndexView](), Run: prisma,
	}.Build(a)
}

func prisma(_ context.Context, call *verb.Call) error {
	p, file, text := call.Print, call.Arg(0), ""
	if file != "" {
		raw, err := call.ReadFile(file)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	indexes, err := migrate.PrismaIndexes(text)
	if err != nil {
		return err
	}
	views := make([]prismaIndexView, 0, len(indexes))
	for _, i := range indexes {
		views = append(views, prismaIndexView{Model: i.Model, Index: i.Name, Line: i.Line})
	}
	if p.Machine() {
		return output.Slice(p, output.Desc{Noun: "indexes", ID: "index"}, views)
	}
	if len(views) == 0 {
		p.Notice("%s declares every index of the design that Prisma can declare", file)
		return nil
	}
	_, err = fmt.Fprint(p.Streams().Out, prismaText(views))
	return err
}

// prismaText is the lines, in the models they belong into.
func prismaText(views []prismaIndexView) string {
	var b strings.Builder
	for i, v := range views {
		if i == 0 || views[i-1].Model != v.Model {
			fmt.Fprintf(&b, "model %s {\n  // the fields as they are\n\n", v.Model)
		}
		fmt.Fprintf(&b, "  %s\n", v.Line)
		if i == len(views)-1 || views[i+1].Model != v.Model {
			b.WriteString("}\n")
			if i < len(views)-1 {
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}
