package app

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/pkg/store"
)

// ExportPrinter is the Printer of an export: csv, unless a format was asked for. A table is for reading.
func (a *App) ExportPrinter() (*output.Printer, error) {
	p, err := a.Printer()
	g := a.Globals
	if err != nil || p.Format() != output.Table || g.Output != "" || g.Quiet {
		return p, err
	}
	return output.New(a.Streams, output.Options{Format: string(output.CSV), Columns: g.Columns, NoHeaders: g.NoHeaders, Now: a.Now})
}

// ServerCSV tells whether an export by this Printer is a csv, which the server itself writes several times as fast as
// rows are read, and what of it is wanted. A terminal gets rows that are harmless to it.
func (a *App) ServerCSV(p *output.Printer) (store.CSV, bool) {
	g := a.Globals
	return store.CSV{Columns: g.Columns, Header: !g.NoHeaders}, p.Format() == output.CSV && !g.Quiet && !a.Streams.OutTerminal()
}

// CountOutput shows how much an export has written, unless that goes to the terminal itself. Call done at the end.
func (a *App) CountOutput(label string) (done func()) {
	out := a.Streams.Out
	bar := progress.Start(a.Streams, label, 0, progress.Bytes, a.Globals.Quiet || a.Streams.OutTerminal())
	a.Streams.Out = progress.Writer(bar, out)
	return func() {
		bar.Done()
		a.Streams.Out = out
	}
}
