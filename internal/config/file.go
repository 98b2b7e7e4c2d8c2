package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/viper"

	"github.com/axisor/axisor/pkg/ownfile"
)

// ErrTooLarge is the error of a file, or another input, that nobody can mean for what it was given.
var ErrTooLarge = fmt.Errorf("is larger than %d bytes", maxFileSize)

// FileName is the name of a configuration file in a project or home directory.
const FileName = ".axisor.yaml"

// maxFileSize stops the program from reading a device or a dump by mistake.
const maxFileSize = 1 << 20

const (
	profilesKey       = "profiles"
	defaultProfileKey = "default_profile"
	productionKey     = "production" // of a profile: a mark, not a setting
)

// document is a configuration file taken apart: the keys outside profiles and the
// keys of each profile, both flattened to section.name.
type document struct {
	path           string
	base           map[string]any
	profiles       map[string]map[string]any
	production     map[string]bool // profiles that are marked
	defaultProfile string
}

// SearchPath returns the files that are tried in order when none is named.
func SearchPath(dir string, env []string) []string {
	vars := envMap(env)
	home := vars["HOME"]
	paths := []string{filepath.Join(dir, FileName)}
	if xdg := vars["XDG_CONFIG_HOME"]; filepath.IsAbs(xdg) {
		paths = append(paths, filepath.Join(xdg, "axisor", "config.yaml"))
	} else if home != "" {
		paths = append(paths, filepath.Join(home, ".config", "axisor", "config.yaml"))
	}
	if home != "" {
		paths = append(paths, filepath.Join(home, FileName))
	}
	return append(paths, "/etc/axisor/config.yaml")
}

// findFile returns the first file of the search path, or "". A file that is there
// and cannot be read is an error: skipping it would run with other settings than
// the operator wrote.
func findFile(paths []string) (string, error) {
	for _, p := range paths {
		_, err := os.Stat(p)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, fs.ErrNotExist) && !isNotDir(err) {
			return "", &Error{Source: p, Rule: "cannot be read", Err: reason(err)}
		}
	}
	return "", nil
}

// readDocument reads and checks the shape of a file: readable, YAML, and only
// known keys. Values are checked later, when it is known which of them count.
func readDocument(path string) (*document, Errors) {
	data, info, err := readOwn(path, false)
	if err != nil {
		return nil, Errors{untrusted(path, "", err)}
	}
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(data)); err != nil {
		return nil, Errors{{Source: path, Rule: "is not valid YAML: " + yamlReason(err)}}
	}
	d := &document{path: path, base: map[string]any{}, profiles: map[string]map[string]any{}, production: map[string]bool{}}
	var problems Errors
	if raw := v.Get(profilesKey); raw != nil {
		names, ok := raw.(map[string]any)
		if !ok {
			problems = append(problems, &Error{Source: path, Key: profilesKey, Rule: "must be a mapping of profile names to keys"})
		}
		for name := range names {
			d.profiles[name] = map[string]any{}
		}
	}
	keys := v.AllKeys()
	slices.Sort(keys)
	for _, full := range keys {
		value := v.Get(full)
		if full == defaultProfileKey {
			name, ok := value.(string)
			if !ok && value != nil {
				problems = append(problems, &Error{Source: path, Key: full, Rule: "must be text (put it in quotes)"})
			}
			d.defaultProfile = strings.ToLower(name)
			continue
		}
		into, name := d.base, full
		if rest, ok := strings.CutPrefix(full, profilesKey+"."); ok {
			profile, key, _ := strings.Cut(rest, ".")
			if d.profiles[profile] == nil || key == "" {
				continue // an empty profile, or a name that is reported as a wrong shape
			}
			if key == productionKey {
				marked, ok := value.(bool)
				if !ok && value != nil {
					problems = append(problems, &Error{Source: path, Key: full, Rule: "must be true or false"})
				}
				d.production[profile] = marked
				continue
			}
			into, name = d.profiles[profile], key
		} else if full == profilesKey {
			continue
		}
		if p := checkName(path, full, name, value); p != nil {
			problems = append(problems, p)
			continue
		}
		if value != nil {
			into[name] = value
		}
	}
	return d, append(problems, d.checkAccess(info)...)
}

// checkName reports a key that does not exist. A section with nothing below it is
// fine: it is what remains when all its keys are commented out.
func checkName(path, full, name string, value any) *Error {
	names := make([]string, 0, 64)
	for _, k := range Keys() {
		if k.Name == name {
			return nil
		}
		if strings.HasPrefix(k.Name, name+".") {
			if value == nil {
				return nil
			}
			return &Error{Source: path, Key: full, Rule: "is a section: put its keys below it, indented"}
		}
		names = append(names, k.Name)
	}
	e := &Error{Source: path, Key: full, Rule: "unknown key"}
	if near := nearest(name, names); near != "" {
		e.Hint = fmt.Sprintf("did you mean %s%s?", strings.TrimSuffix(full, name), near)
	}
	return e
}

// values returns the layers of the document with their origin, for checks that
// look at everything in the file.
func (d *document) values() map[string]map[string]any {
	out := map[string]map[string]any{"": d.base}
	maps.Copy(out, d.profiles)
	return out
}

func (d *document) profileNames() []string { return slices.Sorted(maps.Keys(d.profiles)) }

// readOwn reads a file that nobody else may have written, and a private one that nobody else may read.
func readOwn(path string, private bool) ([]byte, fs.FileInfo, error) {
	f, err := ownfile.Open(path, private)
	if err != nil {
		return nil, nil, err
	}
	return readLimited(f)
}

func readLimited(f *os.File) ([]byte, fs.FileInfo, error) {
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return nil, nil, &fs.PathError{Op: "read", Path: f.Name(), Err: syscall.EISDIR}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxFileSize {
		return nil, nil, &fs.PathError{Op: "read", Path: f.Name(), Err: ErrTooLarge}
	}
	return data, info, nil
}

// reason strips the operation and the path, which the message already names.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// yamlReason keeps where the YAML is wrong and drops the excerpts of it, which may
// be the beginning of a password.
func yamlReason(err error) string {
	var pe viper.ConfigParseError
	if errors.As(err, &pe) {
		err = pe.Unwrap()
	}
	text := regexp.MustCompile("(?s)`.*`").ReplaceAllString(err.Error(), "a value")
	text = strings.TrimPrefix(text, "yaml: ")
	return strings.Join(strings.Fields(text), " ")
}
