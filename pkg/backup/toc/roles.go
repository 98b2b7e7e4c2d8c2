package toc

import (
	"maps"
	"slices"
	"strings"
)

// Roles are the roles that an archive names.
type Roles struct {
	Owners   []string // of objects
	Granted  []string // in grants and default privileges
	Policies []string // in row security and user mappings, which no option of pg_restore leaves out
	Given    []string // owners to which pg_restore gives objects: whoever restores has to be able to act as them
	Default  []string // whose default privileges are set, which only they can do
	Sessions []string // that grant in sessions of their own, which only a superuser can begin
}

// Roles lists the roles that the archive names, each once, in order.
func (c *Contents) Roles() Roles {
	owners, granted, policies := map[string]bool{}, map[string]bool{}, map[string]bool{}
	given, defaults, sessions := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, e := range c.Entries {
		if e.Owner != "" {
			owners[e.Owner] = true
			if e.Owned() {
				given[e.Owner] = true
			}
			if e.Kind == "DEFAULT ACL" {
				defaults[e.Owner] = true
			}
		}
		into := granted
		if e.Kind == "POLICY" || e.Kind == "USER MAPPING" {
			into = policies
		}
		for _, s := range roleSpans(e.Kind, e.Definition) {
			if name := unquote(e.Definition[s.from:s.to]); name != "" {
				into[name] = true
				if strings.HasSuffix(strings.TrimRight(e.Definition[:s.from], " "), "SESSION AUTHORIZATION") {
					sessions[name] = true
				}
			}
		}
	}
	list := func(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
	return Roles{
		Owners: list(owners), Granted: list(granted), Policies: list(policies),
		Given: list(given), Default: list(defaults), Sessions: list(sessions),
	}
}

// Owned reports whether pg_restore gives an entry's object to its owner. The others have none of their own, such as an
// index, or name an owner only to say who grants or comments.
func (e Entry) Owned() bool {
	switch e.Kind {
	case "AGGREGATE", "BLOB", "BLOB METADATA", "COLLATION", "CONVERSION", "DATABASE", "DOMAIN", "EVENT TRIGGER", "FOREIGN DATA WRAPPER",
		"FOREIGN TABLE", "FUNCTION", "MATERIALIZED VIEW", "OPERATOR", "OPERATOR CLASS", "OPERATOR FAMILY", "PROCEDURAL LANGUAGE",
		"PROCEDURE", "PUBLICATION", "SCHEMA", "SEQUENCE", "SERVER", "STATISTICS", "SUBSCRIPTION", "TABLE", "TEXT SEARCH CONFIGURATION",
		"TEXT SEARCH DICTIONARY", "TYPE", "VIEW":
		return true
	}
	return false
}

// All are the names that the archive has: owners, and those in grants and policies, each once.
func (r Roles) All() []string {
	all := slices.Concat(r.Owners, r.Granted, r.Policies)
	slices.Sort(all)
	return slices.Compact(all)
}

// Renamed gives header and table of contents with other names for some roles.
func (c *Contents) Renamed(names map[string]string) []byte {
	out := make([]byte, 0, len(c.raw)+4096)
	at := 0
	replace := func(s span, text string) {
		out = c.appendText(append(out, c.raw[at:s.from]...), text)
		at = s.to
	}
	for _, e := range c.Entries {
		if text := renameIn(e.Kind, e.Definition, names); text != e.Definition {
			replace(e.definition, text)
		}
		if to, ok := names[e.Owner]; ok && e.Owner != "" {
			replace(e.owner, to)
		}
	}
	return append(out, c.raw[at:]...)
}

func renameIn(kind, sql string, names map[string]string) string {
	var out strings.Builder
	at := 0
	for _, s := range roleSpans(kind, sql) {
		to, ok := names[unquote(sql[s.from:s.to])]
		if !ok {
			continue
		}
		out.WriteString(sql[at:s.from])
		out.WriteString(`"` + strings.ReplaceAll(to, `"`, `""`) + `"`)
		at = s.to
	}
	return out.String() + sql[at:]
}

// roleSpans finds the role names in a definition. pg_dump quotes every name that is a keyword, so a bare
// TO, FROM or ROLE is one.
func roleSpans(kind, sql string) []span {
	var out []span
	switch kind {
	case "ACL", "DEFAULT ACL":
		tokens := tokenize(sql)
		for i := 0; i+1 < len(tokens); i++ {
			before := ""
			if i > 0 {
				before = tokens[i-1].word
			}
			switch w := tokens[i].word; {
			case w == "TO", w == "FROM", w == "ROLE" && before == "FOR", w == "AUTHORIZATION" && before == "SESSION":
				if next := tokens[i+1]; next.name {
					out = append(out, next.span)
				}
			}
		}
	case "POLICY":
		tokens := tokenize(sql)
		at := slices.IndexFunc(tokens, func(t token) bool { return t.word == "TO" && t.depth == 0 })
		for at >= 0 && at+1 < len(tokens) && tokens[at+1].name {
			out = append(out, tokens[at+1].span)
			if at += 2; at >= len(tokens) || tokens[at].word != "," {
				break
			}
		}
	case "USER MAPPING":
		tokens := tokenize(sql)
		at := slices.IndexFunc(tokens, func(t token) bool { return t.word == "FOR" })
		if at >= 0 && at+1 < len(tokens) && tokens[at+1].name {
			out = append(out, tokens[at+1].span)
		}
	}
	return out
}

// token is a word, a quoted name or a sign.
type token struct {
	span

	word  string // as it stands; empty for quoted names
	name  bool   // may be the name of a role
	depth int    // of parentheses
}

func tokenize(sql string) []token {
	var out []token
	depth := 0
	for i := 0; i < len(sql); {
		from := i
		switch b := sql[i]; {
		case b == ' ' || b == '\n' || b == '\t' || b == '\r':
			i++
			continue
		case b == '"' || b == '\'':
			for i++; i < len(sql); i++ {
				if sql[i] == b {
					if i+1 < len(sql) && sql[i+1] == b {
						i++
						continue
					}
					break
				}
			}
			i = min(i+1, len(sql))
			out = append(out, token{span: span{from, i}, name: b == '"', depth: depth})
		case wordByte(b):
			for i < len(sql) && wordByte(sql[i]) {
				i++
			}
			out = append(out, token{span: span{from, i}, word: sql[from:i], name: true, depth: depth})
		default:
			if b == '(' {
				depth++
			}
			if b == ')' {
				depth--
			}
			i++
			out = append(out, token{span: span{from, i}, word: sql[from:i], depth: depth})
		}
	}
	return out
}

func wordByte(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// unquote gives the name that stands for itself, or "" for PUBLIC and its like, which are no roles. The server takes
// public, in quotes too, for everybody; pg_dump writes it so in user mappings.
func unquote(text string) string {
	name := text
	if strings.HasPrefix(text, `"`) {
		name = strings.ReplaceAll(text[1:max(1, len(text)-1)], `""`, `"`)
	}
	switch {
	case name == "public", text == "PUBLIC", text == "CURRENT_USER", text == "SESSION_USER", text == "CURRENT_ROLE":
		return ""
	}
	return name
}
