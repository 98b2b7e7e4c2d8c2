package migrate

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// PrismaIndex is an index of the design as a model of a schema.prisma declares it.
type PrismaIndex struct {
	Model string // as the design names it, which is the table, too
	Name  string // of the index in the database
	Line  string // @@index([user_id, created_at], map: "idx_…")
}

// PrismaIndexes lists the indexes of the design that a schema.prisma can declare, by model and name. Without such a line
// Prisma takes an index for something to drop. Unique indexes come from @unique there; partial indexes and those on
// expressions it can neither declare nor see, so it leaves them alone. An index whose name stands in text, a
// schema.prisma, is left out.
func PrismaIndexes(text string) ([]PrismaIndex, error) {
	expected, err := Expected()
	if err != nil {
		return nil, err
	}
	plain := regexp.MustCompile(`^CREATE INDEX ON \S+ USING btree \((\w+(?: DESC)?(?:, \w+(?: DESC)?)*)\)$`)
	descending := regexp.MustCompile(`(\w+) DESC`)
	var all []PrismaIndex
	for _, table := range slices.Sorted(maps.Keys(expected.Tables)) {
		if schemaOf(table) != "" {
			continue
		}
		indexes := expected.Tables[table].Indexes
		for _, name := range slices.Sorted(maps.Keys(indexes)) {
			m := plain.FindStringSubmatch(indexes[name].Definition)
			if m == nil || strings.Contains(text, `"`+name+`"`) {
				continue
			}
			fields := descending.ReplaceAllString(m[1], "$1(sort: Desc)")
			all = append(all, PrismaIndex{Model: table, Name: name, Line: fmt.Sprintf("@@index([%s], map: %q)", fields, name)})
		}
	}
	return all, nil
}
