package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/viper"

	"github.com/axisor/axisor/internal/words"
	"github.com/axisor/axisor/pkg/secret"
)

// LoadOptions is everything the settings are made from.
type LoadOptions struct {
	File     string            // --config
	Profile  string            // --profile
	Dir      string            // the working directory
	Env      []string          // KEY=VALUE
	Flags    map[string]string // values of flags that were given, by key
	Terminal bool              // somebody is waiting in front of a terminal
}

// Loaded is the outcome of Load.
type Loaded struct {
	Config   *Config
	File     string   // the file used, or ""
	Searched []string // the files tried when none was named
	Profile  string   // the profile used, or ""
	// Production says that the profile is marked "production: true": commands show where they are, and ask for a
	// typed answer before they write.
	Production bool
	Origins    map[string]Origin // by key; every key has one
	Warnings   []string          // things that are probably not meant

	env []string
	dir string

	mu  sync.Mutex
	key secret.Secret // what EncryptionKey found
}

// layer is one level of settings.
type layer struct {
	level  Level
	name   string            // the same for all values, or
	names  map[string]string // by key
	source string            // how errors call the layer; "" is made from level and name
	values map[string]any
	base   string // directory of relative paths
}

func (l layer) origin(key string) Origin {
	if n, ok := l.names[key]; ok {
		return Origin{Level: l.level, Name: n}
	}
	return Origin{Level: l.level, Name: l.name}
}

// Load reads, merges and checks all settings. Every problem found is in the error,
// which is an *Error or Errors.
func Load(o LoadOptions) (*Loaded, error) {
	vars := envMap(o.Env)
	ld := &Loaded{Config: &Config{}, Origins: map[string]Origin{}, env: o.Env, dir: o.Dir, Warnings: envWarnings(vars)}
	doc, err := ld.openFile(o)
	if err != nil {
		return nil, err
	}
	profile, explicit, err := chooseProfile(o, vars, doc)
	if err != nil {
		return nil, err
	}
	ld.Profile, ld.Production = profile, doc.production[profile]
	layers, err := ld.layers(o, vars, doc, explicit)
	if err != nil {
		return nil, err
	}
	if err := ld.merge(layers, vars["HOME"]); err != nil {
		return nil, err
	}
	return ld, nil
}

func (ld *Loaded) openFile(o LoadOptions) (*document, error) {
	var err error
	if ld.File, ld.Searched, err = Locate(o); err != nil {
		return nil, err
	}
	if ld.File == "" {
		return &document{}, nil
	}
	doc, problems := readDocument(ld.File)
	if len(problems) == 0 {
		return doc, nil
	}
	if doc == nil && ld.Searched == nil && problems[0].Hint == "" {
		from := "--config"
		if o.File == "" {
			from = envConfig
		}
		problems[0].Hint = "the file was named by " + from
	}
	return nil, problems
}

// chooseProfile returns the profile and whether somebody asked for it by name.
func chooseProfile(o LoadOptions, vars map[string]string, doc *document) (string, bool, error) {
	name, source := o.Profile, "flag --profile"
	if name == "" {
		name, source = vars[envProfile], "environment "+envProfile
	}
	explicit := name != ""
	if !explicit {
		name, source = doc.defaultProfile, doc.path+": "+defaultProfileKey
	}
	if name == "" {
		return "", false, nil
	}
	lower := strings.ToLower(name)
	if _, ok := doc.profiles[lower]; ok {
		return lower, explicit, nil
	}
	e := &Error{Source: source, Rule: "no such profile", Value: name}
	switch names := doc.profileNames(); {
	case doc.path == "":
		e.Hint = "profiles live in a configuration file and none was found; see `axisor config path`"
	case len(names) == 0:
		e.Hint = doc.path + " has no profiles"
	default:
		e.Hint = "profiles in " + doc.path + ": " + strings.Join(names, ", ")
	}
	return "", false, e
}

// layers returns all levels, the weakest first. A profile that somebody asked for
// by name beats DATABASE_URL, ENCRYPTION_KEY and PG*, which may be there for
// another program; a default profile does not.
func (ld *Loaded) layers(o LoadOptions, vars map[string]string, doc *document, explicit bool) ([]layer, error) {
	fileDir := filepath.Dir(ld.File)
	osUser := currentUser(vars)
	defaults := layer{level: LevelDefault, values: map[string]any{}, base: o.Dir}
	for _, k := range Keys() {
		if k.Default != "" {
			defaults.values[k.Name] = k.Default
		}
	}
	defaults.values[keyActor] = osUser
	if o.Terminal {
		defaults.values[keyConnectTimeout] = (10 * time.Second).String()
	}
	file := layer{level: LevelFile, name: ld.File, source: ld.File, values: doc.base, base: fileDir}
	profile := layer{
		level: LevelProfile, name: ld.Profile, source: ld.File + ": profile " + ld.Profile,
		values: doc.profiles[ld.Profile], base: fileDir,
	}
	generic, own := genericLayer(vars, osUser), ownLayer(vars)
	generic.base, own.base = o.Dir, o.Dir
	flags := layer{level: LevelFlag, values: map[string]any{}, names: map[string]string{}, base: o.Dir}
	for name, value := range o.Flags {
		k, ok := LookupKey(name)
		if !ok {
			return nil, fmt.Errorf("load configuration: flag for unknown key %q", name)
		}
		flags.values[name], flags.names[name] = value, "--"+k.Flag
		if k.Flag == "" {
			flags.names[name] = "of the command"
		}
	}
	if explicit {
		return []layer{defaults, file, generic, profile, own, flags}, nil
	}
	return []layer{defaults, file, profile, generic, own, flags}, nil
}

