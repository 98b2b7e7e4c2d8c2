package app

import "github.com/axisor/axisor/internal/cli/output"

// ExportPrinter is the Printer of an export: csv, unless a format was asked for. A table is for reading.
func (a *App) ExportPrinter() (*output.Printer, error) {
	p, err := a.Printer()
	g := a.Globals
	if err != nil || p.Format() != output.Table || g.Output != "" || g.Quiet {
		return p, err
	}
	return output.New(a.Streams, output.Options{Format: string(output.CSV), Columns: g.Columns, NoHeaders: g.NoHeaders, Now: a.Now})
}
