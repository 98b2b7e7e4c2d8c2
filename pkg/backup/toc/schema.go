package toc

import (
	"slices"
	"strings"
)

// Encoding is the encoding of all texts of the archive, names included, as PostgreSQL calls it.
func (c *Contents) Encoding() string {
	for _, e := range c.Entries {
		if e.Kind == "ENCODING" {
			if from := strings.IndexByte(e.Definition, '\''); from >= 0 {
				name, _, _ := strings.Cut(e.Definition[from+1:], "'")
				return name
			}
		}
	}
	return "UTF8"
}

// ExtensionSchema is the schema that an EXTENSION is made in, or "" for the one it chooses itself.
func (e *Entry) ExtensionSchema() string {
	tokens := tokenize(e.Definition)
	for i := 0; i+1 < len(tokens); i++ {
		if tokens[i].word == "SCHEMA" && tokens[i+1].name {
			return identifier(e.Definition, tokens[i+1])
		}
	}
	return ""
}

// Table names a table by its schema and itself.
type Table struct{ Schema, Name string }

// Partitions are the partitions directly below each partitioned table.
func (c *Contents) Partitions() map[Table][]Table {
	out := map[Table][]Table{}
	for _, e := range c.Entries {
		if e.Kind != "TABLE ATTACH" {
			continue
		}
		// ALTER TABLE ONLY schema.parent ATTACH PARTITION …
		tokens := tokenize(e.Definition)
		at := slices.IndexFunc(tokens, func(t token) bool { return t.word == "ONLY" })
		if at < 0 || at+3 >= len(tokens) || tokens[at+2].word != "." {
			continue
		}
		parent := Table{identifier(e.Definition, tokens[at+1]), identifier(e.Definition, tokens[at+3])}
		out[parent] = append(out[parent], Table{e.Schema, e.Name})
	}
	return out
}

// identifier gives the name that a token stands for.
func identifier(sql string, t token) string {
	if t.word != "" {
		return t.word
	}
	text := sql[t.from:t.to]
	return strings.ReplaceAll(text[1:max(1, len(text)-1)], `""`, `"`)
}
