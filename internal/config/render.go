package config

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// Locate returns the file that Load would read, or "", and the files that are
// tried. It does not look into the file, so it works when Load does not.
func Locate(o LoadOptions) (file string, searched []string, err error) {
	vars := envMap(o.Env)
	named := o.File
	if named == "" {
		named = vars[envConfig]
	}
	if named != "" {
		return absolute(named, o.Dir, vars["HOME"]), nil, nil
	}
	searched = SearchPath(o.Dir, o.Env)
	file, err = findFile(searched)
	return file, searched, err
}

// Absolute makes a path given on the command line independent of the working
// directory; ~ is the home directory of the environment.
func Absolute(path, dir string, env []string) string {
	return absolute(path, dir, envMap(env)["HOME"])
}

// Render writes a configuration file with the given keys and a comment on each.
func Render(values map[string]string) []byte {
	var b strings.Builder
	b.WriteString("# Configuration of axisor. Check it with `axisor config validate`; see what is in effect,\n" +
		"# and every key there is, with `axisor config show --origins`.\n")
	section := ""
	for _, k := range Keys() {
		value, ok := values[k.Name]
		if !ok {
			continue
		}
		s, name, _ := strings.Cut(k.Name, ".")
		if s != section {
			fmt.Fprintf(&b, "\n%s:\n", s)
			section = s
		}
		fmt.Fprintf(&b, "  # %s\n  %s: %s\n", k.Summary, name, yamlText(value))
	}
	return []byte(b.String())
}

// yamlText quotes a text. A JSON string is a YAML string where the characters that YAML
// does not print are escaped as well.
func yamlText(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // a string always encodes
		return `""`
	}
	var b strings.Builder
	for _, r := range string(quoted) {
		if r <= '~' || unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\U%08x`, r)
	}
	return b.String()
}
