package migrate

import (
	"regexp"
	"strings"
	"sync"
)

// spellings are forms in which the server prints what means the same, and the one that stands for them: casts of constants
// and of columns between the text types, which change no value, lists as arrays, and comparisons with the constant first.
var spellings = sync.OnceValue(func() []struct {
	form *regexp.Regexp
	to   string
} {
	const constant = `('(?:[^']|'')*'|\(-?[0-9.]+\)|-?[0-9.]+)`
	const text = `(?:text|character varying)`
	const number = `-?[0-9]+(?:\.[0-9]+)?`
	return []struct {
		form *regexp.Regexp
		to   string
	}{
		{regexp.MustCompile(`\(([a-z_]+)\)::` + text + `\b(\[\])?`), "$1"},
		{regexp.MustCompile(`\((ARRAY\[[^\]]*\])\)::` + text + `\[\]`), "$1"},
		{regexp.MustCompile(`('(?:[^']|'')*')::` + text + `\b`), "$1"},
		{regexp.MustCompile(`\(('(?:[^']|'')*')\)::` + text + `\b`), "$1"},
		{regexp.MustCompile(`'(` + number + `)'::(?:integer|bigint|numeric|double precision)`), "$1"},
		{regexp.MustCompile(`\((` + number + `)\)::(?:integer|bigint|numeric|double precision)`), "$1"},
		{regexp.MustCompile(`\(` + constant + ` < ([a-z_]+)\)`), "($2 > $1)"},
		{regexp.MustCompile(`\(` + constant + ` <= ([a-z_]+)\)`), "($2 >= $1)"},
		{regexp.MustCompile(`\(` + constant + ` > ([a-z_]+)\)`), "($2 < $1)"},
		{regexp.MustCompile(`\(` + constant + ` >= ([a-z_]+)\)`), "($2 <= $1)"},
		{regexp.MustCompile(`\(` + constant + ` (=|<>) ([a-z_]+)\)`), "($3 $2 $1)"},
	}
})

// spelling gives rules and indexes that mean the same one text, as far as the forms are known. It is for comparing only.
func spelling(definition string) string {
	if !strings.Contains(definition, "CHECK ") && !strings.Contains(definition, " WHERE ") && !strings.Contains(definition, "::") {
		return definition
	}
	for _, s := range spellings() {
		definition = s.form.ReplaceAllString(definition, s.to)
	}
	return definition
}
