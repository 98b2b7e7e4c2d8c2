package user

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/pkg/admin"
)

// rejects writes rejected rows as csv with line and reason in front. It can be mended and imported again; passwords
// and hashes are left out, because the file outlives the import.
type rejects struct {
	file    *os.File
	w       *csv.Writer
	columns []string
}

func openRejects(a *app.App, name string) (*rejects, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(config.Absolute(name, a.Dir, a.Env), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, clierr.Usagef("--rejects %s: the file cannot be written", name).WithCause(err)
	}
	r := &rejects{file: f, w: csv.NewWriter(f)}
	for _, c := range admin.ImportColumns() {
		if !slices.Contains(admin.ImportSecrets(), c) {
			r.columns = append(r.columns, c)
		}
	}
	return r, r.w.Write(append([]string{"line", "reason"}, r.columns...))
}

func (r *rejects) add(x admin.Rejected) error {
	if r == nil {
		return nil
	}
	record := []string{fmt.Sprint(x.Row.Line), x.Reason}
	for _, c := range r.columns {
		cell := ""
		if v := x.Row.Values[c]; v != nil {
			cell = *v
		}
		record = append(record, output.EscapeCell(cell))
	}
	return r.w.Write(record)
}

func (r *rejects) close() error {
	if r == nil {
		return nil
	}
	r.w.Flush()
	return errors.Join(r.w.Error(), r.file.Close())
}
