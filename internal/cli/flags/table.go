package flags

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Table are the flags of an import that say how the file is read.
type Table struct {
	Format Enum
	Map    HeaderMap
}

// Register adds --format and --map.
func (t *Table) Register(c *cobra.Command, formats ...string) {
	RegisterEnum(c, &t.Format, "format", "", "format of the file; default: by its name, or its first character", formats...)
	c.Flags().Var(&t.Map, "map", "read a header of another program as our column: `NAME=COLUMN`, such as profit=pnl; - leaves it out (repeatable)")
}

// HeaderMap is what names in a file stand for.
type HeaderMap map[string]string

func (m *HeaderMap) String() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(*m)) {
		all = append(all, name+"="+(*m)[name])
	}
	return strings.Join(all, ",")
}

// Set takes NAME=COLUMN, or several of them between commas. A name may have commas and equals signs itself.
func (m *HeaderMap) Set(v string) error {
	parts := strings.Split(v, ",")
	if slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(p, "=") }) {
		parts = []string{v}
	}
	if *m == nil {
		*m = HeaderMap{}
	}
	for _, p := range parts {
		i := strings.LastIndex(p, "=")
		name, column := strings.TrimSpace(p[:max(i, 0)]), strings.TrimSpace(p[i+1:])
		if name == "" || column == "" {
			return fmt.Errorf("must be NAME=COLUMN, such as profit=pnl")
		}
		if other, twice := (*m)[name]; twice && other != column {
			return fmt.Errorf("%q cannot be both %s and %s", name, other, column)
		}
		(*m)[name] = column
	}
	return nil
}

// Type implements pflag.Value.
func (*HeaderMap) Type() string { return "NAME=COLUMN" }
