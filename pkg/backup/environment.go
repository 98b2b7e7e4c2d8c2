package backup

import (
	"maps"
	"slices"

	"github.com/axisor/axisor/pkg/secret"
)

// Environment gives a libpq program everything it needs to reach a database: address, login and password, and
// of the caller's own environment only what is harmless. Nothing has to stand in a command line.
func Environment(url secret.Secret, appName string, environ []string) ([]string, error) {
	e, err := newEndpoint(url, "", environ)
	if err != nil {
		return nil, err
	}
	env := maps.Clone(e.env)
	env["PGAPPNAME"] = appName
	for _, name := range []string{"TERM", "PAGER", "EDITOR", "PSQLRC"} {
		for _, kv := range environ {
			if len(kv) > len(name) && kv[:len(name)+1] == name+"=" {
				env[name] = kv[len(name)+1:]
			}
		}
	}
	var list []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list, nil
}
