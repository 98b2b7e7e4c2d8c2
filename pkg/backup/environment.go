package backup

import (
	"os/exec"

	"github.com/axisor/axisor/pkg/pgpass"
	"github.com/axisor/axisor/pkg/secret"
)

// Equip gives a libpq program that has not been started everything it needs to reach a database: address, login and
// password, and of the caller's own environment only what is harmless. Nothing has to stand in a command line. The caller
// calls done when the program has ended, or was not started.
func Equip(c *exec.Cmd, url secret.Secret, appName string, environ []string) (done func(), err error) {
	e, err := newEndpoint(url, "", environ)
	if err != nil {
		return nil, err
	}
	e.env["PGAPPNAME"] = appName
	for _, name := range []string{"TERM", "PAGER", "EDITOR", "PSQLRC"} {
		for _, kv := range environ {
			if len(kv) > len(name) && kv[:len(name)+1] == name+"=" {
				e.env[name] = kv[len(name)+1:]
			}
		}
	}
	c.Env = e.environment()
	return pgpass.Give(c, e.config.Password)
}