// merge lets the layers override each other and fills the Config.
func (ld *Loaded) merge(layers []layer, home string) error {
	v := viper.New()
	from := map[string]int{}
	for i, l := range layers {
		for name, value := range l.values {
			v.Set(name, value)
			from[name] = i
		}
	}
	problems := alternatives(layers)
	for _, k := range Keys() {
		i, set := from[k.Name]
		if !set {
			if _, known := ld.Origins[k.Name]; !known {
				ld.Origins[k.Name] = Origin{Level: LevelDefault}
			}
			continue
		}
		l := layers[i]
		raw := v.Get(k.Name)
		ld.Origins[k.Name] = l.origin(k.Name)
		value, rule := k.parse(raw)
		if rule != "" {
			source := l.source
			if source == "" {
				source = l.origin(k.Name).String()
			}
			e := &Error{Source: source, Key: k.Name, Rule: rule, Value: k.shown(raw)}
			if k.Name == keyKey {
				e.Hint = makeKey
			}
			problems = append(problems, e)
			continue
		}
		if path, ok := value.(string); ok && k.Kind == KindPath {
			value = absolute(path, l.base, home)
		}
		if argv, ok := value.([]string); ok && k.Kind == KindCommand && len(argv) > 0 && strings.Contains(argv[0], "/") {
			argv[0] = absolute(argv[0], l.base, home)
		}
		if err := k.assign(ld.Config, value); err != nil {
			return err
		}
	}
	if rule := acceptsWritten(ld.Config.Encryption); rule != "" && len(problems) == 0 {
		problems = append(problems, &Error{Source: ld.Origins[keyAccept].String(), Key: keyAccept, Rule: rule})
	}
	if len(problems) > 0 {
		return problems
	}
	ld.dropLosers(from, layers)
	if ld.Config.LNMarkets.BaseURL == "" {
		ld.Config.LNMarkets.BaseURL = NetworkURL(ld.Config.LNMarkets.Network)
		ld.Origins[keyBaseURL] = Origin{Level: LevelDefault, Name: "of " + keyNetwork}
	}
	return nil
}

// NetworkURL returns the address of the exchange's API on a network.
func NetworkURL(network string) string {
	if network == "mainnet" {
		return "https://api.lnmarkets.com/v3"
	}
	return "https://api." + network + ".lnmarkets.com/v3"
}

func keySources() []string { return []string{keyKey, keyKeyFile, keyKeyCommand} }

// alternatives refuses two ways to the key on one level: which of them was meant
// cannot be known, and the wrong one makes credentials unreadable.
func alternatives(layers []layer) Errors {
	for _, l := range slices.Backward(layers) {
		var set []string
		for _, name := range keySources() {
			if value, ok := l.values[name]; ok && value != "" {
				set = append(set, name)
			}
		}
		if len(set) > 1 {
			source := l.source
			if source == "" {
				source = l.origin(set[0]).String()
			}
			return Errors{{Source: source, Key: set[0], Rule: "is set together with " + words.And(set[1:]), Hint: "keep only one of them"}}
		}
		if len(set) == 1 {
			return nil
		}
	}
	return nil
}

// dropLosers keeps the way to the key that was named on the strongest level.
func (ld *Loaded) dropLosers(from map[string]int, layers []layer) {
	winner := ""
	for _, name := range keySources() {
		if ld.isSet(name) && (winner == "" || from[name] > from[winner]) {
			winner = name
		}
	}
	for _, name := range keySources() {
		if name == winner || !ld.isSet(name) {
			continue
		}
		switch name {
		case keyKey:
			ld.Config.Encryption.Key = secret.Secret{}
		case keyKeyFile:
			ld.Config.Encryption.KeyFile = ""
		case keyKeyCommand:
			ld.Config.Encryption.KeyCommand = nil
		}
		ld.Origins[name] = Origin{Level: LevelUnused, Name: "because of " + winner + " from " + layers[from[winner]].origin(winner).String()}
	}
}

func (ld *Loaded) isSet(name string) bool {
	e := &ld.Config.Encryption
	switch name {
	case keyKey:
		return !e.Key.IsZero()
	case keyKeyFile:
		return e.KeyFile != ""
	case keyKeyCommand:
		return len(e.KeyCommand) > 0
	}
	return false
}
