package user

import (
	"slices"

	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
	"github.com/axisor/axisor/pkg/rowfile"
)

// rejectColumns are the columns of rejected rows: without passwords and hashes, because the file outlives the import.
func rejectColumns() []string {
	return slices.DeleteFunc(slices.Clone(admin.ImportColumns()), func(c string) bool { return slices.Contains(admin.ImportSecrets(), c) })
}

func rejectCells(x admin.Rejected) (cells []string) {
	for _, c := range rejectColumns() {
		cells = append(cells, rowfile.Escape(models.Deref(x.Row.Values[c])))
	}
	return cells
}
