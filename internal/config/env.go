package config

import (
	"net"
	"net/url"
	"os/user"
	"slices"
	"strings"

	"github.com/axisor/axisor/pkg/near"
	"github.com/axisor/axisor/pkg/pgtls"
)

// Variables that choose the file and the profile instead of a value.
const (
	envConfig  = envPrefix + "CONFIG"
	envProfile = envPrefix + "PROFILE"
	// envProgress belongs to the streams; it is known here so that nothing warns of it.
	envProgress = envPrefix + "PROGRESS"
)

// envMap reads KEY=VALUE pairs. An empty variable counts as not set; of two with
// the same name the later one counts, as in os/exec.
func envMap(env []string) map[string]string {
	out := make(map[string]string, len(env))
	for _, pair := range env {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if value == "" {
			delete(out, name)
			continue
		}
		out[name] = value
	}
	return out
}

// ownLayer is the level of the AXISOR_ variables.
func ownLayer(vars map[string]string) layer {
	l := layer{level: LevelEnvironment, values: map[string]any{}, names: map[string]string{}}
	for _, k := range Keys() {
		if v, ok := vars[k.Env()]; ok {
			l.values[k.Name], l.names[k.Name] = v, k.Env()
		}
	}
	return l
}

// genericLayer is the level of the variables that belong to other programs as
// well: the web application's and libpq's.
func genericLayer(vars map[string]string, osUser string) layer {
	l := layer{level: LevelEnvironment, values: map[string]any{}, names: map[string]string{}}
	if raw, names := pgURL(vars, osUser); raw != "" {
		l.values[keyDatabaseURL], l.names[keyDatabaseURL] = raw, names
	}
	for _, k := range Keys() {
		if v, ok := vars[k.Generic]; ok && k.Generic != "" {
			l.values[k.Name], l.names[k.Name] = v, k.Generic
		}
	}
	return l
}

// pgURL builds a connection URL from libpq's variables. A password, a TLS mode or
// a user alone says nothing about which database is meant, so at least a host, a
// port or a database must be named.
func pgURL(vars map[string]string, osUser string) (raw, names string) {
	if vars["PGHOST"] == "" && vars["PGPORT"] == "" && vars["PGDATABASE"] == "" {
		return "", ""
	}
	var used []string
	get := func(name string) string {
		v := vars[name]
		if v != "" {
			used = append(used, name)
		}
		return v
	}
	host, port := get("PGHOST"), get("PGPORT")
	u := url.URL{Scheme: "postgres", Path: "/" + get("PGDATABASE")}
	q := url.Values{}
	switch {
	case host == "" || strings.HasPrefix(host, "/"): // a socket directory does not fit before the path
		if host != "" {
			q.Set("host", host)
		}
		if port != "" {
			q.Set("port", port)
		}
	case port != "":
		u.Host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		u.Host = "[" + host + "]"
	default:
		u.Host = host
	}
	name, password := get("PGUSER"), get("PGPASSWORD")
	if password != "" {
		if name == "" {
			name = osUser
		}
		u.User = url.UserPassword(name, password)
	} else if name != "" {
		u.User = url.User(name)
	}
	if v := get("PGSSLMODE"); v != "" {
		q.Set("sslmode", v)
	}
	if v := get("PGPASSFILE"); v != "" {
		q.Set("passfile", v)
	}
	u.RawQuery = pgtls.Query(q)
	return u.String(), strings.Join(used, ", ")
}

// envWarnings names AXISOR_ variables that are probably typing errors. Unknown
// ones are otherwise left alone: they may belong to tests or to wrappers.
func envWarnings(vars map[string]string) []string {
	known := []string{envConfig, envProfile, envProgress}
	for _, k := range Keys() {
		known = append(known, k.Env())
	}
	var out []string
	for name := range vars {
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) {
			continue
		}
		for _, k := range known {
			if near.Distance(name, k) <= 2 {
				out = append(out, "unknown variable "+name+" is ignored; did you mean "+k+"?")
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// currentUser is the name of the operating system's user, for the audit trail.
func currentUser(vars map[string]string) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	for _, name := range []string{"USER", "LOGNAME"} {
		if v := vars[name]; v != "" {
			return v
		}
	}
	return "unknown"
}
